// Moves the window onto the canvas for whoever asks: keys, menus, the outline, the palette.

import type { ReactFlowInstance } from "@xyflow/react";
import type { Editor } from "../model/editor";
import type { Box } from "../model/grid";
import { fitting, MAX_ZOOM, MIN_ZOOM, type Camera, type Viewport } from "../model/view";

const SLOW = 220;
const CALM = 0.15; // of the window at each side; what is followed stays out of it

export function cameraFor(
  editor: Editor,
  flow: ReactFlowInstance,
  element: () => HTMLElement | null,
): Camera {
  const { store, view } = editor;
  const go = (viewport: Viewport) => {
    view.heading = viewport;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    void flow.setViewport(viewport, still ? {} : { duration: SLOW });
  };
  return {
    reveal(ids, { centre = false } = {}) {
      const aim = () => {
        const box = store.grid.bounds(ids);
        view.heading = box && revealing(view.viewport.value, view.size.value, box, centre);
        return view.heading;
      };
      aim(); // a menu that is asked for before the next frame opens where the step will be
      // A panel that opens with it takes its room first, and the canvas learns of it a frame later.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          const moved = aim();
          if (moved) go(moved);
        }),
      );
    },
    shift(dx) {
      const { x, y, zoom } = view.viewport.value;
      void flow.setViewport({ x: x + dx, y, zoom });
    },
    follow([x, y]) {
      const { width, height } = view.size.value;
      const { x: left, y: top, zoom } = view.viewport.value;
      const inside = (place: number, whole: number) => place > whole * CALM && place < whole * (1 - CALM);
      if (inside(x * zoom + left, width) && inside(y * zoom + top, height)) return;
      go({ x: width / 2 - x * zoom, y: height / 2 - y * zoom, zoom });
    },
    fit(ids) {
      const box = store.grid.bounds(ids?.length ? ids : undefined);
      if (box) go(fitting(box, view.size.value));
    },
    zoomTo(wanted) {
      const { x, y, zoom } = view.viewport.value;
      const { width, height } = view.size.value;
      const next = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, wanted));
      const keep = (offset: number, size: number) => size / 2 - ((size / 2 - offset) / zoom) * next;
      go({ x: keep(x, width), y: keep(y, height), zoom: next });
    },
    centre() {
      const seen = view.seen();
      return [seen.x + seen.width / 2, seen.y + seen.height / 2];
    },
    focus() {
      element()?.focus({ preventScroll: true });
    },
  };
}

const EDGE = 40;

/** Return the viewport in which the box is seen; null where it is seen already. */
export function revealing(
  viewport: Viewport,
  size: { width: number; height: number },
  box: Box,
  centre: boolean,
): Viewport | null {
  const { x, y, zoom } = viewport;
  const left = box.x * zoom + x;
  const top = box.y * zoom + y;
  const right = left + box.width * zoom;
  const bottom = top + box.height * zoom;
  const inside = left >= EDGE && top >= EDGE && right <= size.width - EDGE && bottom <= size.height - EDGE;
  if (inside) return null;
  if (centre) {
    const legible = Math.max(zoom, Math.min(1, 0.6));
    return {
      zoom: legible,
      x: size.width / 2 - (box.x + box.width / 2) * legible,
      y: size.height / 2 - (box.y + box.height / 2) * legible,
    };
  }
  const shift = (from: number, to: number, whole: number) =>
    from < EDGE ? EDGE - from : to > whole - EDGE ? Math.max(EDGE - from, whole - EDGE - to) : 0;
  return { zoom, x: x + shift(left, right, size.width), y: y + shift(top, bottom, size.height) };
}

import { useEffect, useRef } from "react";
import { useEditor } from "../model/hooks";
import { fitting } from "../model/view";
import type { Box } from "../model/grid";
import type { Colours } from "./colours";
import { groundOf, softOf } from "./lod";

const WIDTH = 180;
const HEIGHT = 116;

/** Everything in small; press or drag to go somewhere. The outline says the same in words. */
export function Minimap({
  colours,
  goTo,
}: {
  colours: Colours | null;
  goTo: (x: number, y: number) => void;
}) {
  const editor = useEditor();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!colours || !canvas.current) return;
    const element = canvas.current;
    let queued = false;
    const paint = () => {
      queued = false;
      draw(element);
    };
    const request = () => {
      if (!queued) requestAnimationFrame(paint);
      queued = true;
    };
    const draw = (target: HTMLCanvasElement) => {
      const context = target.getContext("2d");
      if (!context) return;
      const scale = devicePixelRatio || 1;
      if (target.width !== WIDTH * scale || target.height !== HEIGHT * scale) {
        target.width = WIDTH * scale;
        target.height = HEIGHT * scale;
      }
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, target.width, target.height);
      const seen = editor.view.seen();
      const { x, y, zoom } = frame(editor.store.grid.bounds(), seen);
      context.setTransform(scale * zoom, 0, 0, scale * zoom, scale * x, scale * y);
      const [groups, notes] = [true, false].map((wanted) =>
        [...editor.store.notes.values()].filter(({ group = false }) => group === wanted).map(({ id }) => id),
      );
      for (const id of [...(groups ?? []), ...(notes ?? []), ...editor.store.nodes.keys()]) {
        const box = editor.store.boxOf(id);
        if (!box || editor.store.holds(id)) continue;
        const status = editor.overlay.get(id);
        const note = editor.store.notes.get(id);
        const tone = softOf(status)?.replace("-soft", "") as "ok" | undefined;
        context.fillStyle = note
          ? colours.token(groundOf(note))
          : editor.selection.has(id)
            ? colours.token("accent")
            : tone
              ? colours.token(tone)
              : colours.token("line-strong");
        context.fillRect(box.x, box.y, box.width, box.height);
      }
      context.lineWidth = 1 / zoom;
      for (const id of editor.store.nodes.keys()) {
        const box = editor.store.boxOf(id);
        if (!box || !editor.store.holds(id)) continue;
        context.strokeStyle = colours.token(editor.selection.has(id) ? "accent" : "line-strong");
        context.strokeRect(box.x, box.y, box.width, box.height);
      }
      context.strokeStyle = colours.token("accent");
      context.lineWidth = 1.5 / zoom;
      context.strokeRect(seen.x, seen.y, seen.width, seen.height);
    };
    const stops = [
      editor.view.viewport.on(request),
      editor.view.size.on(request),
      editor.store.on("graph", request),
      editor.overlay.on("*", request),
      editor.selection.on("selection", request),
      colours.changed.on(request),
    ];
    request();
    return () => {
      for (const stop of stops) stop();
    };
  }, [colours, editor]);

  const point = (event: React.PointerEvent) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const rect = event.currentTarget.getBoundingClientRect();
    const { x, y, zoom } = frame(editor.store.grid.bounds(), editor.view.seen());
    goTo((event.clientX - rect.left - x) / zoom, (event.clientY - rect.top - y) / zoom);
  };
  return (
    <canvas
      ref={canvas}
      className="minimap"
      data-testid="minimap"
      aria-hidden="true"
      onPointerDown={point}
      onPointerMove={point}
    />
  );
}

/** The viewport of the map: all steps and what is seen. */
function frame(all: Box | null, seen: Box) {
  const box = all ?? seen;
  const x = Math.min(box.x, seen.x);
  const y = Math.min(box.y, seen.y);
  const right = Math.max(box.x + box.width, seen.x + seen.width);
  const bottom = Math.max(box.y + box.height, seen.y + seen.height);
  const whole = { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
  const wanted = fitting(whole, { width: WIDTH, height: HEIGHT }, 8);
  // The view's own limits do not hold here: a large graph must fit all the same.
  const zoom = Math.min((WIDTH - 16) / whole.width, (HEIGHT - 16) / whole.height);
  return zoom < wanted.zoom
    ? { zoom, x: (WIDTH - whole.width * zoom) / 2 - x * zoom, y: (HEIGHT - whole.height * zoom) / 2 - y * zoom }
    : wanted;
}

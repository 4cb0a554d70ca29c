// The window onto the canvas: where it is, and how others move it. Topics are few: `on` hears all.

import type { Box } from "./grid";
import { Observable } from "./observable";

export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}

export const MIN_ZOOM = 0.05;
export const MAX_ZOOM = 2;

/** What the canvas does for others; it registers itself when it is there. */
export interface Camera {
  /** Bring the boxes into view, moving no further than needed unless `centre`. */
  reveal(ids: readonly string[], options?: { centre?: boolean }): void;
  /** Move the window's content sideways, where the canvas itself was moved. */
  shift(dx: number): void;
  /** Bring a place to the middle, unless it is well inside of what is seen. */
  follow(place: readonly [number, number]): void;
  fit(ids?: readonly string[]): void;
  zoomTo(zoom: number): void;
  /** The middle of what is seen, in the canvas's own units. */
  centre(): readonly [number, number];
  focus(): void;
}

export class View {
  readonly viewport = new Observable<Viewport>({ x: 0, y: 0, zoom: 1 });
  readonly size = new Observable<{ width: number; height: number }>({ width: 0, height: 0 });
  camera: Camera | null = null;
  /** Where it is on its way to; null where it stands. */
  heading: Viewport | null = null;
  /** The outline, where it stands in the canvas's place. */
  outline: Pick<Camera, "focus"> | null = null;

  /** Where it is once it stands: what belongs to a step opens there, not on the way. */
  get resting(): Viewport {
    return this.heading ?? this.viewport.value;
  }

  /** It has come this far; a person's own move ends the one that was under way. */
  moved(to: Viewport, byHand: boolean): void {
    this.viewport.set(to);
    if (byHand || (this.heading && isNear(to, this.heading))) this.heading = null;
  }

  /** Give the keyboard back to the workflow. */
  focus(): void {
    (this.camera ?? this.outline)?.focus();
  }

  /** Where the canvas begins in the window. */
  origin: () => readonly [number, number] = () => [0, 0];

  /** Return a place of the window in the canvas's own units. */
  at(clientX: number, clientY: number): readonly [number, number] {
    const [left, top] = this.origin();
    const { x, y, zoom } = this.viewport.value;
    return [(clientX - left - x) / zoom, (clientY - top - y) / zoom];
  }

  /** What is seen, in the canvas's own units. */
  seen(margin = 0): Box {
    const { x, y, zoom } = this.viewport.value;
    const { width, height } = this.size.value;
    return {
      x: -x / zoom - margin,
      y: -y / zoom - margin,
      width: width / zoom + 2 * margin,
      height: height / zoom + 2 * margin,
    };
  }
}

function isNear(a: Viewport, b: Viewport): boolean {
  return Math.abs(a.x - b.x) < 0.5 && Math.abs(a.y - b.y) < 0.5 && Math.abs(a.zoom - b.zoom) < 0.001;
}

/** Return the viewport that shows all of a box, no larger than life. */
export function fitting(
  box: Box,
  size: { width: number; height: number },
  padding = 48,
  most = 1,
): Viewport {
  const room = (whole: number) => Math.max(1, whole - 2 * padding);
  const wanted = Math.min(room(size.width) / box.width, room(size.height) / box.height, most);
  const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, wanted));
  return {
    x: (size.width - box.width * zoom) / 2 - box.x * zoom,
    y: (size.height - box.height * zoom) / 2 - box.y * zoom,
    zoom,
  };
}

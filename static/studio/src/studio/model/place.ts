// Free places on the canvas.

import { touches, type Box } from "./grid";
import type { Store } from "./store";

export const STEP = 20;
const GAP = 24;

/** Return the place nearest to the wanted one where the box lies on nothing: below, then beside. */
export function freePlace(
  store: Store,
  [x, y]: readonly [number, number],
  size: { width: number; height: number },
): readonly [number, number] {
  for (let ring = 0; ring < 60; ring += 1)
    for (const [dx, dy] of around(ring)) {
      const place = [x + dx * 2 * STEP, y + dy * 2 * STEP] as const;
      const box: Box = {
        x: place[0] - GAP,
        y: place[1] - GAP,
        width: size.width + 2 * GAP,
        height: size.height + 2 * GAP,
      };
      const hit = store.grid.within(box).some((id) => {
        const other = store.boxOf(id);
        return other !== undefined && touches(other, box);
      });
      if (!hit) return place;
    }
  return [x, y];
}

/** The offsets at a distance, those below first: graphs grow to the right and downwards. */
function around(ring: number): [number, number][] {
  if (!ring) return [[0, 0]];
  const found: [number, number][] = [];
  for (let side = -ring; side <= ring; side += 1)
    found.push([side, ring], [ring, side], [side, -ring], [-ring, side]);
  return found.sort(
    ([ax, ay], [bx, by]) => Math.abs(ax) - Math.abs(bx) || by - ay || bx - ax,
  );
}

export function snapped([x, y]: readonly [number, number]): readonly [number, number] {
  return [Math.round(x / STEP) * STEP, Math.round(y / STEP) * STEP];
}

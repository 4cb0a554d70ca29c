// Free places on the canvas.

import { touches, type Box } from "./grid";
import { withInner } from "./nesting";
import type { Store } from "./store";

export const STEP = 20;
const GAP = 24;

/**
 * Return the place nearest to the wanted one where the box lies on nothing: below, then beside.
 * In a frame only what lies in it counts: the frame grows, and what is outside makes room.
 */
export function freePlace(
  store: Store,
  [x, y]: readonly [number, number],
  size: { width: number; height: number },
  into?: string,
): readonly [number, number] {
  const counts = (id: string) =>
    store.notes.has(id) ? into === undefined : store.holderOf(id) === into;
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
        return other !== undefined && counts(id) && touches(other, box);
      });
      if (!hit) return place;
    }
  return [x, y];
}

/**
 * Return where the steps beside a frame go once it has become larger: those at its right move right,
 * those below it move down, and so on for the frames around it. `before` is what it was.
 */
export function room(store: Store, frame: string, before: Box): Map<string, readonly [number, number]> {
  const places = new Map<string, readonly [number, number]>();
  const now = store.boxOf(frame);
  const wider = now ? now.x + now.width - before.x - before.width : 0;
  const higher = now ? now.y + now.height - before.y - before.height : 0;
  if (!now || (wider <= 0 && higher <= 0)) return places;
  const beside = [...store.nodes.keys()].filter(
    (id) => id !== frame && store.holderOf(id) === store.holderOf(frame),
  );
  const hit = (id: string) => touchesBox(store.boxOf(id), now);
  const rightOf = beside.filter((id) => (store.boxOf(id)?.x ?? 0) >= before.x + before.width);
  const below = beside.filter((id) => {
    const box = store.boxOf(id);
    return box && box.y >= before.y + before.height && box.x < now.x + now.width && box.x + box.width > now.x;
  });
  if (wider > 0 && rightOf.some(hit)) shift(store, rightOf, wider, 0, places);
  if (higher > 0 && below.some(hit)) shift(store, below, 0, higher, places);
  return places;
}

function touchesBox(box: Box | undefined, other: Box): boolean {
  return box !== undefined && touches(box, other);
}

function shift(store: Store, ids: readonly string[], dx: number, dy: number, places: Map<string, readonly [number, number]>): void {
  for (const id of withInner(store, ids)) {
    const box = store.boxOf(id);
    if (box && !places.has(id)) places.set(id, [box.x + dx, box.y + dy]);
  }
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

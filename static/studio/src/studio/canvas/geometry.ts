// Where edges run. The curve is React Flow's, so that painted and real edges lie on each other.

import type { Edge } from "../model/boot";
import type { Box } from "../model/grid";
import { inputsOf, outputsOf, portTop } from "../model/ports";
import type { Store } from "../model/store";

export type Curve = readonly [
  fromX: number,
  fromY: number,
  firstX: number,
  secondX: number,
  toX: number,
  toY: number,
];

const CURVATURE = 0.25;

export function curve(fromX: number, fromY: number, toX: number, toY: number): Curve {
  const reach = control(toX - fromX);
  return [fromX, fromY, fromX + reach, toX - reach, toX, toY];
}

function control(distance: number): number {
  return distance >= 0 ? distance / 2 : CURVATURE * 25 * Math.sqrt(-distance);
}

/** Return where an edge runs; offsets are those of a drag under way. */
export function curveOf(
  store: Store,
  edge: Edge,
  offsetOf: (id: string) => readonly [number, number] = () => [0, 0],
): Curve | null {
  const source = store.nodes.get(edge.source);
  const target = store.nodes.get(edge.target);
  const from = store.boxOf(edge.source);
  const to = store.boxOf(edge.target);
  if (!source || !target || !from || !to) return null;
  const out = outputsOf(store.types.get(source.type), source);
  const into = inputsOf(store.types.get(target.type));
  const row = (ports: readonly { name: string }[], name: string) =>
    portTop(Math.max(0, ports.findIndex((port) => port.name === name)));
  const [sx, sy] = offsetOf(edge.source);
  const [tx, ty] = offsetOf(edge.target);
  return curve(
    from.x + from.width + sx,
    from.y + row(out, edge.source_port) + sy,
    to.x + tx,
    to.y + row(into, edge.target_port) + ty,
  );
}

/** Return a rectangle around a curve. */
export function around([ax, ay, bx, cx, dx, dy]: Curve): Box {
  const x = Math.min(ax, bx, cx, dx);
  const y = Math.min(ay, dy);
  return { x, y, width: Math.max(ax, bx, cx, dx) - x, height: Math.max(ay, dy) - y };
}

/** Return how far a point is from a curve, closely enough to drop something on it. */
export function distance([ax, ay, bx, cx, dx, dy]: Curve, [x, y]: readonly [number, number]): number {
  let least = Infinity;
  for (let step = 0; step <= 24; step += 1) {
    const t = step / 24;
    const s = 1 - t;
    const px = s * s * s * ax + 3 * s * s * t * bx + 3 * s * t * t * cx + t * t * t * dx;
    const py = s * s * s * ay + 3 * s * s * t * ay + 3 * s * t * t * dy + t * t * t * dy;
    least = Math.min(least, Math.hypot(px - x, py - y));
  }
  return least;
}

/** Return the edge nearest to a point, if one is that near. */
export function edgeAt(
  store: Store,
  point: readonly [number, number],
  within: number,
): string | null {
  let best: string | null = null;
  let least = within;
  for (const edge of store.edges.values()) {
    const run = curveOf(store, edge);
    if (!run) continue;
    const far = distance(run, point);
    if (far < least) [best, least] = [edge.id, far];
  }
  return best;
}

// Places for steps from left to right, so that edges lead forward and cross little; what lies in a
// step is laid out first, and its frame is then one box among the others.

import dagre from "@dagrejs/dagre";
import type { Box } from "./grid";

export interface LayoutTask {
  boxes: [id: string, box: Box][];
  edges: [source: string, target: string][];
  frames: Frame[];
}

/** A step that holds others, and what lies around these. */
export interface Frame {
  id: string;
  inner: readonly string[];
  left: number;
  top: number;
  right: number;
  bottom: number;
  least: { width: number; height: number };
}
export type Places = [id: string, place: [number, number]][];
type Size = { width: number; height: number };
type Row = Map<string, readonly [number, number]>;

/** Return a place for each box; the whole stays where its upper left corner was. */
export function arranged({ boxes, edges, frames }: LayoutTask): Places {
  const sizes = new Map<string, Size>(boxes);
  const framed = new Map(frames.map((frame) => [frame.id, frame]));
  const held = new Set(frames.flatMap((frame) => frame.inner));
  const rows = new Map<string, Row>();
  const lay = (ids: readonly string[]): Row => {
    for (const id of ids) {
      const frame = framed.get(id);
      if (!frame) continue;
      const row = lay(frame.inner);
      rows.set(id, row);
      sizes.set(id, sizeAround(frame, row, sizes));
    }
    return inLayers(ids, sizes, edges);
  };
  const places: Places = [];
  const put = (row: Row, x: number, y: number) => {
    for (const [id, [dx, dy]] of row) {
      places.push([id, [x + dx, y + dy]]);
      const frame = framed.get(id);
      const inner = rows.get(id);
      if (frame && inner) put(inner, x + dx + frame.left, y + dy + frame.top);
    }
  };
  const left = Math.min(...boxes.map(([, box]) => box.x));
  const top = Math.min(...boxes.map(([, box]) => box.y));
  put(lay(boxes.map(([id]) => id).filter((id) => !held.has(id))), rounded(left), rounded(top));
  return places;
}

function sizeAround(frame: Frame, row: Row, sizes: ReadonlyMap<string, Size>): Size {
  const end = (axis: 0 | 1, size: keyof Size) =>
    Math.max(...[...row].map(([id, place]) => place[axis] + (sizes.get(id)?.[size] ?? 0)));
  return {
    width: Math.max(frame.least.width, frame.left + end(0, "width") + frame.right),
    height: Math.max(frame.least.height, frame.top + end(1, "height") + frame.bottom),
  };
}

/** Return places relative to the upper left corner of them all. */
function inLayers(ids: readonly string[], sizes: ReadonlyMap<string, Size>, edges: LayoutTask["edges"]): Row {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 74, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { width: 0, height: 0, ...sizes.get(id) });
  for (const [source, target] of edges)
    if (graph.hasNode(source) && graph.hasNode(target)) graph.setEdge(source, target);
  dagre.layout(graph);
  const placed = ids.map((id) => {
    const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
    const { width = 0, height = 0 } = sizes.get(id) ?? {};
    return [id, x - width / 2, y - height / 2] as const;
  });
  const left = Math.min(...placed.map(([, x]) => x));
  const top = Math.min(...placed.map(([, , y]) => y));
  return new Map(placed.map(([id, x, y]) => [id, [rounded(x - left), rounded(y - top)]]));
}

function rounded(value: number): number {
  return Math.round(value / 10) * 10;
}

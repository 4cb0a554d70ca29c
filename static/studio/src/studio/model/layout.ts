// Places for steps from left to right, so that edges lead forward and cross little.

import dagre from "@dagrejs/dagre";
import type { Box } from "./grid";

export interface LayoutTask {
  boxes: [id: string, box: Box][];
  edges: [source: string, target: string][];
}
export type Places = [id: string, place: [number, number]][];

/** Return a place for each box; the whole stays where its upper left corner was. */
export function arranged({ boxes, edges }: LayoutTask): Places {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 74, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [id, box] of boxes) graph.setNode(id, { width: box.width, height: box.height });
  for (const [source, target] of edges) graph.setEdge(source, target);
  dagre.layout(graph);
  const left = Math.min(...boxes.map(([, box]) => box.x));
  const top = Math.min(...boxes.map(([, box]) => box.y));
  const placed = boxes.map(([id, box]) => {
    const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
    return [id, x - box.width / 2, y - box.height / 2] as const;
  });
  const newLeft = Math.min(...placed.map(([, x]) => x));
  const newTop = Math.min(...placed.map(([, , y]) => y));
  const at = (value: number) => Math.round(value / 10) * 10;
  return placed.map(([id, x, y]) => [id, [at(x - newLeft + left), at(y - newTop + top)]]);
}

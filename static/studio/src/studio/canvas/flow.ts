// The store's steps and edges as React Flow wants them, without new objects for what stayed.

import { Position, type Edge as FlowEdge, type Node as FlowNode, type NodeHandle } from "@xyflow/react";
import type { Step } from "../model/boot";
import type { Editor } from "../model/editor";
import { heightOf, inputsOf, outputsOf, portTop, WIDTH } from "../model/ports";
import type { Drag } from "./lod";

const NOTHING = {};

export class FlowNodes {
  #known = new Map<string, { from: unknown; node: FlowNode }>();

  constructor(readonly editor: Editor) {}

  /** Return the elements for the ids; those of which nothing changed are the same as last time. */
  of(ids: ReadonlySet<string>, drag: Drag | null): FlowNode[] {
    const { store } = this.editor;
    const known = this.#known;
    this.#known = new Map();
    const found: FlowNode[] = [];
    for (const id of ids) {
      const from = store.nodes.get(id) ?? store.notes.get(id);
      if (!from) continue;
      const offset = drag?.ids.has(id) ? drag.offset : null;
      const before = known.get(id);
      const same = before?.from === from && !offset && !before.node.dragging;
      const node = same ? before.node : this.#make(id, offset);
      this.#known.set(id, { from, node });
      found.push(node);
    }
    return found;
  }

  #make(id: string, offset: readonly [number, number] | null): FlowNode {
    const { store, types } = this.editor;
    const [dx, dy] = offset ?? [0, 0];
    const step = store.nodes.get(id);
    const place = step ?? store.notes.get(id);
    const [x = 0, y = 0] = place?.position ?? [];
    const shared = { id, data: NOTHING, position: { x: x + dx, y: y + dy }, dragging: offset !== null };
    if (step) {
      const height = heightOf(types, step);
      return { ...shared, type: "step", width: WIDTH, height, zIndex: 1, handles: handlesOf(this.editor, step) };
    }
    const [width, height] = store.notes.get(id)?.size ?? [240, 160];
    return { ...shared, type: "note", width, height, zIndex: 0, handles: [] };
  }
}

/** Points on the border: edges begin and end in the middle of the port's shape. */
function handlesOf({ types }: Editor, step: Step): NodeHandle[] {
  const type = types.get(step.type);
  const point = { width: 0, height: 0 };
  return [
    ...inputsOf(type).map((port, index) => ({
      ...point,
      id: port.name,
      type: "target" as const,
      position: Position.Left,
      x: 0,
      y: portTop(index),
    })),
    ...outputsOf(type, step).map((port, index) => ({
      ...point,
      id: port.name,
      type: "source" as const,
      position: Position.Right,
      x: WIDTH,
      y: portTop(index),
    })),
  ];
}

export class FlowEdges {
  #known = new Map<string, FlowEdge>();

  constructor(readonly editor: Editor) {}

  /** Return the edges of which both ends are real elements. */
  of(ids: ReadonlySet<string>): FlowEdge[] {
    const { store } = this.editor;
    const known = this.#known;
    this.#known = new Map();
    for (const id of ids)
      for (const edgeId of store.edgesFrom(id)) {
        const edge = store.edges.get(edgeId);
        if (!edge || !ids.has(edge.target)) continue;
        this.#known.set(
          edgeId,
          known.get(edgeId) ?? {
            id: edgeId,
            type: "step",
            source: edge.source,
            sourceHandle: edge.source_port,
            target: edge.target,
            targetHandle: edge.target_port,
          },
        );
      }
    return [...this.#known.values()];
  }
}

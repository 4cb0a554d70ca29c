// The store's steps and edges as React Flow wants them, without new objects for what stayed.

import { Position, type Edge as FlowEdge, type Node as FlowNode, type NodeHandle } from "@xyflow/react";
import type { Step } from "../model/boot";
import type { Editor } from "../model/editor";
import { heightOf, inputsOf, outputsOf, portTop, WIDTH } from "../model/ports";
import type { Drag } from "./lod";

const NOTHING = {};

export class FlowNodes {
  #known = new Map<string, { from: unknown; edges: string; node: FlowNode }>();

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
      const edges = this.#edgesOf(id);
      const same =
        before?.from === from && before.edges === edges && !offset && !before.node.dragging;
      const node = same ? before.node : this.#make(id, offset);
      this.#known.set(id, { from, edges, node });
      found.push(node);
    }
    return found;
  }

  /** The ports in use: when the last edge of a port that is gone goes, so does its point. */
  #edgesOf(id: string): string {
    const { store } = this.editor;
    return [...store.edgesFrom(id), ...store.edgesInto(id)].sort().join();
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
function handlesOf({ types, store }: Editor, step: Step): NodeHandle[] {
  const type = types.get(step.type);
  const names = (ports: readonly { name: string }[]) => ports.map((port) => port.name);
  const used = (edges: ReadonlySet<string>, end: "source_port" | "target_port") =>
    [...edges].flatMap((id) => store.edges.get(id)?.[end] ?? []);
  return [
    ...points("target", names(inputsOf(type)), used(store.edgesInto(step.id), "target_port")),
    ...points("source", names(outputsOf(type, step)), used(store.edgesFrom(step.id), "source_port")),
  ];
}

/** Ports that are gone keep a point, so that what hangs on them is seen and can be deleted. */
function points(side: "source" | "target", ports: string[], used: string[]): NodeHandle[] {
  const gone = used.filter((name) => !ports.includes(name));
  return [...ports, ...new Set(gone)].map((name, index) => ({
    id: name,
    type: side,
    position: side === "source" ? Position.Right : Position.Left,
    x: side === "source" ? WIDTH : 0,
    y: portTop(index < ports.length ? index : 0),
    width: 0,
    height: 0,
  }));
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

// The store's steps and edges as React Flow wants them, without new objects for what stayed.

import { Position, type Edge as FlowEdge, type Node as FlowNode, type NodeHandle } from "@xyflow/react";
import type { NodeTypes, Step } from "../model/boot";
import type { Compared } from "../model/diff";
import type { Editor } from "../model/editor";
import { lostPorts } from "../model/graph";
import { around, sizeOf } from "../model/nesting";
import { inputsOf, outputsOf, portTop } from "../model/ports";
import type { Drag } from "./lod";

const NOTHING = {};
/** Frames lie under edges, the outer ones under the inner. */
const UNDER_EDGES = -9;
/** What lies in a frame is not covered by it: only head and ports of a frame take the pointer. */
const THROUGH = { pointerEvents: "none" } as const;

export class FlowNodes {
  #known = new Map<string, { from: unknown; box: unknown; lost: string; node: FlowNode }>();

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
      const lost = this.#lostOf(id);
      const box = store.boxOf(id);
      const same =
        before?.from === from && before.box === box && before.lost === lost && !offset && !before.node.dragging;
      const node = same ? before.node : this.#make(id, offset);
      this.#known.set(id, { from, box, lost, node });
      found.push(node);
    }
    return found;
  }

  /** When the last edge of a port that is lost goes, so does its point. */
  #lostOf(id: string): string {
    const { store } = this.editor;
    return `${lostPorts(store, id, "source")}>${lostPorts(store, id, "target")}`;
  }

  #make(id: string, offset: readonly [number, number] | null): FlowNode {
    const { store } = this.editor;
    const [dx, dy] = offset ?? [0, 0];
    const step = store.nodes.get(id);
    const { x, y, width, height } = store.boxOf(id) ?? { x: 0, y: 0, width: 0, height: 0 };
    const shared = { id, data: NOTHING, position: { x: x + dx, y: y + dy }, width, height, dragging: offset !== null };
    if (store.notes.get(id)?.group)
      return { ...shared, type: "group", zIndex: UNDER_EDGES - 1, handles: [], style: THROUGH, dragHandle: ".group-head" };
    if (!step) return { ...shared, type: "note", zIndex: 0, handles: [] };
    const handles = handlesOf(this.editor, step, width);
    if (!store.holds(id)) return { ...shared, type: "step", zIndex: 1, handles };
    const zIndex = UNDER_EDGES + around(store, id).length;
    return { ...shared, type: "frame", zIndex, handles, style: THROUGH, dragHandle: ".frame-head" };
  }
}

/** More than these would slow the canvas; the list beside it has them all. */
const MOST_GHOSTS = 200;

/** Return the steps that lie over the canvas because it has them not itself. */
export function ghostsOf(types: NodeTypes, compared: Compared | null): FlowNode[] {
  return (compared?.ghosts ?? []).slice(0, MOST_GHOSTS).map((step) => {
    const [x, y] = step.position;
    const fixed = { draggable: false, connectable: false, handles: [], zIndex: 0, style: THROUGH };
    return { id: `ghost ${step.id}`, type: "ghost", data: NOTHING, position: { x, y }, ...sizeOf(types, step), ...fixed };
  });
}

/** Points on the border: edges begin and end in the middle of the port's shape. */
function handlesOf({ types, store }: Editor, step: Step, width: number): NodeHandle[] {
  const type = types.get(step.type);
  const names = (ports: readonly { name: string }[]) => ports.map((port) => port.name);
  return [
    ...points("target", names(inputsOf(type)), lostPorts(store, step.id, "target"), width),
    ...points("source", names(outputsOf(type, step)), lostPorts(store, step.id, "source"), width),
  ];
}

/** Ports that are lost keep a point, so that what hangs on them is seen and can be deleted. */
function points(side: "source" | "target", ports: string[], lost: string[], width: number): NodeHandle[] {
  return [...ports, ...lost].map((name, index) => ({
    id: name,
    type: side,
    position: side === "source" ? Position.Right : Position.Left,
    x: side === "source" ? width : 0,
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

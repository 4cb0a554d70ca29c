// Questions about the graph that several parts ask.

import type { Edge } from "./boot";
import { fits, inputsOf, outputsOf, UNDO_PORT } from "./ports";
import type { PortRef } from "./panels";
import type { Store } from "./store";

type Ends = Pick<Edge, "source" | "source_port" | "target" | "target_port">;

/** Return the steps so that each comes after those that lead to it; ties by place, circles last. */
export function topological(store: Store): string[] {
  const open = new Map<string, number>();
  for (const id of store.nodes.keys()) open.set(id, store.edgesInto(id).size);
  const ready = [...store.nodes.keys()].filter((id) => !open.get(id)).sort(byPlace(store));
  const order: string[] = [];
  while (ready.length) {
    const id = ready.shift() as string;
    order.push(id);
    const next = successors(store, id).filter((target) => {
      const left = (open.get(target) ?? 0) - countEdges(store, id, target);
      open.set(target, left);
      return left === 0;
    });
    // Depth first: what follows a step stands below it, as people read it.
    ready.unshift(...next.sort(byPlace(store)));
  }
  if (order.length === store.nodes.size) return order;
  const seen = new Set(order);
  return [...order, ...[...store.nodes.keys()].filter((id) => !seen.has(id)).sort(byPlace(store))];
}

/** Return the step that a run begins with, or else the first that nothing leads to. */
export function firstStep(store: Store): string | null {
  for (const step of store.nodes.values()) if (step.type === "core.start") return step.id;
  return topological(store)[0] ?? null;
}

export function successors(store: Store, id: string): string[] {
  return ends(store, store.edgesFrom(id), "target");
}

export function predecessors(store: Store, id: string): string[] {
  return ends(store, store.edgesInto(id), "source");
}

/** Tell whether a way leads from one step to another. */
export function leadsTo(store: Store, from: string, to: string): boolean {
  const seen = new Set<string>();
  const stack = [from];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    stack.push(...successors(store, id));
  }
  return false;
}

/** Return why two ports cannot be connected; null if they can. `instead` is the edge that would go. */
export function whyNot(store: Store, ends: Ends, instead: string | null = null): string | null {
  const source = store.nodes.get(ends.source);
  const target = store.nodes.get(ends.target);
  if (!source || !target) return "A step is no longer there.";
  if (ends.source === ends.target) return "A step cannot lead to itself.";
  const output = outputsOf(store.types.get(source.type), source).find(
    (port) => port.name === ends.source_port,
  );
  const input = inputsOf(store.types.get(target.type)).find(
    (port) => port.name === ends.target_port,
  );
  if (!output || !input) return "There is no such port.";
  if (!fits(output.kind, input.kind)) return `${output.label} does not fit ${input.label}.`;
  const [from, into] = [store.holderOf(ends.source), store.holderOf(ends.target)];
  if (from !== into) return acrossBorder(store, ends, from, into);
  if (leadsTo(store, ends.target, ends.source)) return "This would make a circle.";
  return whyNotUndo(store, ends, instead);
}

function acrossBorder(store: Store, ends: Ends, from: string | undefined, into: string | undefined): string {
  if (from === ends.target || into === ends.source)
    return `What lies in ${store.titleOf(from === ends.target ? from : ends.source)} begins and ends by itself: no line leads to its border.`;
  const loop = store.titleOf((into !== undefined && from !== into ? into : from) ?? "");
  return `No connection leads into or out of ${loop}. Connect steps inside with each other, and ${loop} itself with the rest.`;
}

/** A step has one undo step, which does nothing else. */
function whyNotUndo(store: Store, ends: Ends, instead: string | null): string | null {
  const edges = (ids: ReadonlySet<string>) =>
    [...ids].flatMap((id) => (id === instead ? [] : (store.edges.get(id) ?? [])));
  const undoes = (edge: Ends) => edge.source_port === UNDO_PORT.name;
  const into = edges(store.edgesInto(ends.target));
  if (!undoes(ends))
    return into.some(undoes) ? `${store.titleOf(ends.target)} takes another step back: nothing else may lead there.` : null;
  if (into.length) return `The way of the workflow leads to ${store.titleOf(ends.target)} as well. Use a step of its own for undoing.`;
  return edges(store.edgesFrom(ends.source)).some(undoes) ? `${store.titleOf(ends.source)} has an undo step already.` : null;
}

/** Return the ports that edges name but the step no longer has: a case was removed, a type changed. */
export function lostPorts(store: Store, id: string, side: PortRef["side"]): string[] {
  const step = store.nodes.get(id);
  if (!step) return [];
  const type = store.types.get(step.type);
  const ports = side === "source" ? outputsOf(type, step) : inputsOf(type);
  const edges = side === "source" ? store.edgesFrom(id) : store.edgesInto(id);
  const end = side === "source" ? "source_port" : "target_port";
  const lost = new Set<string>();
  for (const edge of edges) {
    const name = store.edges.get(edge)?.[end];
    if (name !== undefined && !ports.some((port) => port.name === name)) lost.add(name);
  }
  return [...lost].sort();
}

/** A port that could be the other end. */
export interface Candidate {
  node: string;
  port: string;
  label: string;
}

/** Return the ports that a port could be connected with, the nearest steps first. */
export function candidates(store: Store, from: PortRef): Candidate[] {
  const found: (Candidate & { far: number })[] = [];
  const own = store.boxOf(from.node) ?? { x: 0, y: 0 };
  for (const step of store.nodes.values()) {
    const type = store.types.get(step.type);
    const ports = from.side === "source" ? inputsOf(type) : outputsOf(type, step);
    for (const port of ports) {
      if (whyNot(store, endsOf(from, step.id, port.name))) continue;
      if (store.edges.has(idOf(endsOf(from, step.id, port.name)))) continue;
      const { x, y } = store.boxOf(step.id) ?? own;
      const far = Math.hypot(x - own.x, y - own.y);
      found.push({ node: step.id, port: port.name, label: port.label, far });
    }
  }
  return found.sort((a, b) => a.far - b.far);
}

/** Return the edge's ends for a port and the one it was connected with, whichever was first. */
export function endsOf(from: PortRef, node: string, port: string) {
  return from.side === "source"
    ? { source: from.node, source_port: from.port, target: node, target_port: port }
    : { source: node, source_port: port, target: from.node, target_port: from.port };
}

function idOf(ends: ReturnType<typeof endsOf>): string {
  return `${ends.source}:${ends.source_port}>${ends.target}:${ends.target_port}`;
}

function ends(store: Store, edges: ReadonlySet<string>, end: "source" | "target"): string[] {
  const found = new Set<string>();
  for (const id of edges) {
    const edge = store.edges.get(id);
    if (edge) found.add(edge[end]);
  }
  return [...found];
}

function countEdges(store: Store, source: string, target: string): number {
  let count = 0;
  for (const id of store.edgesFrom(source)) if (store.edges.get(id)?.target === target) count += 1;
  return count;
}

function byPlace(store: Store) {
  return (a: string, b: string) => {
    const { x: ax, y: ay } = store.boxOf(a) ?? { x: 0, y: 0 };
    const { x: bx, y: by } = store.boxOf(b) ?? { x: 0, y: 0 };
    return ay - by || ax - bx || (a < b ? -1 : 1);
  };
}

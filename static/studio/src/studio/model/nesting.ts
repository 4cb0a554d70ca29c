// Steps that hold others: how large their frames are, what lies in which, and what may lie where.

import type { NodeTypes, Step } from "./boot";
import type { Box } from "./grid";
import { heightOf, outputsOf, WIDTH } from "./ports";
import type { Store } from "./store";

/** What lies around the steps inside; the server lays out with the same (`workflows/layout.py`). */
const AROUND = { top: 88, left: 40, right: 40, bottom: 36 };
/** More at the right, where ports stand with their names. */
const LABELS = 72;
const EMPTY = { width: 320, height: 184 };
/** How many steps may lie around one; the server's rule. */
const DEEPEST = 3;
/** A workflow begins and answers outside of every loop. */
const ONLY_OUTSIDE: ReadonlySet<string> = new Set(["core.start", "core.respond"]);

export function holdsSteps(types: NodeTypes, type: string): boolean {
  return types.get(type)?.holds_steps === true;
}

/** Return how large a step is while nothing lies in it. */
export function sizeOf(types: NodeTypes, step: Step): { width: number; height: number } {
  const height = heightOf(types, step);
  if (!holdsSteps(types, step.type)) return { width: WIDTH, height };
  return { width: EMPTY.width, height: Math.max(EMPTY.height, height) };
}

/** Return the frame of a step around the boxes inside it; without any it stands where it was put. */
export function frameAround(types: NodeTypes, step: Step, inner: readonly Box[]): Box {
  const least = sizeOf(types, step);
  if (!inner.length) return { x: step.position[0], y: step.position[1], ...least };
  const margins = marginsOf(types, step);
  const x = Math.min(...inner.map((box) => box.x)) - margins.left;
  const y = Math.min(...inner.map((box) => box.y)) - margins.top;
  const right = Math.max(...inner.map((box) => box.x + box.width)) + margins.right;
  const bottom = Math.max(...inner.map((box) => box.y + box.height)) + margins.bottom;
  return { x, y, width: Math.max(least.width, right - x), height: Math.max(least.height, bottom - y) };
}

/** Return how far the border of a frame is from what lies in it. */
export function marginsOf(types: NodeTypes, step: Step): typeof AROUND {
  const labelled = outputsOf(types.get(step.type), step).length > 1;
  return { ...AROUND, right: AROUND.right + (labelled ? LABELS : 0) };
}

/** Return the steps that a step lies in, the nearest first. */
export function around(store: Store, id: string): string[] {
  const found: string[] = [];
  for (let each = store.holderOf(id); each !== undefined; each = store.holderOf(each)) found.push(each);
  return found;
}

/** Return the ids and all that lies in them; each once. */
export function withInner(store: Store, ids: Iterable<string>): Set<string> {
  const all = new Set<string>();
  const stack = [...ids].reverse();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (all.has(id)) continue;
    all.add(id);
    stack.push(...store.insideOf(id));
  }
  return all;
}

/** Return those of the ids that lie in none of the others. */
export function outermost(store: Store, ids: ReadonlySet<string>): string[] {
  return [...ids].filter((id) => !around(store, id).some((each) => ids.has(each)));
}

/** Return the innermost frame at a point; not one of those that are moved themselves. */
export function frameAt(
  store: Store,
  [x, y]: readonly [number, number],
  without: ReadonlySet<string> = new Set(),
): string | undefined {
  const found = store.grid
    .within({ x, y, width: 0, height: 0 })
    .filter((id) => !without.has(id) && store.holds(id));
  return found.sort((a, b) => around(store, b).length - around(store, a).length)[0];
}

/** Return what is seen at a point: of frames and what lies on them, the smallest. */
export function thingAt(store: Store, [x, y]: readonly [number, number]): string | null {
  const area = (id: string) => {
    const box = store.boxOf(id);
    return box ? box.width * box.height : Infinity;
  };
  const found = store.grid.within({ x, y, width: 0, height: 0 });
  return found.sort((a, b) => area(a) - area(b))[0] ?? null;
}

/** Return why steps cannot lie in another one, or outside of all; null if they can. */
export function whyNotInside(store: Store, ids: Iterable<string>, into: string | undefined): string | null {
  if (into === undefined) return null;
  const loop = store.titleOf(into);
  if (!store.holds(into)) return `No steps can lie in ${loop}.`;
  const outer = [into, ...around(store, into)];
  for (const id of ids) {
    const step = store.nodes.get(id);
    if (!step) continue;
    if (outer.includes(id)) return "A step cannot lie in itself.";
    if (!mayLieInside(step.type)) return `${store.titleOf(id)} cannot lie in ${loop}: a run begins and answers outside.`;
    if (outer.length + depthOf(store, id) > DEEPEST)
      return `Loops may lie ${DEEPEST} deep inside each other. Let a workflow of its own do the inner part.`;
  }
  return null;
}

export function mayLieInside(type: string): boolean {
  return !ONLY_OUTSIDE.has(type);
}

/** Tell whether a new step of a type may be put into a frame. */
export function fitsInside(store: Store, type: string, into: string | undefined): boolean {
  if (into === undefined) return true;
  const deep = around(store, into).length + 1;
  return store.holds(into) && mayLieInside(type) && deep <= DEEPEST;
}

/** How many steps lie inside each other below one. */
function depthOf(store: Store, id: string): number {
  return Math.max(0, ...[...store.insideOf(id)].map((each) => 1 + depthOf(store, each)));
}

/** A step with those inside it. */
export interface Nested {
  id: string;
  /** Its number in its row, and before that those of the steps around it: 2.1. */
  number: string;
  inner: readonly Nested[];
}

/** Return steps that stand in an order as a tree: what lies in a step comes with it. */
export function nested(store: Store, order: readonly string[]): Nested[] {
  const rows = new Map<string | undefined, string[]>();
  for (const id of order) {
    const own = store.holderOf(id);
    const row = rows.get(own);
    if (row) row.push(id);
    else rows.set(own, [id]);
  }
  const made = (own: string | undefined, prefix: string): Nested[] =>
    (rows.get(own) ?? []).map((id, index) => {
      const number = `${prefix}${index + 1}`;
      return { id, number, inner: rows.has(id) ? made(id, `${number}.`) : [] };
    });
  return made(undefined, "");
}

// Parts of a workflow that run by themselves, and what each needs to be known before it can.

import { partsOf } from "./expressions";
import { predecessors, successors } from "./graph";
import type { Json } from "./json";
import { around, withInner } from "./nesting";
import type { Store } from "./store";

/** From a step on, a step alone, or up to a step. */
export type Mode = "from" | "only" | "until";

/** Return the step that runs as a whole where one is asked for: the outermost loop around it. */
export function wholeStepOf(store: Store, id: string): string {
  return around(store, id).at(-1) ?? id;
}

/** Return the steps that would run, as the server will see it (`apps/runs/state/parts.py`). */
export function stepsThatRun(store: Store, mode: Mode, id: string, pinned: ReadonlySet<string>): ReadonlySet<string> {
  const whole = wholeStepOf(store, id);
  if (mode === "only") return withInner(store, [whole]);
  const reached = mode === "from" ? after(store, whole) : upTo(store, whole, pinned);
  return withInner(store, [...reached].filter((each) => each === whole || !pinned.has(each)));
}

/** What leads to a pinned step is only needed where some of it is needed anyway. */
function upTo(store: Store, id: string, pinned: ReadonlySet<string>): ReadonlySet<string> {
  const closed = new Set(pinned);
  closed.delete(id);
  for (;;) {
    const wanted = reach(id, (each) => (closed.has(each) ? [] : neededBy(store, each)));
    const anew = [...wanted].filter((each) => !closed.has(each));
    const mixed = [...closed].filter((each) => {
      const before = wanted.has(each) ? reach(each, (one) => predecessors(store, one)) : new Set<string>();
      return anew.some((one) => one !== each && before.has(one));
    });
    if (!mixed.length) return wanted;
    for (const each of mixed) closed.delete(each);
  }
}

/** Return the steps that come after one, and itself. */
export function after(store: Store, id: string): ReadonlySet<string> {
  return reach(id, (each) => successors(store, each));
}

/** Return the steps whose outputs a step works on: those that lead to it, and those that it names. */
export function neededBy(store: Store, id: string): string[] {
  const own = withInner(store, [id]);
  const named = [...own].flatMap((each) => namedIn(store.nodes.get(each)?.config ?? {}));
  const conditions = [...own].flatMap((each) =>
    [...store.edgesInto(each)].flatMap((edge) => namesOf(store.edges.get(edge)?.when ?? "")),
  );
  const all = new Set([...predecessors(store, id), ...named, ...conditions]);
  return [...all].filter((each) => store.nodes.has(each) && !own.has(each));
}

function namedIn(value: Json): string[] {
  if (typeof value === "string")
    return partsOf(value).flatMap((part) => (part.kind === "expression" ? namesOf(part.source) : []));
  if (Array.isArray(value)) return value.flatMap(namedIn);
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(namedIn) : [];
}

function namesOf(expression: string): string[] {
  return [...expression.matchAll(/\bnodes\.([a-z][a-z0-9_]{0,62})\b/g)].map(([, name = ""]) => name);
}

function reach(from: string, next: (id: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const stack = [from];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    stack.push(...next(id));
  }
  return found;
}

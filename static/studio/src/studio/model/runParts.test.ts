// Which steps a part of a run is, and what it needs to know.

import { expect, test } from "vitest";
import { after, neededBy, stepsThatRun, wholeStepOf } from "./runParts";
import { CHAIN, TYPES } from "./samples";
import { Store } from "./store";

function store(change: (chain: typeof CHAIN) => typeof CHAIN = (chain) => chain): Store {
  const made = new Store(new Map(TYPES.map((type) => [type.name, type])));
  made.load(change(structuredClone(CHAIN)));
  return made;
}
const NONE = new Set<string>();
const sorted = (ids: Iterable<string>) => [...ids].sort();

test("from a step on, alone, and up to it", () => {
  const found = store();
  const [first = "", second = "", third = ""] = CHAIN.nodes.map(({ id }) => id);
  expect(sorted(stepsThatRun(found, "only", second, NONE))).toEqual([second]);
  expect(sorted(stepsThatRun(found, "from", second, NONE))).toEqual(sorted(after(found, second)));
  expect(stepsThatRun(found, "until", second, NONE)).toEqual(new Set([second, first]));
  expect(stepsThatRun(found, "until", second, NONE).has(third)).toBe(false);
});

test("before a pinned step nothing has to run", () => {
  const found = store();
  const [first = "", second = "", third = ""] = CHAIN.nodes.map(({ id }) => id);
  expect(sorted(stepsThatRun(found, "until", third, new Set([second])))).toEqual([third]);
  // The step that is asked for runs, pinned or not.
  expect(stepsThatRun(found, "only", second, new Set([second])).has(second)).toBe(true);
  expect(stepsThatRun(found, "until", second, new Set([second])).has(first)).toBe(true);
});

test("what leads to a pinned step runs where some of it is needed anyway", () => {
  const found = store((chain) => {
    const last = chain.nodes[2];
    if (last) last.config = { body: "{{ nodes.start.output.x }}" };
    return chain;
  });
  expect(sorted(stepsThatRun(found, "until", "b", new Set(["a"])))).toEqual(["b", "start"]);
});

test("a step needs what leads to it and what its expressions name", () => {
  const found = store((chain) => {
    const last = chain.nodes[2];
    if (last) last.config = { deep: [{ body: `{{ nodes.${chain.nodes[0]?.id}.output.x }} nodes.none` }] };
    return chain;
  });
  const [first = "", second = "", third = ""] = CHAIN.nodes.map(({ id }) => id);
  expect(sorted(neededBy(found, third))).toEqual(sorted([first, second]));
  expect(neededBy(found, first)).toEqual([]);
});

test("outside of loops a step is its own whole", () => {
  expect(wholeStepOf(store(), "a")).toBe("a");
});

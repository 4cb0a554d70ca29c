// Keys of what comes from elsewhere never reach the prototype that all objects share.

import { afterEach, expect, test } from "vitest";
import { copied, pasteable } from "./clipboard";
import { pairsOf, storedPairs } from "./fields";
import type { Json } from "./json";
import { BY_NAME, CHAIN } from "./samples";
import { inputsOf, type InputField } from "./startForm";
import { Store } from "./store";
import { readableValue } from "./withheld";

const BAD = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "prototype": {"polluted": 1}}';
const PASTED = `{"__proto__": {"polluted": 1}, "nodes": [{"id": "x", "type": "core.start", "__proto__": {"polluted": 1}, "config": ${BAD}}],
  "edges": [{"source": "x", "target": "__proto__", "__proto__": {"polluted": 1}}], "notes": [${BAD}]}`;
const own = Reflect.ownKeys(Object.prototype);

afterEach(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(own);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(([] as unknown as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("what is pasted, loaded and copied again", () => {
  const { nodes } = pasteable(PASTED, BY_NAME);
  const store = new Store(BY_NAME);
  store.load({ ...CHAIN, nodes, edges: [], notes: [] });
  expect(copied(store, ["x"])).toContain("polluted");
});

test("values of a run, and pairs of a field", () => {
  const value = JSON.parse(BAD) as Json;
  expect(Object.keys(readableValue(value) as object)).toHaveLength(3);
  expect(Object.keys(storedPairs(pairsOf(value), false) as object)).toHaveLength(3);
});

test("the names of a start form", () => {
  const field = (name: string) => ({ name, type: "json", required: false, fallback: null }) as unknown as InputField;
  const names = ["__proto__", "constructor", "prototype"];
  inputsOf(names.map(field), Object.fromEntries(names.map((name) => [name, '{"polluted": 1}'])));
});

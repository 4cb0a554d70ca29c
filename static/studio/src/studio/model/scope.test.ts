// What an expression of a step may name, with and without a run.

import { expect, test } from "vitest";
import type { NodeType } from "./boot";
import { scopeOf } from "./scope";
import { BY_NAME, NESTED } from "./samples";
import { Store } from "./store";

const type = (name: string, output: string[]): NodeType => ({
  name,
  label: name,
  group: "Data",
  icon: "x",
  hue: 0,
  version: 1,
  effect: "pure",
  keeps_results: true,
  holds_steps: false,
  round_fields: [],
  description: "",
  docs: "",
  ports: { inputs: [], outputs: [] },
  config_schema: {},
  output_schema: { properties: Object.fromEntries(output.map((key) => [key, {}])) },
  example: {},
});

const TYPES = new Map(
  [type("core.start", []), type("http.request", ["status", "body"]), type("data.transform", [])].map(
    (each) => [each.name, each] as const,
  ),
);

function graph(edges: [string, string][]): Store {
  const store = new Store(TYPES);
  store.load({
    schema: 1,
    nodes: [
      { id: "start", type: "core.start", config: { fields: [{ name: "url", default: "x" }] } },
      { id: "fetch", type: "http.request", title: "Fetch page" },
      { id: "set", type: "data.transform", config: { fields: [{ name: "total" }] } },
      { id: "last", type: "http.request" },
    ],
    edges: edges.map(([source, target]) => ({ source, target, source_port: "out", target_port: "in" })),
    settings: {},
  });
  return store;
}

const CHAIN = graph([
  ["start", "fetch"],
  ["fetch", "set"],
  ["set", "last"],
]);
const NO_RUN = { inputs: undefined, outputOf: () => undefined };

test("without a run the keys are known from the form, the config and the type", () => {
  const { values, steps } = scopeOf(CHAIN, "last", NO_RUN);
  expect(values["input"]).toEqual({ url: "x" });
  expect(values["prev"]).toEqual({ total: null });
  expect(values["nodes"]).toMatchObject({ fetch: { output: { status: null, body: null } } });
  expect(steps.map(({ id, title }) => `${id}: ${title}`)).toEqual([
    "set: data.transform",
    "fetch: Fetch page",
    "start: core.start",
  ]);
});

test("a run brings its values", () => {
  const run = {
    inputs: { url: "https://e.example" },
    outputOf: (id: string) => (id === "fetch" ? { status: 200, body: { a: 1 } } : undefined),
  };
  const { values } = scopeOf(CHAIN, "set", run);
  expect(values["input"]).toEqual({ url: "https://e.example" });
  expect(values["prev"]).toEqual({ status: 200, body: { a: 1 } });
});

test("with several steps before it there is no prev, and later steps are never offered", () => {
  const store = graph([
    ["start", "fetch"],
    ["start", "set"],
    ["fetch", "last"],
    ["set", "last"],
  ]);
  expect(scopeOf(store, "last", NO_RUN).values).not.toHaveProperty("prev");
  expect(scopeOf(store, "fetch", NO_RUN).steps.map(({ id }) => id)).toEqual(["start"]);
});

test("inside a loop there are the item, the round, and what comes before the loop", () => {
  const store = new Store(BY_NAME);
  store.load(NESTED);
  const run = { ...NO_RUN, roundOf: (id: string) => (id === "x" ? { index: 2, item: { n: 7 } } : null) };
  const first = scopeOf(store, "x", run);
  expect(first.values).toMatchObject({ item: { n: 7 }, prev: { n: 7 }, index: 2 });
  expect(first.steps.map(({ id }) => id)).toEqual(["start"]);
  const deep = scopeOf(store, "y", run);
  expect(deep.steps.map(({ id }) => id)).toEqual(["x", "start"]);
  expect(deep.values).toMatchObject({ index: null });
  expect("index" in scopeOf(store, "after", run).values).toBe(false);
});

test("a loop knows its variables, and what lies in it where it looks at a round", () => {
  const store = new Store(BY_NAME);
  const nodes = NESTED.nodes.map((node) =>
    node.id === "inner" ? { ...node, config: { variables: [{ name: "tries", value: 0 }] } } : node,
  );
  store.load({ ...NESTED, nodes });
  const { values, steps } = scopeOf(store, "inner", NO_RUN);
  expect(values["vars"]).toEqual({ tries: 0 });
  expect(steps.map(({ id }) => id)).toEqual(["x", "start", "y"]);
  expect(scopeOf(store, "each", NO_RUN).steps.map(({ id }) => id)).toEqual(["start"]);
});

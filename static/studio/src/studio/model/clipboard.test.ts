import { describe, expect, test } from "vitest";
import { copied, NotPasteable, pasteable } from "./clipboard";
import { BY_NAME, CHAIN, step } from "./samples";
import { Store } from "./store";

const store = new Store(BY_NAME);
store.load({
  ...CHAIN,
  nodes: [...CHAIN.nodes, step("gen", "ai.generate", { config: { secret: "s3cret", prompt: "Hi" } })],
});

test("what is copied comes back: steps, the edges among them, notes", () => {
  const fragment = pasteable(copied(store, ["a", "b", "memo"]), BY_NAME);
  expect(fragment.nodes).toEqual([store.nodes.get("a"), store.nodes.get("b")]);
  expect(fragment.edges).toEqual([store.edges.get("a:out>b:in")]);
  expect(fragment.notes).toEqual([store.notes.get("memo")]);
});

test("secrets stay behind", () => {
  const text = copied(store, ["gen"]);
  expect(text).not.toContain("s3cret");
  expect(pasteable(text, BY_NAME).nodes[0]?.config).toEqual({ prompt: "Hi" });
});

test("a credential stays within its workspace; another one finds a reminder in its place", () => {
  const own = new Store(BY_NAME);
  own.load({ ...CHAIN, nodes: [step("gen", "ai.generate", { config: { credential: "c1" } })], edges: [] });
  const text = copied(own, ["gen"]);
  expect(pasteable(text, BY_NAME).nodes[0]?.config["credential"]).toBe("c1");
  const foreign = JSON.stringify({ ...JSON.parse(text), workspace: "other.example" });
  expect(pasteable(foreign, BY_NAME).nodes[0]?.config["credential"]).toBe("left-behind");
});

test("a definition and an exported file can be pasted", () => {
  const definition = { schema: 1, nodes: [{ id: "x", type: "core.start" }], edges: [{ source: "x", target: "y" }, 7] };
  const file = { format: "auterity.workflow/1", name: "W", definition };
  for (const data of [definition, file]) {
    const fragment = pasteable(JSON.stringify(data), BY_NAME);
    expect(fragment.nodes).toEqual([step("x", "core.start")]);
    expect(fragment.edges[0]?.id).toBe("x:out>y:in");
  }
});

test("settings that the server would refuse are left out", () => {
  const odd = {
    id: "x",
    type: "core.start",
    title: 7,
    disabled: "yes",
    on_error: "explode",
    timeout_s: -1,
    retry: [],
    join: "any",
    unknown: true,
    parent: "Not an id",
    notes: "fine",
    type_version: 1.5,
    cache_ttl_s: 0,
    default_output: { a: 1 },
    position: ["a", 2],
    size: [10, 20],
    config: "no",
  };
  expect(pasteable(JSON.stringify({ nodes: [odd] }), BY_NAME).nodes).toEqual([
    { ...step("x", "core.start"), join: "any", notes: "fine", default_output: { a: 1 }, size: [10, 20] },
  ]);
});

test("notes without words or places get them", () => {
  const { notes } = pasteable('{"nodes": [], "notes": [{"id": "n"}, {"text": "no id"}, 3]}', BY_NAME);
  expect(notes).toEqual([{ id: "n", text: "", colour: "yellow", position: [0, 0], size: [240, 160] }]);
});

describe("what cannot be pasted says why", () => {
  test.each([
    ["hello", "The clipboard holds no steps. Copy steps first, or a workflow's JSON."],
    ["[1]", "The clipboard holds JSON, but no steps."],
    ['{"format": "other/1", "nodes": []}', "The clipboard holds “other/1”, which cannot be pasted here."],
    ["{}", "The clipboard holds JSON without steps: it has no list “nodes”."],
    ['{"nodes": []}', "The clipboard holds no steps."],
    ['{"nodes": [7]}', "Step 1 of the clipboard has no valid id."],
    ['{"nodes": [{"id": "A b", "type": "core.start"}]}', "Step 1 of the clipboard has no valid id."],
    ['{"nodes": [{"id": "a", "type": "no.such"}]}', "This workspace has no step type “no.such”."],
    [JSON.stringify({ nodes: Array(5001).fill(1) }), "More than 5000 steps cannot be pasted."],
  ])("%#", (text, message) => {
    expect(() => pasteable(text, BY_NAME)).toThrow(NotPasteable);
    expect(() => pasteable(text, BY_NAME)).toThrow(message);
  });
});

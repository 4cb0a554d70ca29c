// Steps as a workflow, and back.

import { describe, expect, test } from "vitest";
import type { Definition } from "./boot";
import { BY_NAME, CHAIN, edge, NESTED, step } from "./samples";
import { Store } from "./store";
import { collapsed, expanded, NotCollapsible, outward } from "./subworkflow";

function store(definition: Definition): Store {
  const made = new Store(BY_NAME);
  made.load(definition);
  return made;
}

const set = (id: string, value: string) => step(id, "data.transform", { config: { fields: [{ name: "x", value }] } });
/** start -> a -> b -> c -> d; a and b are taken out. */
const LINE: Definition = {
  ...CHAIN,
  nodes: [
    step("start", "core.start"),
    set("a", "{{ input.who + prev.y }} of {{ input.who }}{{ prev.input.prev }}"),
    set("b", "{{ prev.x }}{{ nodes.start.output.z }}"),
    set("c", "{{ prev.x }} {{ nodes.b.output.x }}"),
    set("d", "{{ nodes.b.output }}"),
  ],
  edges: [edge("start", "a"), edge("a", "b"), edge("b", "c"), edge("c", "d")],
  notes: [],
};
const fieldsOf = (definition: Definition, id: string) =>
  (definition.nodes.find((node) => node.id === id)?.config?.["fields"] as { name: string; value?: string }[]) ?? [];

describe("taking steps out", () => {
  const part = collapsed(store(LINE), ["a", "b"]);

  test("what they need is handed in, what the last gives is the answer", () => {
    expect(part.inputs).toEqual({ who: "{{ input.who }}", start: "{{ nodes.start.output }}" });
    expect(fieldsOf(part.definition, "start").map(({ name }) => name)).toEqual(["who", "start"]);
    expect(fieldsOf(part.definition, "a")[0]?.value).toBe("{{ input.who + input.start.y }} of {{ input.who }}{{ input.start.input.prev }}");
    expect(fieldsOf(part.definition, "b")[0]?.value).toBe("{{ prev.x }}{{ input.start.z }}");
    expect(part.definition.nodes.at(-1)).toMatchObject({ type: "core.respond", config: { body: "{{ nodes.b.output }}" } });
    expect(part.definition.edges.map(({ source, target }) => `${source}>${target}`)).toEqual(["start>a", "a>b", "b>answer"]);
  });

  test("what follows takes it from the step that stands for them", () => {
    expect([part.incoming.map(({ source }) => source), part.outgoing.map(({ target }) => target)]).toEqual([["start"], ["c"]]);
    const config = outward(LINE.nodes[3]?.config ?? {}, "b", "run_1", true);
    expect(config).toEqual({ fields: [{ name: "x", value: "{{ prev.outputs.x }} {{ nodes.run_1.output.outputs.x }}" }] });
  });

  test("a loop goes as a whole", () => {
    expect([...collapsed(store(NESTED), ["each"]).gone].sort()).toEqual(["each", "inner", "x", "y"]);
  });

  test.each([
    ["nothing", [], "Select"],
    ["the start", ["start"], "start and the answer"],
    ["a step that others name", ["a"], ""],
  ])("%s", (_what, ids, why) => {
    if (why) expect(() => collapsed(store(LINE), ids)).toThrow(why);
    else expect(collapsed(store(LINE), ids).exit).toBe("a");
  });

  test("what cannot be one workflow says why", () => {
    expect(() => collapsed(store(NESTED), ["x"])).toThrow("in a loop");
    const forked: Definition = { ...LINE, edges: [...LINE.edges, edge("a", "d")] };
    expect(() => collapsed(store(forked), ["a", "b"])).toThrow("Several ways");
    const named: Definition = { ...LINE, nodes: [...LINE.nodes.slice(0, 4), set("d", "{{ nodes.a.output }}")] };
    expect(() => collapsed(store(named), ["a", "b"])).toThrow(NotCollapsible);
  });
});

describe("putting them back", () => {
  const part = collapsed(store(LINE), ["a", "b"]);
  const back = expanded(part.definition, part.inputs);

  test("the steps name again what was handed in", () => {
    expect(back.nodes.map(({ id }) => id)).toEqual(["a", "b"]);
    expect([back.entries, back.exit]).toEqual([["a"], { source: "b", source_port: "out" }]);
    const [a, b] = back.nodes.map(({ config }) => JSON.stringify(config));
    expect(a).toContain("{{ input.who + nodes.start.output.y }} of {{ input.who }}");
    expect(b).toContain("nodes.start.output.z");
  });

  test("values stand where they were handed in as such", () => {
    const [a] = expanded(part.definition, { who: "Ada", start: "{{ prev.a or 1 }}" }).nodes;
    expect(JSON.stringify(a?.config)).toContain('\\"Ada\\" + (prev.a or 1).y');
  });

  test("an answer that is put together stays a workflow", () => {
    const nodes = part.definition.nodes.map((node) => (node.type === "core.respond" ? { ...node, config: { body: "Hi {{ prev }}" } } : node));
    expect(() => expanded({ ...part.definition, nodes }, {})).toThrow("puts its answer together");
  });
});

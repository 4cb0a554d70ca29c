import { describe, expect, test } from "vitest";
import type { Definition } from "./boot";
import { candidates, endsOf, leadsTo, lostPorts, predecessors, successors, topological, whyNot } from "./graph";
import type { PortRef } from "./panels";
import { BY_NAME, CHAIN, edge, step } from "./samples";
import { Store } from "./store";

function storeOf(definition: Definition): Store {
  const store = new Store(BY_NAME);
  store.load(definition);
  return store;
}

const store = storeOf(CHAIN);
const from = (node: string, side: PortRef["side"] = "source"): PortRef => ({
  node,
  port: side === "source" ? "out" : "in",
  side,
  kind: "any",
});

test("steps come after those that lead to them, each branch together", () => {
  expect(topological(store)).toEqual(["start", "a", "b", "c"]);
});

test("a step waits for all that lead to it, by however many edges", () => {
  const two = storeOf({ ...CHAIN, edges: [...CHAIN.edges, edge("c", "b"), edge("c", "b", "second")] });
  expect(topological(two)).toEqual(["start", "a", "c", "b"]);
});

test("a circle comes last and whole", () => {
  const round = storeOf({ ...CHAIN, edges: [edge("a", "b"), edge("b", "a")] });
  expect(topological(round)).toEqual(["start", "c", "a", "b"]);
});

test("neighbours", () => {
  expect(successors(store, "start")).toEqual(["a", "c"]);
  expect(predecessors(store, "b")).toEqual(["a"]);
  expect([leadsTo(store, "start", "b"), leadsTo(store, "c", "b")]).toEqual([true, false]);
});

describe("why two ports cannot be connected", () => {
  test.each([
    [edge("c", "b"), null],
    [edge("a", "a"), "A step cannot lead to itself."],
    [edge("b", "a"), "This would make a circle."],
    [edge("a", "gone"), "A step is no longer there."],
    [edge("a", "b", "no"), "There is no such port."],
    [edge("b", "start"), "There is no such port."],
  ])("%o: %s", (ends, reason) => expect(whyNot(store, ends)).toBe(reason));

  test("kinds that do not fit", () => {
    const mixed = storeOf({ ...CHAIN, nodes: [step("g", "ai.generate"), step("s", "logic.switch")], edges: [] });
    expect(whyNot(mixed, edge("g", "s"))).toBe("Output does not fit Input.");
  });
});

test("candidates are the ports that fit, nearest first, without those connected already", () => {
  expect(candidates(store, from("c")).map(({ node }) => node)).toEqual(["a", "b"]);
  expect(candidates(store, from("a")).map(({ node }) => node)).toEqual(["c"]);
  expect(candidates(store, from("b", "target")).map(({ node }) => node)).toEqual(["c", "start"]);
});

test("ends are the same from both sides", () => {
  expect(endsOf(from("a"), "b", "in")).toEqual(endsOf(from("b", "target"), "a", "out"));
});

test("ports that are lost are those that only edges still name", () => {
  const lost = storeOf({ ...CHAIN, edges: [edge("a", "b", "gone"), edge("a", "c"), edge("gone", "b")] });
  expect([lostPorts(lost, "a", "source"), lostPorts(lost, "b", "target"), lostPorts(lost, "no", "source")]).toEqual([
    ["gone"],
    [],
    [],
  ]);
});

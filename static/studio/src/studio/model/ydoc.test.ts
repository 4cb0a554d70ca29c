import { expect, test } from "vitest";
import * as ops from "./ops";
import { BY_NAME, chainDoc, step } from "./samples";
import { wholeStep } from "./stored";
import { StudioDoc } from "./ydoc";

test("the definition is sorted by id and complete", () => {
  const doc = chainDoc();
  const definition = doc.definition();
  expect(definition.nodes.map((node) => node.id)).toEqual(["a", "b", "c", "start"]);
  expect(definition.edges[0]).toEqual({ source: "a", source_port: "out", target: "b", target_port: "in", when: null, label: "" });
  expect(definition.settings).toEqual({});
});

test("texts of types that nobody knows are kept", () => {
  const doc = new StudioDoc(BY_NAME);
  ops.addStep(doc, step("odd", "no.such"));
  ops.setText(doc, "odd", "words", "Hi");
  expect(doc.definition().nodes[0]?.config).toEqual({ words: "Hi" });
});

test("what is not there is undefined; what leaves things out gets them", () => {
  const doc = new StudioDoc(BY_NAME);
  expect([doc.step("x"), doc.note("x"), doc.edge("x"), doc.textOf("x", "y")]).toEqual([undefined, undefined, undefined, undefined]);
  doc.change(() => doc.notes.set("n", {}));
  expect(doc.note("n")).toEqual({ id: "n", text: "", colour: "yellow", position: [0, 0], size: [240, 160] });
  expect(doc.definition().notes?.[0]?.text).toBe("");
  expect(wholeStep({ id: "a", type: "b" })).toEqual(step("a", "b"));
});

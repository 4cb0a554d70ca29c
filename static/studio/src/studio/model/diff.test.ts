// A version over the draft: marks, words, and taking one step back.

import { beforeEach, expect, test } from "vitest";
import { Compared, restoreStep, type Diff } from "./diff";
import { Editor } from "./editor";
import * as ops from "./ops";
import { boot, CHAIN, chainDoc } from "./samples";

const NONE = { added: [], removed: [], changed: [] };
const diff = (nodes: Partial<Diff["nodes"]>, edges: Partial<Diff["edges"]> = {}): Diff => ({
  nodes: { ...NONE, ...nodes },
  edges: { ...NONE, ...edges },
  settings: [],
});

let editor: Editor;
beforeEach(() => {
  editor = new Editor(boot());
  editor.attach(chainDoc());
});

test("steps and connections carry their marks, and what is gone is kept", () => {
  const found = new Compared("Version 3", CHAIN, diff({ added: [{ id: "n" }], removed: [{ id: "c" }], changed: [{ id: "a", fields: [] }] }));
  expect([...found.steps]).toEqual([["n", "added"], ["c", "removed"], ["a", "changed"]]);
  expect(found.ghosts.map(({ id }) => id)).toEqual(["c"]);
  expect(found.words()).toBe("1 added, 1 changed, 1 removed");
  expect(new Compared("Version 3", CHAIN, diff({}, { added: [{ id: "x" }] })).words()).toContain("connections");
  expect(new Compared("Version 3", CHAIN, diff({})).words()).toBe("nothing differs");
});

test("a step that is gone comes back with its connections, as one step of undo", () => {
  ops.remove(editor.doc!, ["a"]);
  restoreStep(editor, CHAIN, "a", "Version 1");
  expect(editor.store.nodes.get("a")?.position).toEqual([310, 0]);
  expect([...editor.store.edges.keys()].sort()).toEqual(["a:out>b:in", "start:out>a:in", "start:out>c:in"]);
  editor.undo();
  expect(editor.store.nodes.has("a")).toBe(false);
});

test("only what differs is taken back; where it stands now it stays", () => {
  ops.rename(editor.doc!, "a", "Renamed");
  ops.setParam(editor.doc!, "a", "mode", "set");
  ops.move(editor.doc!, new Map([["a", [7, 7]]]));
  restoreStep(editor, CHAIN, "a", "Version 1");
  const step = editor.store.nodes.get("a");
  expect([step?.title, step?.config, step?.position]).toEqual(["", {}, [7, 7]]);
});

test("another type comes back too", () => {
  const before = { ...CHAIN, nodes: CHAIN.nodes.map((node) => (node.id === "a" ? { ...node, type: "flow.each" } : node)) };
  restoreStep(editor, before, "a", "Version 1");
  expect(editor.store.nodes.get("a")?.type).toBe("flow.each");
  expect(editor.store.edges.size).toBe(3);
});

test("what the version did not have is left alone", () => {
  restoreStep(editor, CHAIN, "nothing", "Version 1");
  expect(editor.undoState.value.undo).toBe(false);
});

test("beside the past lies what came since", () => {
  const before = { ...CHAIN, nodes: CHAIN.nodes.filter(({ id }) => id !== "c") };
  const found = new Compared("Version 1", before, diff({ added: [{ id: "c" }], removed: [{ id: "a" }] }), CHAIN);
  expect([found.missing, found.ghosts.map(({ id }) => id)]).toEqual(["added", ["c"]]);
  expect([found.steps.get("a"), found.over]).toEqual(["removed", CHAIN]);
});

import * as Y from "yjs";
import { beforeEach, expect, test, vi } from "vitest";
import type { Json } from "./json";
import * as ops from "./ops";
import { BY_NAME, CHAIN, chainDoc, edge, step } from "./samples";
import { Store } from "./store";
import type { StudioDoc } from "./ydoc";

let store: Store;
let doc: StudioDoc;
beforeEach(() => {
  store = new Store(BY_NAME, { name: "Triage", description: "" });
  doc = chainDoc();
});

test("shows a snapshot: steps, notes, edges, places", () => {
  store.load(CHAIN);
  expect([...store.nodes.keys()]).toEqual(["start", "a", "b", "c"]);
  expect([...store.edgesFrom("start")]).toEqual(["start:out>a:in", "start:out>c:in"]);
  expect([...store.edgesInto("b")]).toEqual(["a:out>b:in"]);
  expect(store.notes.get("memo")).toMatchObject({ colour: "yellow", size: [240, 160] });
  expect(store.boxOf("b")).toEqual({ x: 620, y: 0, width: 236, height: 98 });
  expect(store.meta.settings).toEqual({ timeout_s: 60 });
  expect(store.edgesFrom("nobody").size).toBe(0);
});

test("keeps the objects of what stayed, and drops what went", () => {
  store.load(CHAIN);
  const before = store.nodes.get("a");
  store.load({ ...CHAIN, nodes: CHAIN.nodes.filter((node) => node.id !== "b"), notes: [] });
  expect(store.nodes.get("a")).toBe(before);
  expect(store.nodes.has("b")).toBe(false);
  expect(store.edges.has("a:out>b:in")).toBe(false);
  expect(store.notes.size).toBe(0);
  store.load({ ...CHAIN, edges: [] });
  expect(store.edges.size).toBe(0);
});

test("follows the document, waking only who watches what changed", () => {
  store.bind(doc);
  const a = vi.fn();
  const b = vi.fn();
  store.on("node:a", a);
  store.on("node:b", b);
  ops.rename(doc, "a", "Clean up");
  ops.setParam(doc, "a", "x", 1);
  ops.move(doc, new Map([["a", [310, 40]]]));
  expect([a.mock.calls.length, b.mock.calls.length]).toEqual([3, 0]);
  expect(store.nodes.get("a")).toMatchObject({ title: "Clean up", config: { x: 1 } });
  expect(store.boxOf("a")?.y).toBe(40);
});

test("follows texts of steps and notes", () => {
  store.bind(doc);
  ops.addStep(doc, step("gen", "ai.generate"));
  ops.setText(doc, "gen", "prompt", "Hello");
  expect(store.nodes.get("gen")?.config["prompt"]).toBe("Hello");
  ops.addNote(doc, { id: "memo", text: "", colour: "yellow", position: [0, 0], size: [9, 9] });
  ops.setText(doc, "memo", "text", "Hi");
  ops.setNoteColour(doc, "memo", "red");
  expect(store.notes.get("memo")).toMatchObject({ text: "Hi", colour: "red" });
  ops.remove(doc, ["memo", "gen"]);
  expect([store.notes.has("memo"), store.nodes.has("gen"), store.boxOf("memo")]).toEqual([false, false, undefined]);
});

test("shows an edge only while both its ends are there", () => {
  store.bind(doc);
  ops.remove(doc, ["b"]);
  expect(store.edges.has("a:out>b:in")).toBe(false);
  doc.change(() => doc.edges.set("a:out>b:in", { s: "a", sp: "out", t: "b", tp: "in" }));
  expect(store.edges.has("a:out>b:in")).toBe(false);
  doc.change(() => doc.nodes.set("b", new Y.Map<Json>([["type", "data.transform"]])));
  expect(store.edges.has("a:out>b:in")).toBe(true);
  expect(store.nodes.get("b")?.position).toEqual([0, 0]);
});

test("changes an edge in place", () => {
  store.bind(doc);
  ops.setEdge(doc, "a:out>b:in", { label: "yes" });
  expect(store.edges.get("a:out>b:in")?.label).toBe("yes");
  expect([...store.edgesFrom("a")]).toEqual(["a:out>b:in"]);
});

test("follows name, description and settings", () => {
  store.bind(doc);
  ops.setDetail(doc, "name", "New name");
  ops.setSetting(doc, "timeout_s", 5);
  expect(store.meta).toEqual({ name: "New name", description: "", settings: { timeout_s: 5 } });
});

test("stops following when asked", () => {
  const stop = store.bind(doc);
  stop();
  ops.rename(doc, "a", "Unheard");
  expect(store.nodes.get("a")?.title).toBe("");
});

test("tells once of a transaction with many changes", () => {
  store.bind(doc);
  const heard = vi.fn();
  store.on("graph", heard);
  doc.change(() => {
    for (const id of ["x", "y", "z"]) ops.addStep(doc, step(id));
    ops.connect(doc, edge("x", "y"));
  });
  expect(heard).toHaveBeenCalledTimes(1);
});

test("calls a step by its title, else its type", () => {
  store.load({ ...CHAIN, nodes: [...CHAIN.nodes, { id: "odd", type: "no.such" }] });
  expect([store.titleOf("a"), store.titleOf("odd"), store.titleOf("gone")]).toEqual(["transform", "no.such", "gone"]);
});

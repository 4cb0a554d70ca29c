// What the canvas computes without a page: what is mounted, where edges run, how they look.

import { describe, expect, test } from "vitest";
import type { Definition } from "../model/boot";
import { Editor } from "../model/editor";
import * as ops from "../model/ops";
import { boot, chainDoc, docOf, edge, NESTED, step } from "../model/samples";
import { revealing } from "./camera";
import { edgeLook } from "./edges";
import { FlowEdges, FlowNodes } from "./flow";
import { around, curve, curveOf, distance, edgeAt } from "./geometry";
import { bandOf, groundOf, softOf } from "./lod";
import { Mounting } from "./mounting";

function many(count: number): Definition {
  const nodes = Array.from({ length: count }, (_, index) =>
    step(`n${index}`, "data.transform", { position: [(index % 20) * 300, Math.floor(index / 20) * 150] }),
  );
  return { schema: 1, nodes, edges: [edge("n0", "n19")], settings: {} };
}

function opened(snapshot?: Definition) {
  const editor = new Editor(boot(snapshot ? { snapshot } : {}));
  editor.view.size.set({ width: 1000, height: 600 });
  const frames: (() => void)[] = [];
  const mounting = new Mounting(editor, (frame) => frames.push(frame));
  mounting.start();
  mounting.update();
  const settle = () => {
    for (let frame = frames.shift(); frame; frame = frames.shift()) frame();
  };
  return { editor, mounting, frames, settle };
}

describe("mounting", () => {
  test("adds at most a dozen a frame, until all that is near is there", () => {
    const { mounting, settle } = opened(many(200));
    expect(mounting.ids.value.size).toBe(12);
    settle();
    expect(mounting.ids.value.has("n0")).toBe(true);
    expect(mounting.ids.value.has("n199")).toBe(false);
    expect(mounting.ids.value.size).toBeLessThan(40);
  });

  test("adds the far ends of edges", () => {
    const { mounting, settle } = opened(many(200));
    settle();
    expect(mounting.ids.value.has("n19")).toBe(true);
  });

  test("far away only what is selected, hovered or focused", () => {
    const { editor, mounting, settle } = opened(many(200));
    editor.view.viewport.set({ x: 0, y: 0, zoom: 0.2 });
    settle();
    expect([mounting.far.value, mounting.ids.value.size]).toEqual([true, 0]);
    editor.selection.set(["n1"]);
    editor.selection.setFocus("n3");
    mounting.hover("n2");
    mounting.hover("n2");
    settle();
    expect([...mounting.ids.value].sort()).toEqual(["n1", "n2", "n3"]);
    editor.selection.set(editor.store.nodes.keys());
    settle();
    expect(mounting.ids.value.size).toBe(2);
  });

  test("does not flicker at the border between near and far", () => {
    const { editor, mounting, settle } = opened(many(200));
    const at = (zoom: number) => {
      editor.view.viewport.set({ x: 0, y: 0, zoom });
      settle();
      return mounting.far.value;
    };
    expect([at(0.4), at(0.37), at(0.4), at(0.43)]).toEqual([false, true, true, false]);
  });

  test("keeps a small workflow real at any distance", () => {
    const { editor, mounting, settle } = opened();
    editor.view.viewport.set({ x: 0, y: 0, zoom: 0.1 });
    settle();
    expect([mounting.far.value, mounting.ids.value.size]).toEqual([false, 5]);
  });

  // Budgets that count: what a thousand steps cost the page, however fast the machine is.
  test("a thousand steps are some forty elements near, and none far away", () => {
    const { editor, mounting, settle } = opened(many(1000));
    editor.view.viewport.set({ x: 0, y: 0, zoom: 0.8 });
    settle();
    expect(mounting.ids.value.size).toBeLessThanOrEqual(60);
    editor.view.viewport.set({ x: 0, y: 0, zoom: 0.05 });
    settle();
    expect(mounting.ids.value.size).toBe(0);
  });

  test("a view that moves tells React only of steps that come or go", () => {
    const { editor, mounting, settle } = opened(many(1000));
    settle();
    let told = 0;
    mounting.ids.on(() => (told += 1));
    const moved = (from: number, to: number) => {
      for (let x = from; x < to; x += 1) editor.view.viewport.set({ x: -x, y: 0, zoom: 1 });
      settle();
    };
    moved(1, 60);
    expect(told).toBeLessThanOrEqual(1);
    moved(60, 1200);
    expect(told).toBeLessThanOrEqual(12);
  });

  test("follows the graph", () => {
    const { editor, mounting, settle } = opened();
    editor.attach(chainDoc());
    editor.edit((doc) => ops.remove(doc, ["b"]));
    settle();
    expect(mounting.ids.value.has("b")).toBe(false);
  });
});

describe("what React Flow gets", () => {
  test("is the same object as long as nothing changed", () => {
    const { editor } = opened();
    editor.attach(chainDoc());
    const nodes = new FlowNodes(editor);
    const ids = new Set(["a", "b", "gone"]);
    const [a, b] = nodes.of(ids, null);
    editor.edit((doc) => ops.move(doc, new Map([["b", [700, 0]]])));
    const [sameA, otherB] = nodes.of(ids, null);
    expect([sameA === a, otherB === b, otherB?.position]).toEqual([true, false, { x: 700, y: 0 }]);
    expect(a?.handles?.map(({ x, y }) => [x, y])).toEqual([[0, 58], [236, 58]]);
    const [dragged] = nodes.of(ids, { ids: new Set(["a"]), offset: [5, 6] });
    expect([dragged?.position, dragged?.dragging]).toEqual([{ x: 315, y: 6 }, true]);
    expect(nodes.of(ids, null)[0]?.dragging).toBe(false);
  });

  test("holds notes, and points for ports that are gone", () => {
    const { editor } = opened();
    const doc = editor.attach(chainDoc());
    ops.connect(doc, edge("a", "c", "lost"));
    ops.addNote(doc, { id: "memo", text: "", colour: "red", position: [0, 0], size: [10, 20] });
    const [a, memo] = new FlowNodes(editor).of(new Set(["a", "memo"]), null);
    expect(a?.handles?.map((handle) => handle.id)).toEqual(["in", "out", "lost"]);
    expect([memo?.type, memo?.width]).toEqual(["note", 10]);
  });

  test("frames lie under all, the outer ones lowest, and let the pointer through", () => {
    const editor = new Editor(boot({ snapshot: NESTED }));
    const found = new FlowNodes(editor).of(new Set(["each", "inner", "y"]), null);
    expect(found.map(({ type, zIndex, width }) => [type, zIndex, width])).toEqual([
      ["frame", -9, 710],
      ["frame", -8, 320],
      ["step", 1, 236],
    ]);
    expect([found[0]?.style?.pointerEvents, found[0]?.dragHandle]).toEqual(["none", ".frame-head"]);
    expect(found[0]?.handles?.map(({ x }) => x)).toEqual([0, 710]);
  });

  test("a frame is another object once what lies in it moved", () => {
    const editor = new Editor(boot({ snapshot: NESTED }));
    editor.attach(docOf(NESTED));
    const nodes = new FlowNodes(editor);
    const [before] = nodes.of(new Set(["each"]), null);
    editor.edit((doc) => ops.move(doc, new Map([["y", [900, 176] as const]])));
    const [after] = nodes.of(new Set(["each"]), null);
    expect([before?.width, after?.width]).toEqual([710, 910]);
  });

  test("edges are those with both ends", () => {
    const { editor } = opened();
    const edges = new FlowEdges(editor);
    const [first] = edges.of(new Set(["start", "a"]));
    expect(first?.id).toBe("start:out>a:in");
    expect(edges.of(new Set(["start", "a", "c"]))[0]).toBe(first);
  });
});

describe("edges", () => {
  test("run from port to port, with a drag's offset", () => {
    const { editor } = opened();
    const ab = editor.store.edges.get("a:out>b:in");
    if (!ab) throw new Error("no edge");
    expect(curveOf(editor.store, ab)).toEqual([546, 58, 583, 583, 620, 58]);
    expect(curveOf(editor.store, ab, (id) => (id === "b" ? [0, 10] : [0, 0]))?.[5]).toBe(68);
    expect(curveOf(editor.store, { ...ab, source: "gone" })).toBeNull();
  });

  test("that lead back bow outwards", () => {
    const [, , first, second] = curve(100, 0, 0, 0);
    expect([first, second]).toEqual([162.5, -62.5]);
    expect(around(curve(100, 0, 0, 50))).toEqual({ x: -62.5, y: 0, width: 225, height: 50 });
  });

  test("are found by what is dropped on them", () => {
    const { editor } = opened();
    expect(edgeAt(editor.store, [583, 60], 24)).toBe("a:out>b:in");
    expect(edgeAt(editor.store, [583, 300], 24)).toBeNull();
    expect(distance(curve(0, 0, 100, 0), [50, 7])).toBeCloseTo(7);
  });

  test("look like what the run did at their ends", () => {
    const { editor } = opened();
    const { overlay, store } = editor;
    const look = (id = "a:out>b:in") => {
      const found = store.edges.get(id);
      return found && edgeLook(found, overlay);
    };
    expect(look()).toBe("idle");
    overlay.set("a", { status: "succeeded" });
    expect(look()).toBe("idle");
    for (const [status, wanted] of [["running", "running"], ["retrying", "running"], ["succeeded", "done"], ["skipped", "untaken"], ["queued", "idle"]] as const) {
      overlay.set("b", { status });
      expect(look()).toBe(wanted);
    }
    overlay.set("a", { port: "other" });
    expect(look()).toBe("untaken");
    overlay.set("a", { status: "skipped" });
    expect(look()).toBe("untaken");
    overlay.set("a", { status: "failed" });
    const ab = store.edges.get("a:out>b:in");
    expect(ab && edgeLook({ ...ab, source_port: "error" }, overlay)).toBe("failed");
  });

  test("to an undo step look so until something is taken back", () => {
    const { editor } = opened();
    const undo = { ...edge("a", "b", "undo"), id: "a:undo>b:in", when: null, label: "" };
    const look = () => edgeLook(undo, editor.overlay);
    editor.overlay.set("a", { status: "succeeded" });
    expect(look()).toBe("undo");
    for (const [status, wanted] of [["running", "running"], ["succeeded", "done"], ["failed", "failed"], ["skipped", "undo"]] as const) {
      editor.overlay.set("b", { status });
      expect(look()).toBe(wanted);
    }
  });

  test("a painted box says how its step stands", () => {
    const { editor } = opened();
    editor.overlay.set("a", { status: "failed" });
    editor.overlay.set("b", { status: "skipped" });
    expect(["a", "b", "c"].map((id) => softOf(editor.overlay.get(id)))).toEqual(["bad-soft", null, null]);
  });
});

describe("bringing into view", () => {
  const size = { width: 1000, height: 600 };
  const box = (x: number, y: number) => ({ x, y, width: 236, height: 98 });
  const at = { x: 0, y: 0, zoom: 1 };

  test("moves nothing that is seen", () => expect(revealing(at, size, box(100, 100), true)).toBeNull());

  test("moves no further than needed", () => {
    expect(revealing(at, size, box(900, 100), false)).toEqual({ x: -176, y: 0, zoom: 1 });
    expect(revealing(at, size, box(-100, -50), false)).toEqual({ x: 140, y: 90, zoom: 1 });
  });

  test("or to the middle, large enough to read", () => {
    const found = revealing({ ...at, zoom: 0.1 }, size, box(20_000, 0), true);
    expect(found?.zoom).toBe(0.6);
  });
});

test("the band of a painted step's kind is seen from however far", () => {
  expect([1, 0.5, 0.1, 0.05].map((zoom) => Math.round(bandOf(zoom) * zoom))).toEqual([6, 3, 3, 3]);
});

test("a painted note has its own colour, and a group the quiet one", () => {
  expect([{ colour: "purple" }, { colour: "grey" }, { colour: "blue", group: true }, undefined].map(groundOf)).toEqual([
    "wait-soft", "sunken", "sunken", "sunken",
  ]);
});

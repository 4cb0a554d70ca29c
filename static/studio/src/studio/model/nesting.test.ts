// Steps that hold others: their frames, what may lie where, and moving in and out.

import { beforeEach, describe, expect, test } from "vitest";
import * as actions from "./actions";
import { Editor } from "./editor";
import { topological, whyNot } from "./graph";
import { encloses, touches } from "./grid";
import { bindings } from "./keys";
import { arranged } from "./layout";
import { drop, moveBy, moveInto } from "./moves";
import { around, frameAt, nested, thingAt, whyNotInside, withInner } from "./nesting";
import * as ops from "./ops";
import { boot, docOf, edge, NESTED, step } from "./samples";

let editor: Editor;
beforeEach(() => {
  editor = new Editor(boot({ snapshot: NESTED }));
  editor.attach(docOf(NESTED));
});

const box = (id: string) => {
  const found = editor.store.boxOf(id);
  if (!found) throw new Error(`no box of ${id}`);
  return found;
};
const parents = () => Object.fromEntries([...editor.store.nodes.values()].map(({ id, parent }) => [id, parent]));
const edges = () => [...editor.store.edges.keys()].sort();

describe("frames", () => {
  test("enclose what lies in them, with room for head and ports", () => {
    expect(box("inner")).toEqual({ x: 660, y: 88, width: 320, height: 222 });
    expect(box("each")).toEqual({ x: 310, y: 0, width: 710, height: 346 });
    expect(encloses(box("each"), box("inner"))).toBe(true);
  });

  test("have a least size while nothing lies in them", () => {
    expect(box("empty")).toEqual({ x: 310, y: 600, width: 320, height: 184 });
  });

  test("follow what lies in them, through all that lie around", () => {
    moveBy(editor, ["y"], [200, 100]);
    expect(box("inner")).toEqual({ x: 860, y: 188, width: 320, height: 222 });
    expect(box("each").width).toBe(910);
  });

  test("are moved with all that lies in them", () => {
    const before = ["x", "inner", "y"].map((id) => box(id).x);
    moveBy(editor, ["each", "x"], [50, 0]);
    expect(["x", "inner", "y"].map((id) => box(id).x)).toEqual(before.map((x) => x + 50));
    editor.undo();
    expect(box("y").x).toBe(700);
  });

  test("are found at a point, the innermost first; what lies on them is seen before", () => {
    expect(frameAt(editor.store, [900, 280])).toBe("inner");
    expect(frameAt(editor.store, [900, 280], new Set(["inner"]))).toBe("each");
    expect(frameAt(editor.store, [5, 5])).toBeUndefined();
    expect([thingAt(editor.store, [720, 200]), thingAt(editor.store, [900, 300]), thingAt(editor.store, [-9, -9])]).toEqual([
      "y",
      "inner",
      null,
    ]);
  });

  test("of two loops that two people put into each other lie in none", () => {
    editor.edit((doc) => ops.putInto(doc, ["each"], "inner"));
    expect([editor.store.holderOf("each"), editor.store.holderOf("inner")]).toEqual([undefined, undefined]);
    expect(around(editor.store, "y")).toEqual(["inner"]);
  });

  test("that are gone leave what lay in them where it is", () => {
    editor.edit((doc) => doc.nodes.delete("inner"));
    expect([editor.store.holderOf("y"), box("y").x]).toEqual([undefined, 700]);
  });
});

describe("what may lie where", () => {
  test("start and answer stay outside", () => {
    expect(whyNotInside(editor.store, ["start"], "empty")).toContain("cannot lie in");
    expect(whyNotInside(editor.store, ["after"], "x")).toContain("No steps can lie");
    expect(whyNotInside(editor.store, ["each"], "inner")).toContain("in itself");
    expect(whyNotInside(editor.store, ["start"], undefined)).toBeNull();
  });

  test("no deeper than three", () => {
    moveInto(editor, ["empty"], "inner");
    expect(around(editor.store, "empty")).toEqual(["inner", "each"]);
    moveInto(editor, ["after"], "empty");
    expect(around(editor.store, "after")).toEqual(["empty", "inner", "each"]);
    editor.edit((doc) => ops.addStep(doc, step("fourth", "flow.loop")));
    editor.edit((doc) => ops.addStep(doc, step("deep", "data.transform", { parent: "fourth" })));
    expect(whyNotInside(editor.store, ["fourth"], "empty")).toContain("3 deep");
    expect(whyNotInside(editor.store, ["deep"], "empty")).toBeNull();
  });

  test("no connection crosses a border, and each refusal has its words", () => {
    expect(whyNot(editor.store, edge("start", "x"))).toContain("leads into or out of");
    expect(whyNot(editor.store, edge("each", "x"))).toContain("begins and ends by itself");
    expect(whyNot(editor.store, edge("x", "after"))).toContain("leads into or out of");
    expect(whyNot(editor.store, edge("start", "after"))).toBeNull();
  });

  test("an undo step has one purpose, for one step", () => {
    editor.edit((doc) => ops.setMeta(doc, "each", "undo", true));
    expect(whyNot(editor.store, edge("each", "after", "undo"))).toContain("Use a step of its own");
    expect(whyNot(editor.store, edge("each", "empty", "undo"))).toBeNull();
    editor.edit((doc) => ops.connect(doc, edge("each", "empty", "undo")));
    expect(whyNot(editor.store, edge("start", "empty"))).toContain("takes another step back");
    editor.edit((doc) => ops.addStep(doc, step("other")));
    expect(whyNot(editor.store, edge("each", "other", "undo"))).toContain("has an undo step already");
    expect(whyNot(editor.store, edge("each", "other", "undo"), "each:undo>empty:in")).toBeNull();
    expect(actions.openOutput(editor, "each")?.port).toBe("out");
  });
});

describe("dropping", () => {
  const held = (id: string) => withInner(editor.store, [id]);

  test("into a frame puts a step inside and cuts what would cross, as one step of undo", () => {
    drop(editor, held("after"), [-700, 700], [400, 700], "after");
    expect(parents()["after"]).toBe("empty");
    expect(edges()).toEqual(["start:out>each:in", "x:out>inner:in"]);
    expect(editor.toast.value?.text).toContain("1 connection across its border was removed");
    editor.undo();
    expect(parents()["after"]).toBeUndefined();
    expect([edges().includes("each:out>after:in"), box("after").x]).toEqual([true, 1100]);
  });

  test("out of a frame takes it out; the frame stays where it was seen", () => {
    drop(editor, held("y"), [0, 500], [750, 700], "y");
    expect(parents()["y"]).toBeUndefined();
    expect([box("inner").x, box("inner").y]).toEqual([660, 88]);
  });

  test("inside its own frame only moves, however far it reaches out", () => {
    drop(editor, held("x"), [-30, 0], [400, 150], "x");
    expect([parents()["x"], box("x").x, edges().length]).toEqual(["each", 320, 3]);
  });

  test("of a frame with all inside keeps the connections inside", () => {
    drop(editor, held("inner"), [0, 600], [700, 900], "inner");
    expect([parents()["inner"], parents()["y"]]).toEqual([undefined, "inner"]);
    expect(edges()).toEqual(["each:out>after:in", "start:out>each:in"]);
  });

  test("where nothing may lie is refused with words, and nothing moves", () => {
    drop(editor, held("start"), [400, 650], [400, 700], "start");
    expect([editor.toast.value?.kind, box("start").x]).toEqual(["bad", 0]);
  });
});

describe("moving without a pointer", () => {
  test("into a loop finds a free place, and what stands beside makes room", () => {
    moveInto(editor, ["empty"], "each");
    expect(parents()["empty"]).toBe("each");
    expect(touches(box("empty"), box("inner"))).toBe(false);
    expect(touches(box("each"), box("after"))).toBe(false);
    editor.undo();
    expect([parents()["empty"], box("after").x]).toEqual([undefined, 1100]);
  });

  test("out of all loops goes beside the outermost", () => {
    moveInto(editor, ["y"], undefined);
    expect(parents()["y"]).toBeUndefined();
    expect(touches(box("y"), box("each"))).toBe(false);
  });

  test("is asked for by a key, for all that is selected", () => {
    const key = (name: string) =>
      bindings({ layout: () => Promise.resolve([]) })
        .find((each) => each.keys === name)
        ?.run(editor, { key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false });
    editor.selection.set(["x", "inner"]);
    editor.selection.setFocus("x");
    key("M");
    expect(editor.panels.mover.value).toEqual(["x", "inner"]);
    editor.selection.setFocus("each");
    key("Ctrl+ArrowDown");
    expect(editor.selection.focus).toBe("x");
    key("Ctrl+ArrowUp");
    expect(editor.selection.focus).toBe("each");
    editor.selection.setFocus("empty");
    key("Ctrl+ArrowDown");
    expect(editor.selection.focus).toBe("empty");
  });
});

describe("adding", () => {
  const add = (type: string, request: Parameters<typeof actions.addStep>[2] = {}) => {
    const id = actions.addStep(editor, type, request);
    return editor.store.nodes.get(id)?.parent;
  };

  test("beside the selected step, inside the selected loop", () => {
    editor.selection.set(["x"]);
    expect(add("data.transform")).toBe("each");
    editor.selection.set(["empty"]);
    expect(add("data.transform")).toBe("empty");
    editor.selection.set(["after"]);
    expect(add("data.transform")).toBeUndefined();
  });

  test("with what it hangs on, and where it is put", () => {
    const from = { node: "y", port: "out", side: "source", kind: "any" } as const;
    expect(add("data.transform", { from })).toBe("inner");
    expect(add("data.transform", { edge: "x:out>inner:in" })).toBe("each");
    expect(add("data.transform", { at: [400, 700] })).toBe("empty");
    expect(add("data.transform", { from: { ...from, node: "each" } })).toBeUndefined();
    expect(add("data.transform", { into: "empty" })).toBe("empty");
  });

  test("what cannot lie inside goes outside", () => {
    editor.selection.set(["empty"]);
    expect(add("core.start")).toBeUndefined();
  });

  test("a loop brings the limit that it cannot be without", () => {
    expect(editor.newStep("flow.loop", [0, 0]).config).toEqual({ max_rounds: 10 });
  });

  test("several grow the frame, and nothing lies on anything", () => {
    for (let count = 0; count < 4; count += 1) actions.addStep(editor, "data.transform", { into: "inner" });
    const inner = editor.store.insideOf("inner");
    for (const one of inner)
      for (const other of inner) expect(one === other || !touches(box(one), box(other))).toBe(true);
    expect(touches(box("each"), box("after"))).toBe(false);
  });
});

describe("deleting and copying", () => {
  test("a loop goes with what lies in it, and comes back with it", () => {
    editor.selection.set(["each"]);
    actions.deleteSelection(editor);
    expect([...editor.store.nodes.keys()].sort()).toEqual(["after", "empty", "start"]);
    expect(editor.announcer.polite.value).toContain("3 steps inside");
    editor.undo();
    expect([parents()["y"], edges().length]).toEqual(["inner", 3]);
  });

  test("the last step inside leaves the frame where it was", () => {
    editor.edit((doc) => ops.move(doc, new Map([["inner", [0, 0] as const]])));
    editor.selection.set(["y"]);
    actions.deleteSelection(editor);
    expect([box("inner").x, box("inner").y]).toEqual([660, 88]);
  });

  test("copies of a loop hold copies of what lies in it", () => {
    editor.selection.set(["each"]);
    actions.duplicateSelection(editor);
    const copy = [...editor.selection.ids].find((id) => editor.store.nodes.get(id)?.type === "flow.each") ?? "";
    expect([...withInner(editor.store, [copy])].length).toBe(4);
    expect(editor.store.edges.size).toBe(4);
  });

  test("a copy of what lies in a loop lies in the same, and pasted over another one in that", () => {
    editor.selection.set(["x"]);
    actions.duplicateSelection(editor);
    expect(editor.store.nodes.get([...editor.selection.ids][0] ?? "")?.parent).toBe("each");
    editor.selection.set(["x"]);
    const text = actions.copySelection(editor) ?? "";
    expect(text).not.toContain("parent");
    actions.pasteText(editor, text, [400, 700]);
    expect(editor.store.nodes.get([...editor.selection.ids][0] ?? "")?.parent).toBe("empty");
  });
});

test("the outline is a tree with numbers", () => {
  const tree = nested(editor.store, topological(editor.store));
  const numbers = (rows: typeof tree): string[] => rows.flatMap((row) => [`${row.number} ${row.id}`, ...numbers([...row.inner])]);
  expect(numbers(tree)).toEqual(["1 start", "2 each", "2.1 x", "2.2 inner", "2.2.1 y", "3 after", "4 empty"]);
});

test("laying out keeps each step in its frame and frames apart", async () => {
  editor.selection.set([]);
  moveBy(editor, ["x"], [300, 40]);
  await actions.arrange(editor, (task) => Promise.resolve(arranged(task)));
  expect(encloses(box("each"), box("inner")) && encloses(box("inner"), box("y"))).toBe(true);
  expect(touches(box("x"), box("inner"))).toBe(false);
  expect(["start", "after", "empty"].some((id) => touches(box(id), box("each")))).toBe(false);
});

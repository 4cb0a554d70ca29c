// Aligning, distributing, and being pulled to lines.

import { expect, test } from "vitest";
import { align, distribute, pulled } from "./aligning";
import { Editor } from "./editor";
import { boot } from "./samples";
import { WIDTH } from "./ports";
import * as Y from "yjs";
import { StudioDoc } from "./ydoc";
import * as ops from "./ops";

function editor(): Editor {
  const made = new Editor(boot());
  const ydoc = new Y.Doc();
  const doc = new StudioDoc(made.types, ydoc);
  for (const node of boot().snapshot.nodes) ops.addStep(doc, made.store.nodes.get(node.id)!);
  made.attach(doc);
  return made;
}
const placeOf = (made: Editor, id: string) => made.store.nodes.get(id)?.position;

test("what is selected stands in one line, as one step of undo", () => {
  const made = editor();
  made.selection.set(["a", "b", "c"]);
  align(made, "left");
  expect(["a", "b", "c"].map((id) => placeOf(made, id)?.[0])).toEqual([310, 310, 310]);
  made.undo();
  expect(placeOf(made, "b")).toEqual([620, 0]);
  align(made, "right");
  expect(["a", "b", "c"].map((id) => placeOf(made, id)?.[0])).toEqual([620, 620, 620]);
  align(made, "bottom");
  expect(new Set(["a", "b", "c"].map((id) => placeOf(made, id)?.[1])).size).toBe(1);
});

test("the same room lies between all, and the outer ones stay", () => {
  const made = editor();
  made.selection.set(["start", "a", "b"]);
  ops.move(made.doc!, new Map([["a", [250, 0]]]));
  distribute(made, "across");
  expect(placeOf(made, "start")).toEqual([0, 0]);
  expect(placeOf(made, "a")).toEqual([310, 0]);
  expect(placeOf(made, "b")).toEqual([620, 0]);
});

test("one alone has nothing to stand with", () => {
  const made = editor();
  made.selection.set(["a"]);
  align(made, "top");
  distribute(made, "down");
  expect(made.undoState.value.undo).toBe(false);
});

test("a dragged box is pulled to the lines near it, and no further", () => {
  const { store } = editor();
  const seen = { x: -1000, y: -1000, width: 4000, height: 4000 };
  const box = (x: number, y: number) => ({ x, y, width: WIDTH, height: 98 });
  const near = pulled(store, box(314, 500), new Set(["b"]), seen, 1);
  expect(near.at).toEqual([310, 500]);
  expect(near.guides.x).toBe(310);
  expect(pulled(store, box(330, 500), new Set(["b"]), seen, 1).guides).toEqual({ x: null, y: null });
  // What looks near from afar is near.
  expect(pulled(store, box(330, 500), new Set(["b"]), seen, 0.2).at[0]).toBe(310);
});

// Groups: who stands on one, and that they go together.

import { beforeEach, expect, test } from "vitest";
import * as actions from "./actions";
import { copied, pasteable } from "./clipboard";
import { Editor } from "./editor";
import { groupSelection, membersOf, withMembers } from "./groups";
import { arranged } from "./layout";
import { moveBy } from "./moves";
import * as ops from "./ops";
import { boot, chainDoc } from "./samples";

let editor: Editor;
beforeEach(() => {
  editor = new Editor(boot());
  editor.attach(chainDoc());
});

function grouped(...ids: string[]): string {
  editor.selection.set(ids);
  return groupSelection(editor) ?? "";
}

test("a group lies around what was selected, and is named at once", () => {
  const id = grouped("a", "b");
  expect(membersOf(editor.store, id).sort()).toEqual(["a", "b"]);
  expect(editor.panels.renaming.value).toBe(id);
  editor.undo();
  expect(editor.store.notes.has(id)).toBe(false);
});

test("what stands on it goes with it; what lies across its border stays", () => {
  const id = grouped("a", "b");
  const before = editor.store.nodes.get("c")?.position;
  ops.move(editor.doc!, new Map([["c", [300, 30]]])); // half outside
  moveBy(editor, withMembers(editor.store, [id]), [50, 60]);
  expect(editor.store.nodes.get("b")?.position).toEqual([670, 60]);
  expect(editor.store.nodes.get("c")?.position).not.toEqual(before);
  expect(membersOf(editor.store, id).sort()).toContain("a");
});

test("deleting it keeps what stands on it", () => {
  const id = grouped("a", "b");
  editor.selection.set([id]);
  actions.deleteSelection(editor);
  expect(editor.store.nodes.size).toBe(4);
});

test("laying out moves it with its steps", async () => {
  const id = grouped("a", "b");
  ops.move(editor.doc!, new Map([["a", [310, 20]]]));
  editor.selection.set([]);
  await actions.arrange(editor, (task) => Promise.resolve(arranged(task)));
  expect(membersOf(editor.store, id)).toEqual(expect.arrayContaining(["a", "b"]));
  editor.undo(); // one step takes all of it back
  expect(editor.store.nodes.get("a")?.position).toEqual([310, 20]);
});

test("a copy is a group again, and no group of a group is lost", () => {
  const id = grouped("a", "b");
  const { notes } = pasteable(copied(editor.store, [id]), editor.types);
  expect(notes[0]).toMatchObject({ group: true, text: "Group" });
});

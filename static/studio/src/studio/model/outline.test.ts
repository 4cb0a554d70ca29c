import { expect, test } from "vitest";
import { Editor } from "./editor";
import { topological } from "./graph";
import { nested } from "./nesting";
import * as ops from "./ops";
import { rowsOf, stepped } from "./outline";
import { boot, chainDoc, step } from "./samples";

function opened(): Editor {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  editor.edit((doc) => {
    ops.addStep(doc, step("each", "flow.each", { position: [0, 900] }));
    ops.addStep(doc, step("inner", "ai.generate", { parent: "each", title: "Write", position: [40, 980] }));
    ops.addStep(doc, step("loop", "flow.loop", { position: [0, 1400] }));
  });
  return editor;
}

const rows = (editor: Editor, query = "") => rowsOf(editor, nested(editor.store, topological(editor.store)), query);

test("what lies in a step stands below it, a level further in", () => {
  const found = rows(opened());
  expect(found.map(({ id, level, empty }) => [id, level, empty])).toEqual([
    ["start", 1, false],
    ["a", 1, false],
    ["b", 1, false],
    ["c", 1, false],
    ["each", 1, false],
    ["inner", 2, false],
    ["loop", 1, true],
  ]);
});

test("a filter looks at names, types and problems", () => {
  const editor = opened();
  editor.problems.set([{ code: "x", message: "No route yet", fix: "", node: "b", field: "", severity: "error" }]);
  expect(rows(editor, "write").map(({ id }) => id)).toEqual(["inner"]);
  expect(rows(editor, "flow").map(({ id }) => id)).toEqual(["each", "loop"]);
  expect(rows(editor, "route no").map(({ id }) => id)).toEqual(["b"]);
  expect(rows(editor, "nothing of the kind")).toEqual([]);
});

test("keys go through the rows, into steps and out of them, and never past the ends", () => {
  const all = rows(opened());
  const each = all.findIndex(({ id }) => id === "each");
  expect([stepped(all, 0, "ArrowUp"), stepped(all, 0, "ArrowDown"), stepped(all, 2, "Home")]).toEqual([0, 1, 0]);
  expect([stepped(all, 0, "End"), stepped(all, 5, "PageDown")]).toEqual([all.length - 1, all.length - 1]);
  expect([stepped(all, each, "ArrowRight"), stepped(all, each + 1, "ArrowLeft")]).toEqual([each + 1, each]);
  expect([stepped(all, 0, "ArrowRight"), stepped(all, 0, "ArrowLeft")]).toEqual([0, 0]);
  expect([stepped(all, 0, "x"), stepped([], 0, "Home")]).toEqual([null, null]);
});

// @vitest-environment jsdom
// The menu of the canvas: of one step all that it can, of several what all of them can.

import { act } from "react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mounted } from "../inspector/mounted";
import { Editor } from "../model/editor";
import { bindings } from "../model/keys";
import * as ops from "../model/ops";
import { boot, chainDoc } from "../model/samples";
import { CanvasMenu } from "./CanvasMenu";

const OF_ONE = ["Open settings", "Rename", "Add a step after", "Replace with…", "Connect with…"];

let editor: Editor;
let leave: () => Promise<void>;

beforeEach(async () => {
  editor = new Editor(boot());
  editor.attach(chainDoc());
  ({ leave } = await mounted(editor, <CanvasMenu />));
});
afterEach(() => leave());

/** Open the menu of a step and return its entries. */
async function entries(node: string): Promise<string[]> {
  await act(async () => editor.panels.menu.set({ screen: [0, 0], node }));
  return [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')].map((each) => each.querySelector("span")?.textContent ?? each.textContent ?? "");
}

test("one step offers what one step can", async () => {
  editor.selection.set(["b"]);
  expect(await entries("b")).toEqual(expect.arrayContaining([...OF_ONE, "Switch off", "Duplicate", "Delete"]));
});

test("several steps offer only what all of them can", async () => {
  editor.selection.set(["a", "b"]);
  const offered = await entries("b");
  expect(offered).toEqual(expect.arrayContaining(["Copy", "Duplicate", "Group", "Switch off", "Delete"]));
  expect(offered.filter((each) => [...OF_ONE, "Delete and reconnect"].includes(each))).toEqual([]);
  expect(document.querySelector('[role="menu"]')?.getAttribute("aria-label")).toBe("2 selected");
});

test("steps and a note are not switched off together", async () => {
  editor.gesture((doc) => ops.addNote(doc, { id: "n", text: "Why", colour: "grey", position: [0, 0], size: [100, 100] }));
  editor.selection.set(["a", "n"]);
  const offered = await entries("n");
  expect(offered).toEqual(expect.arrayContaining(["Duplicate", "Delete"]));
  expect(offered.filter((each) => ["Switch off", "Write", "Rename"].includes(each))).toEqual([]);
});

test("a step beside the selection has its own menu, and is selected by the keyboard's", async () => {
  editor.selection.set(["a", "b"]);
  expect(await entries("c")).toContain("Rename");
  const open = bindings({ layout: async () => ({}) as never }).find(({ keys }) => keys === "Shift+F10");
  editor.selection.setFocus("c");
  await act(async () => open?.run(editor, {} as never));
  expect([...editor.selection.ids]).toEqual(["c"]);
});

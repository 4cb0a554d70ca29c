// @vitest-environment jsdom
// All that the canvas shows and can do, in words: steps, groups and notes, several at once.

import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import { EditorProvider } from "../model/hooks";
import * as ops from "../model/ops";
import { boot, chainDoc } from "../model/samples";
import { Outline } from "./Outline";

let editor: Editor;
let root: Root;
let element: HTMLElement;

beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  // jsdom lays nothing out; what is not seen is not drawn.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(2000);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(400);
  HTMLElement.prototype.scrollTo = () => undefined;
  editor = new Editor(boot());
  editor.attach(chainDoc());
  editor.edit((doc) => {
    ops.addNote(doc, { id: "memo", text: "## Read me\n\nfirst", colour: "blue", position: [0, 900], size: [240, 160] });
    ops.addNote(doc, { id: "frame", text: "Work", colour: "grey", position: [300, -60], size: [600, 500], group: true });
  });
  element = document.body.appendChild(document.createElement("div"));
  root = createRoot(element);
  await act(async () => root.render(<EditorProvider value={editor}><Outline /></EditorProvider>));
});

afterEach(async () => {
  await act(async () => root.unmount());
  element.remove();
  vi.restoreAllMocks();
});

const one = <T extends HTMLElement>(found: string) => element.querySelector<T>(found)!;
const step = (id: string) => one(`#outline-${id}`);
const press = (key: string, more: KeyboardEventInit = {}) =>
  act(async () => {
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  });
const at = (id: string) => act(async () => step(id).focus());
const click = (target: HTMLElement) => act(async () => target.click());
const choose = async (label: string) => {
  const items = [...document.querySelectorAll<HTMLElement>("[role=menuitem]")];
  await click(items.find(({ textContent }) => textContent?.startsWith(label))!);
};
const chosen = () => [...editor.selection.ids].sort();

test("groups and notes have rows below the steps, with what stands on them", () => {
  const rows = [...element.querySelectorAll<HTMLElement>("[role=row]")];
  expect(rows.map(({ dataset }) => dataset.nodeId)).toEqual(["start", "a", "b", "c", "frame", "memo"]);
  expect(rows[4]?.textContent).toContain("Group · 3 things");
  expect(rows[4]?.textContent).toContain("with ");
  expect(rows[5]?.textContent).toContain("Read me");
  expect(one("[data-testid=outline-count]").textContent).toBe("4 steps, 1 group, 1 note");
});

test("a tick selects beside what is selected, and the grid says so", async () => {
  expect(one("[role=treegrid]").getAttribute("aria-multiselectable")).toBe("true");
  await click(one("[aria-label='Select transform']"));
  await click(one("[aria-label='Select Note: Read me']"));
  expect(chosen()).toEqual(["a", "memo"]);
  expect(editor.panels.inspector.value).toBe(false); // it would lie over the rows
  const selected = [...element.querySelectorAll<HTMLElement>("[aria-selected=true]")];
  expect(selected.map(({ dataset }) => dataset.nodeId)).toEqual(["a", "memo"]);
  expect(one("[data-testid=outline-selected]").textContent).toContain("2 selected");
});

test("Space selects, Shift and an arrow take more and give them up again, Ctrl+A takes all", async () => {
  await at("a");
  await press(" ");
  expect(chosen()).toEqual(["a"]);
  await press("ArrowDown", { shiftKey: true });
  await press("ArrowDown", { shiftKey: true });
  expect(chosen()).toEqual(["a", "b", "c"]);
  expect(document.activeElement?.id).toBe("outline-c");
  await press("ArrowUp", { shiftKey: true });
  expect(chosen()).toEqual(["a", "b"]);
  await press("ArrowDown");
  expect(chosen()).toEqual(["a", "b"]);
  await press("a", { ctrlKey: true });
  expect(editor.selection.ids.size).toBe(6);
});

test("the menu of one among several is about them all: in line, and grouped", async () => {
  await at("a");
  await press(" ");
  await press("ArrowDown", { shiftKey: true });
  await press("ArrowDown", { shiftKey: true });
  await click(one("[aria-label='More about transform']"));
  await choose("Align at the left");
  expect(["a", "b", "c"].map((id) => editor.store.boxOf(id)?.x)).toEqual([310, 310, 310]);
  await click(one("[aria-label='More about transform']"));
  await choose("Group");
  const groups = [...editor.store.notes.values()].filter(({ group }) => group);
  expect(groups).toHaveLength(2);
  expect(editor.panels.renaming.value).toBeNull();
});

test("copy and paste go through the clipboard, by key and by menu", async () => {
  const texts: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => texts.push(text), readText: async () => texts[0] } });
  await click(one("[aria-label='Select transform']"));
  await click(one("[aria-label='More about transform']"));
  await choose("Copy");
  expect(texts[0]).toContain('"a"');
  await click(one("[data-testid=outline-paste]"));
  expect(editor.store.nodes.size).toBe(5);
  await at("a");
  const event = Object.assign(new Event("paste", { bubbles: true, cancelable: true }), { clipboardData: { getData: () => texts[0] } });
  await act(async () => document.activeElement?.dispatchEvent(event));
  expect(editor.store.nodes.size).toBe(6);
  vi.unstubAllGlobals();
});

test("Delete takes all that is selected, and the keyboard stays in the list", async () => {
  await at("b");
  await press(" ");
  await press("ArrowDown", { shiftKey: true });
  await press("Delete");
  expect([...editor.store.nodes.keys()]).toEqual(["start", "a"]);
  expect(document.activeElement?.className).toBe("outline-step");
});

test("a note is written in its settings, where there is no canvas to write on", async () => {
  await click(one("[data-testid=outline-add-note]"));
  expect(editor.panels.renaming.value).toBeNull();
  expect(editor.store.notes.has(editor.selection.single ?? "")).toBe(true);
  expect(editor.panels.inspector.value).toBe(true);
});

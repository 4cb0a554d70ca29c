import { beforeEach, describe, expect, test, vi } from "vitest";
import { Editor } from "./editor";
import { bindings, nameOf, neighbour, screenOf, type Press } from "./keys";
import { boot, CHAIN, chainDoc } from "./samples";
import type { Camera } from "./view";

const KEYS = bindings({ layout: () => Promise.resolve([["a", [1, 2]]]) });
const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

let editor: Editor;
let camera: Camera;
beforeEach(() => {
  editor = new Editor(boot());
  editor.attach(chainDoc());
  camera = { reveal: vi.fn(), shift: vi.fn(), follow: vi.fn(), fit: vi.fn(), zoomTo: vi.fn(), centre: () => [0, 0], focus: vi.fn() };
  editor.view.camera = camera;
});

function type(...names: string[]): void {
  for (const name of names) {
    const binding = KEYS.find((each) => each.keys === name);
    if (!binding) throw new Error(`No binding for ${name}`);
    binding.run(editor, press(name));
  }
}

test.each([
  [press("a"), "A"],
  [press(" "), "Space"],
  [press("z", { metaKey: true }), "Ctrl+Z"],
  [press("Z", { ctrlKey: true, shiftKey: true }), "Ctrl+Shift+Z"],
  [press("?", { shiftKey: true }), "?"],
  [press("ArrowUp", { altKey: true, shiftKey: true }), "Alt+Shift+ArrowUp"],
])("%o is %s", (given, name) => expect(nameOf(given)).toBe(name));

test("no key is bound twice", () => {
  expect(new Set(KEYS.map((each) => each.keys)).size).toBe(KEYS.length);
});

describe("walking", () => {
  test("begins at the start and follows the connections", () => {
    type("ArrowRight");
    expect(editor.selection.focus).toBe("start");
    type("ArrowRight");
    expect(editor.selection.focus).toBe("a");
    type("ArrowDown");
    expect(editor.selection.focus).toBe("c");
    type("ArrowUp", "ArrowRight", "ArrowRight");
    expect(editor.selection.focus).toBe("b");
    type("ArrowLeft", "Home");
    expect(editor.selection.focus).toBe("start");
  });

  test("among steps without relatives goes by place", () => {
    expect(neighbour(editor.store, "start", "down")).toBe("c");
    expect(neighbour(editor.store, "start", "up")).toBeNull();
  });

  test("where there is no start begins at the first step", () => {
    const bare = new Editor(boot({ snapshot: { ...CHAIN, nodes: CHAIN.nodes.slice(1), edges: [] } }));
    KEYS.find((each) => each.keys === "Home")?.run(bare, press("Home"));
    expect(bare.selection.focus).toBe("a");
    const empty = new Editor(boot({ snapshot: { ...CHAIN, nodes: [], edges: [] } }));
    KEYS.find((each) => each.keys === "Home")?.run(empty, press("Home"));
    expect(empty.selection.focus).toBeNull();
  });
});

test("Enter opens the settings of a step, and the text of a note", () => {
  editor.selection.setFocus("a");
  type("Enter");
  expect([editor.selection.single, editor.panels.inspectorFocus.value]).toEqual(["a", 1]);
  type("N");
  type("Escape");
  expect(editor.selection.ids.size).toBe(0);
  const note = [...editor.store.notes.keys()][0] ?? "";
  editor.panels.renaming.set(null);
  editor.selection.setFocus(note);
  type("Enter");
  expect(editor.panels.renaming.value).toBe(note);
});

test("Shift and arrows select one step after the other, and give the last up on the way back", () => {
  type("Home", "Shift+ArrowRight", "Shift+ArrowRight");
  expect([[...editor.selection.ids], editor.selection.focus]).toEqual([["start", "a", "b"], "b"]);
  expect(editor.announcer.polite.value).toContain("2 selected"); // the first of this second
  type("Shift+ArrowLeft");
  expect([[...editor.selection.ids], editor.selection.focus]).toEqual([["start", "a"], "a"]);
  type("Shift+ArrowLeft", "Shift+ArrowLeft");
  expect([[...editor.selection.ids], editor.selection.focus]).toEqual([["start"], "start"]);
});

test("keys mean what is selected, however it came to be", () => {
  type("Home");
  editor.selection.set(["a"]);
  type("F2");
  expect(editor.panels.renaming.value).toBe("a");
  type("N");
  const [note = ""] = editor.selection.ids;
  expect(editor.selection.focus).toBe(note);
  type("ArrowRight");
  expect(editor.selection.focus).toBe("start"); // nothing hangs on a note: the way leads back to the steps
  editor.selection.set(["b"]);
  type("Ctrl+D");
  expect(editor.selection.has(editor.selection.focus ?? "")).toBe(true);
});

test("/ asks for the keyboard in the field each time", () => {
  type("/", "/");
  expect([editor.panels.drawer.value, editor.panels.findFocus.value]).toEqual(["find", 2]);
});

test("Space selects and unselects", () => {
  type("Space");
  editor.selection.setFocus("a");
  type("Space");
  expect(editor.selection.has("a")).toBe(true);
  type("Space");
  expect(editor.selection.has("a")).toBe(false);
});

test("letters add, connect, lay out and open", async () => {
  type("A");
  expect(editor.panels.picker.value?.from).toBeUndefined();
  editor.selection.setFocus("b");
  type("A", "C", "F2", "Shift+F10", "/", "?", "L");
  expect(editor.panels.picker.value?.from).toMatchObject({ node: "b", port: "out" });
  expect([editor.panels.connector.value, editor.panels.renaming.value]).toEqual(["b", "b"]);
  expect(editor.panels.menu.value?.node).toBe("b");
  expect([editor.panels.drawer.value, editor.panels.dialog.value]).toEqual(["find", "keys"]);
  await vi.waitFor(() => expect(editor.store.nodes.get("a")?.position).toEqual([1, 2]));
});

test("Delete takes the focused step where nothing is selected", () => {
  editor.selection.setFocus("b");
  type("Delete");
  expect(editor.store.nodes.has("b")).toBe(false);
  type("Ctrl+Z");
  expect(editor.store.nodes.has("b")).toBe(true);
  type("Ctrl+Y", "Ctrl+Z", "Ctrl+Shift+Z");
  expect(editor.store.nodes.has("b")).toBe(false);
});

test("Alt and arrows move, further with Shift", () => {
  editor.selection.setFocus("a");
  type("Alt+ArrowRight", "Alt+Shift+ArrowDown");
  expect(editor.store.nodes.get("a")?.position).toEqual([330, 100]);
});

test("the view", () => {
  type("1", "0", "2", "+", "-", "Ctrl+A");
  expect(camera.fit).toHaveBeenCalledTimes(2);
  expect(vi.mocked(camera.zoomTo).mock.calls.map(([zoom]) => zoom)).toEqual([1, 1.2, 1 / 1.2]);
  expect(editor.selection.ids.size).toBe(4);
});

test("what belongs to a step opens beside it", () => {
  editor.view.origin = () => [52, 48];
  editor.view.viewport.set({ x: 10, y: 20, zoom: 0.5 });
  const { x = 0, width = 0 } = editor.store.boxOf("a") ?? {};
  const begin = 52 + 10 + x * 0.5;
  expect(screenOf(editor, "a")).toEqual([begin + width * 0.5 + 8, 48 + 20, begin - 8]);
  editor.view.heading = { x: 110, y: 220, zoom: 0.5 };
  expect(screenOf(editor, "a")).toEqual([begin + 100 + width * 0.5 + 8, 48 + 220, begin + 100 - 8]);
  editor.view.moved({ x: 60, y: 120, zoom: 0.5 }, false);
  expect(editor.view.heading).not.toBeNull();
  editor.view.moved({ x: 110, y: 220, zoom: 0.5 }, false);
  expect(editor.view.heading).toBeNull();
  editor.view.heading = { x: 110, y: 220, zoom: 0.5 };
  editor.view.moved({ x: 10, y: 20, zoom: 0.5 }, true);
  expect(editor.view.heading).toBeNull();
  editor.view.size.set({ width: 900, height: 600 });
  expect(screenOf(editor, null)).toEqual([502, 248]);
});

test("C connects the step that is chosen; with none it asks for a place, and Escape forgets that", () => {
  type("C");
  expect(editor.comments.placing.value).toBe(true);
  type("Escape");
  expect(editor.comments.placing.value).toBe(false);
  editor.selection.set(["a"]);
  type("C");
  expect(editor.panels.connector.value).toBe("a");
  type("Shift+C");
  expect(editor.comments.opened.value).toMatchObject({ kind: "new", anchor: { node: "a" } });
});

test("who may only look comments with C as well, and who may not comment chooses no place", () => {
  const rights = { edit: false, run: false, publish: false, moderate: false };
  for (const comment of [true, false]) {
    editor = new Editor(boot({ permissions: { ...rights, comment } }));
    type("C");
    expect(editor.comments.placing.value).toBe(comment);
  }
});

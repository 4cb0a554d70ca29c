// Every key of the canvas: what it does, and how the list of keys calls it.

import * as actions from "./actions";
import type { Editor } from "./editor";
import { groupSelection } from "./groups";
import { firstStep, predecessors, successors, topological } from "./graph";
import { nudge } from "./moves";
import type { LayoutTask, Places } from "./layout";
import type { Spot } from "./panels";
import type { Store } from "./store";

const BESIDE = 8;

/** What a key press carries; a part of the browser's KeyboardEvent. */
export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

export interface Binding {
  keys: string;
  words: string;
  group: "Move around" | "Change" | "View" | "Find";
  /** Changes the workflow; not for viewers. */
  edits?: boolean;
  /** A single letter, which people may switch off. */
  letter?: boolean;
  run(editor: Editor, press: Press): void;
}

export interface Tools {
  layout(task: LayoutTask): Promise<Places>;
}

/** Return the bindings. Those without `run` of their own are the browser's: copy, cut, paste. */
export function bindings(tools: Tools): Binding[] {
  return [
    { keys: "ArrowRight", words: "Next step downstream", group: "Move around", run: (e) => walk(e, "right") },
    { keys: "ArrowLeft", words: "Previous step upstream", group: "Move around", run: (e) => walk(e, "left") },
    { keys: "ArrowDown", words: "Sibling below", group: "Move around", run: (e) => walk(e, "down") },
    { keys: "ArrowUp", words: "Sibling above", group: "Move around", run: (e) => walk(e, "up") },
    { keys: "Ctrl+ArrowDown", words: "First step inside a loop", group: "Move around", run: inward },
    { keys: "Ctrl+ArrowUp", words: "The loop around the step", group: "Move around", run: outward },
    { keys: "Home", words: "First step", group: "Move around", run: toStart },
    { keys: "Enter", words: "Open the step's settings", group: "Move around", run: inspect },
    { keys: "Escape", words: "Back to the canvas; select nothing", group: "Move around", run: escape },
    { keys: "Space", words: "Select or unselect the step", group: "Change", run: toggle },
    ...(["right", "left", "down", "up"] as const).map((direction): Binding => ({
      keys: `Shift+${ARROWS[direction]}`,
      words: "Select the next step as well",
      group: "Change",
      run: (editor) => extend(editor, direction),
    })),
    { keys: "Ctrl+A", words: "Select everything", group: "Change", run: actions.selectAll },
    ...arrows("Alt+", 20, "Move by 20"),
    ...arrows("Alt+Shift+", 100, "Move by 100"),
    { keys: "A", words: "Add a step after this one", group: "Change", edits: true, letter: true, run: addAfter },
    { keys: "C", words: "Connect with another step; with none chosen, comment", group: "Change", letter: true, run: connectOrComment },
    { keys: "Shift+C", words: "Comment on the step, or choose a place", group: "Change", letter: true, run: comment },
    { keys: "M", words: "Move into a loop, or out of it", group: "Change", edits: true, letter: true, run: chooseLoop },
    { keys: "F2", words: "Rename the step", group: "Change", edits: true, run: (e) => withFocus(e, (id) => e.panels.renaming.set(id)) },
    { keys: "Delete", words: "Delete what is selected", group: "Change", edits: true, run: removeFocused },
    { keys: "Backspace", words: "Delete what is selected", group: "Change", edits: true, run: removeFocused },
    { keys: "Ctrl+D", words: "Duplicate what is selected", group: "Change", edits: true, run: actions.duplicateSelection },
    { keys: "Ctrl+Z", words: "Undo", group: "Change", edits: true, run: (e) => e.undo() },
    { keys: "Ctrl+Shift+Z", words: "Redo", group: "Change", edits: true, run: (e) => e.redo() },
    { keys: "Ctrl+Y", words: "Redo", group: "Change", edits: true, run: (e) => e.redo() },
    { keys: "Ctrl+G", words: "Group what is selected", group: "Change", edits: true, run: (e) => void groupSelection(e) },
    { keys: "N", words: "Add a note", group: "Change", edits: true, letter: true, run: (e) => actions.addNote(e) },
    { keys: "L", words: "Lay out the selection, or everything", group: "Change", edits: true, letter: true, run: (e) => void actions.arrange(e, tools.layout) },
    { keys: "Shift+F10", words: "Open the step's menu", group: "Change", run: openMenu },
    { keys: "ContextMenu", words: "Open the step's menu", group: "Change", run: openMenu },
    { keys: "R", words: "Open the runbook", group: "View", letter: true, run: (e) => e.panels.openRunbook() },
    { keys: "1", words: "Show everything", group: "View", letter: true, run: (e) => e.view.camera?.fit() },
    { keys: "0", words: "Zoom to 100 %", group: "View", letter: true, run: (e) => e.view.camera?.zoomTo(1) },
    { keys: "2", words: "Show the selection", group: "View", letter: true, run: (e) => e.view.camera?.fit([...e.selection.ids]) },
    { keys: "+", words: "Zoom in", group: "View", letter: true, run: (e) => zoomBy(e, 1.2) },
    { keys: "-", words: "Zoom out", group: "View", letter: true, run: (e) => zoomBy(e, 1 / 1.2) },
    { keys: "/", words: "Find", group: "Find", letter: true, run: (e) => e.panels.openFind() },
    { keys: "?", words: "Show all keys", group: "Find", letter: true, run: (e) => e.panels.dialog.set("keys") },
  ];
}

/** Keys that hold everywhere in the studio, not only on the canvas; for the list of keys. */
export const EVERYWHERE: Pick<Binding, "keys" | "words" | "group">[] = [
  { keys: "Ctrl+K", words: "Steps, actions and what to add", group: "Find" },
  { keys: "Ctrl+F", words: "Find in titles, settings and prompts", group: "Find" },
  { keys: "Ctrl+Enter", words: "Test run", group: "Change" },
  { keys: "Ctrl+C", words: "Copy", group: "Change" },
  { keys: "Ctrl+X", words: "Cut", group: "Change" },
  { keys: "Ctrl+V", words: "Paste", group: "Change" },
];

/** Return a press in the form that bindings are written in; ⌘ counts as Ctrl. */
export function nameOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Press): string {
  const named = key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key;
  // Shift is part of what makes a sign such as ? or +; of a letter it is a key of its own.
  const sign = key.length === 1 && !/[a-z ]/i.test(key);
  const parts = [
    (ctrlKey || metaKey) && "Ctrl",
    altKey && "Alt",
    shiftKey && !sign && "Shift",
    named,
  ];
  return parts.filter(Boolean).join("+");
}

function arrows(prefix: string, far: number, words: string): Binding[] {
  const towards: [string, number, number][] = [
    ["ArrowRight", far, 0],
    ["ArrowLeft", -far, 0],
    ["ArrowDown", 0, far],
    ["ArrowUp", 0, -far],
  ];
  return towards.map(([key, dx, dy]) => ({
    keys: prefix + key,
    words,
    group: "Change",
    edits: true,
    run: (editor) => nudge(editor, dx, dy),
  }));
}

type Direction = "left" | "right" | "up" | "down";
const ARROWS: Record<Direction, string> = { right: "ArrowRight", left: "ArrowLeft", down: "ArrowDown", up: "ArrowUp" };

function walk(editor: Editor, direction: Direction): void {
  const next = ahead(editor, direction);
  if (next !== null) focusOn(editor, next);
}

/** Where an arrow leads: from nothing, and from a note with nothing beside it, to the first step. */
function ahead({ selection, store }: Editor, direction: Direction): string | null {
  const from = selection.focus ?? selection.single;
  if (from === null) return firstStep(store);
  return neighbour(store, from, direction) ?? (store.notes.has(from) ? firstStep(store) : null);
}

/** Go on with all that is selected; the way back gives up what was taken last. */
function extend(editor: Editor, direction: Direction): void {
  const { announcer, selection, store, view } = editor;
  const from = selection.focus;
  const next = ahead(editor, direction);
  if (next === null) return;
  const ids = new Set(selection.ids);
  if (from !== null && ids.has(next)) ids.delete(from);
  else if (from !== null) ids.add(from);
  selection.setFocus(next);
  selection.set(ids.add(next));
  view.camera?.reveal([next]);
  announcer.say(`${store.titleOf(next)}, ${ids.size} selected`);
}

/** Return the step that an arrow key leads to. */
export function neighbour(store: Store, id: string, direction: Direction): string | null {
  const top = (each: string) => store.boxOf(each)?.y ?? 0;
  const nearest = (ids: string[]) =>
    ids.sort((a, b) => Math.abs(top(a) - top(id)) - Math.abs(top(b) - top(id)))[0] ?? null;
  if (direction === "right") return nearest(successors(store, id));
  if (direction === "left") return nearest(predecessors(store, id));
  const related = new Set([
    ...predecessors(store, id).flatMap((each) => successors(store, each)),
    ...successors(store, id).flatMap((each) => predecessors(store, each)),
  ]);
  // A step without relatives still has others above and below it.
  const beside = [...store.nodes.keys()].filter((each) => store.holderOf(each) === store.holderOf(id));
  const pool = related.size > 1 ? [...related] : beside;
  const below = direction === "down";
  return nearest(pool.filter((each) => each !== id && (below ? top(each) > top(id) : top(each) < top(id))));
}

function focusOn(editor: Editor, id: string): void {
  editor.selection.set([id]);
  editor.selection.setFocus(id);
  editor.view.camera?.reveal([id]);
}

function toStart(editor: Editor): void {
  const first = firstStep(editor.store);
  if (first !== null) focusOn(editor, first);
}

function inward(editor: Editor): void {
  withFocus(editor, (id) => {
    const inner = new Set(editor.store.insideOf(id));
    const first = topological(editor.store).find((each) => inner.has(each));
    if (first !== undefined) focusOn(editor, first);
    else if (editor.store.holds(id)) editor.announcer.say("Nothing lies inside");
  });
}

function outward(editor: Editor): void {
  withFocus(editor, (id) => {
    const holder = editor.store.holderOf(id);
    if (holder !== undefined) focusOn(editor, holder);
  });
}

function chooseLoop(editor: Editor): void {
  withFocus(editor, (id) => {
    const { ids } = editor.selection;
    const steps = [...(ids.has(id) ? ids : [id])].filter((each) => editor.store.nodes.has(each));
    if (steps.length) editor.panels.mover.set(steps);
  });
}

function withFocus(editor: Editor, then: (id: string) => void): void {
  const id = editor.selection.focus ?? editor.selection.single;
  if (id !== null && (editor.store.nodes.has(id) || editor.store.notes.has(id))) then(id);
}

function inspect(editor: Editor): void {
  withFocus(editor, (id) => {
    if (editor.store.notes.has(id)) {
      if (!editor.readOnly) editor.panels.renaming.set(id);
      return;
    }
    editor.selection.set([id]);
    editor.panels.openInspector();
  });
}

/** Connecting is about the step that is chosen; where none is, C asks what to comment on. */
function connectOrComment(editor: Editor): void {
  const id = chosenStep(editor);
  if (id !== null && !editor.readOnly) editor.panels.connector.set(id);
  else comment(editor);
}

/** Say something of the step that is chosen, or choose a place for it. */
export function comment(editor: Editor): void {
  const { announcer, boot, comments } = editor;
  const id = chosenStep(editor);
  if (id !== null) comments.openStep(id);
  else if (boot.permissions.comment) {
    comments.placing.set(!comments.placing.value);
    announcer.say(comments.placing.value ? "Press a step or a place to comment on it. Escape cancels." : "Nothing to comment on chosen");
  }
}

function chosenStep({ selection, store }: Editor): string | null {
  const id = selection.focus ?? selection.single;
  return id !== null && store.nodes.has(id) ? id : null;
}

function escape(editor: Editor): void {
  if (editor.comments.placing.value) {
    editor.comments.placing.set(false);
    return;
  }
  editor.selection.set([]);
  editor.selection.selectEdge(null);
}

function toggle(editor: Editor): void {
  const { focus } = editor.selection;
  if (focus === null) return;
  editor.selection.toggle(focus);
  const words = editor.selection.has(focus) ? "selected" : "not selected";
  editor.announcer.say(`${editor.store.titleOf(focus)}, ${words}`);
}

function addAfter(editor: Editor): void {
  // Where nothing is chosen in a new workflow, "this one" can only be its start.
  const only = editor.store.nodes.size === 1 ? firstStep(editor.store) : null;
  const id = editor.selection.focus ?? editor.selection.single ?? only;
  const from = id === null ? undefined : actions.openOutput(editor, id);
  editor.panels.picker.set({ screen: screenOf(editor, id), ...(from ? { from } : {}) });
}

/** Return where something that belongs to a step opens in the window: after it, else before it. */
export function screenOf({ store, view }: Editor, id: string | null): Spot {
  const box = id === null ? undefined : store.boxOf(id);
  const [left, top] = view.origin();
  const { x, y, zoom } = view.resting;
  if (!box) return [left + view.size.value.width / 2, top + view.size.value.height / 3];
  const begin = left + x + box.x * zoom;
  return [begin + box.width * zoom + BESIDE, top + y + box.y * zoom, begin - BESIDE];
}

function openMenu(editor: Editor): void {
  withFocus(editor, (node) => {
    if (!editor.selection.has(node)) editor.selection.set([node]); // as a right click does
    editor.panels.menu.set({ screen: screenOf(editor, node), node });
  });
}

function removeFocused(editor: Editor): void {
  const { selection } = editor;
  if (!selection.ids.size && !selection.edge && selection.focus) selection.set([selection.focus]);
  actions.deleteSelection(editor);
}

function zoomBy(editor: Editor, factor: number): void {
  editor.view.camera?.zoomTo(editor.view.viewport.value.zoom * factor);
}

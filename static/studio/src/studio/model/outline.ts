// The workflow as rows, one below the other: what the outline lists and how the keyboard goes through it.

import type { Note } from "./boot";
import type { Editor } from "./editor";
import { headline } from "./markdown";
import type { Nested } from "./nesting";

export interface Row {
  id: string;
  /** Of a step, its place in the order; empty for notes and groups, which have none. */
  number: string;
  /** 1 for the workflow's own steps, one more for what lies inside. */
  level: number;
  /** Whether it holds steps and there are none yet. */
  empty: boolean;
}

/** Return what matches every word of a query: the steps in the order of the tree, then groups and notes from the top down. */
export function rowsOf(editor: Editor, tree: readonly Nested[], query: string): Row[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const said = new Map<string, string>();
  for (const { node, message } of editor.problems.value) said.set(node, `${said.get(node) ?? ""} ${message}`);
  const fits = (id: string) => {
    const text = `${wordsOf(editor, id)} ${said.get(id) ?? ""}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  const flat = (steps: readonly Nested[], level: number): Row[] =>
    steps.flatMap(({ id, number, inner }) => [
      ...(fits(id) ? [{ id, number, level, empty: editor.store.holds(id) && !inner.length }] : []),
      ...flat(inner, level + 1),
    ]);
  const beside = [...editor.store.notes.values()].sort(byPlace).filter(({ id }) => fits(id));
  return [...flat(tree, 1), ...beside.map(({ id }) => ({ id, number: "", level: 1, empty: false }))];
}

function byPlace(a: Note, b: Note): number {
  return a.position[1] - b.position[1] || a.position[0] - b.position[0];
}

/** Return what a row is called where it is spoken of by itself. */
export function rowName({ store }: Editor, id: string): string {
  const note = store.notes.get(id);
  if (!note) return store.titleOf(id);
  return note.group ? `Group ${note.text}` : `Note: ${headline(note.text) || "empty"}`;
}

/** Select a row as well, or no longer, and say so. */
export function toggleRow(editor: Editor, id: string): void {
  const { announcer, panels, selection, view } = editor;
  // Where there is no canvas, settings would lie over the rows that are to be ticked next.
  if (!view.camera) panels.inspector.set(false);
  selection.toggle(id);
  announcer.say(`${rowName(editor, id)}, ${selection.has(id) ? "selected" : "not selected"}, ${selection.ids.size} in all`);
}

/** Go on with what is selected from one row to another; the way back gives up what was taken last. */
export function extendTo(editor: Editor, from: string, to: string): void {
  const { announcer, selection } = editor;
  const ids = new Set(selection.ids);
  if (ids.has(from) && ids.has(to)) ids.delete(from);
  else ids.add(from);
  selection.set(ids.add(to));
  announcer.say(`${rowName(editor, to)}, ${ids.size} selected`);
}

function wordsOf({ store, types }: Editor, id: string): string {
  const note = store.notes.get(id);
  if (note) return `${note.group ? "Group" : "Note"} ${note.text} ${id}`;
  const step = store.nodes.get(id);
  return `${store.titleOf(id)} ${types.get(step?.type ?? "")?.label ?? ""} ${step?.type ?? ""} ${id}`;
}

const PAGE = 8;

/** Return the row that a key leads to; null for a key that leads nowhere. */
export function stepped(rows: readonly Row[], at: number, key: string): number | null {
  const last = rows.length - 1;
  const level = rows[at]?.level ?? 1;
  const ways: Record<string, () => number> = {
    ArrowDown: () => at + 1,
    ArrowUp: () => at - 1,
    PageDown: () => at + PAGE,
    PageUp: () => at - PAGE,
    Home: () => 0,
    End: () => last,
    ArrowRight: () => ((rows[at + 1]?.level ?? 0) > level ? at + 1 : at),
    ArrowLeft: () => rows.slice(0, at).findLastIndex((row) => row.level < level),
  };
  const way = ways[key]?.();
  if (way === undefined || last < 0) return null;
  return key === "ArrowLeft" && way < 0 ? at : Math.min(last, Math.max(0, way));
}

// The steps as rows, one below the other: what the outline lists and how the keyboard goes through it.

import type { Editor } from "./editor";
import type { Nested } from "./nesting";

export interface Row {
  id: string;
  number: string;
  /** 1 for the workflow's own steps, one more for what lies inside. */
  level: number;
  /** Whether it holds steps and there are none yet. */
  empty: boolean;
}

/** Return the steps that match every word of a query, in the order of the tree. */
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
  return flat(tree, 1);
}

function wordsOf({ store, types }: Editor, id: string): string {
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

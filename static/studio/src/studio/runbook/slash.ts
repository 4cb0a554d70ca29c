// What is being typed for the menu: a slash at the start of a word, and letters behind it.

import type { EditorState } from "prosemirror-state";

export interface Slash {
  from: number;
  to: number;
  query: string;
}

const TYPED = /(?:^|\s)\/([\p{L}\p{N} ]{0,24})$/u;

export function slashOf(state: EditorState): Slash | null {
  const { $from, empty } = state.selection;
  if (!empty || !$from.parent.isTextblock || $from.parent.type.spec.code) return null;
  const before = $from.parent.textBetween(Math.max(0, $from.parentOffset - 40), $from.parentOffset, undefined, "\ufffc");
  const query = TYPED.exec(before)?.[1];
  if (query === undefined || /^ | {2}/.test(query)) return null;
  return { from: $from.pos - query.length - 1, to: $from.pos, query };
}

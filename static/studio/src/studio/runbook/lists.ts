// Lists of three kinds: into one, out of one, from one into another.

import type { Node } from "prosemirror-model";
import { liftListItem, wrapInList } from "prosemirror-schema-list";
import { TextSelection, type Command } from "prosemirror-state";
import { make, typeOf } from "./schema";

export const LISTS = ["bullet_list", "ordered_list", "check_list"] as const;
export type List = (typeof LISTS)[number];

const itemOf = (list: List) => (list === "check_list" ? "check_item" : "list_item");

/** Make a list of what is chosen; of the same kind it ends, of another kind it changes. */
export function toggleList(kind: List): Command {
  return (state, dispatch, view) => {
    const { $from } = state.selection;
    for (let depth = $from.depth; depth > 0; depth -= 1) {
      const list = $from.node(depth);
      const found = LISTS.find((each) => each === list.type.name);
      if (!found) continue;
      if (found === kind) return liftListItem(typeOf(itemOf(kind)))(state, dispatch, view);
      const at = $from.before(depth);
      const { anchor, head } = state.selection;
      const tr = state.tr.replaceWith(at, at + list.nodeSize, changed(list, kind));
      dispatch?.(tr.setSelection(TextSelection.create(tr.doc, anchor, head))); // all places stay
      return true;
    }
    return wrapInList(typeOf(kind))(state, dispatch);
  };
}

function changed(list: Node, kind: List): Node {
  const items = list.content.content.map((item) => make(itemOf(kind), null, item.content.content));
  return make(kind, null, items);
}

// What keys and signs do in a runbook: Markdown's signs at the start of a line, and the keys that
// editors of text have everywhere.

import { baseKeymap, chainCommands, exitCode, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import { InputRule, inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import type { MarkType } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem } from "prosemirror-schema-list";
import type { Command, Plugin } from "prosemirror-state";
import { goToNextCell } from "prosemirror-tables";
import { redo, undo } from "y-prosemirror";
import { make, markOf, schema, typeOf } from "./schema";

/** Markdown's signs: `#`, `-`, `1.`, `[ ]`, `>`, three backticks, three dashes, and marks around words. */
export function signs(): Plugin {
  const rules = [
    textblockTypeInputRule(/^(#{1,3})\s$/, typeOf("heading"), (match) => ({ level: match[1]?.length ?? 1 })),
    wrappingInputRule(/^\s*\[([ xX]?)\]\s$/, typeOf("check_list"), null),
    wrappingInputRule(/^\s*[-*+]\s$/, typeOf("bullet_list")),
    wrappingInputRule(
      /^(\d{1,6})[.)]\s$/,
      typeOf("ordered_list"),
      (match) => ({ order: Number(match[1]) }),
      (match, node) => node.childCount + Number(node.attrs["order"]) === Number(match[1]),
    ),
    wrappingInputRule(/^\s*>\s$/, typeOf("blockquote")),
    textblockTypeInputRule(/^```([a-z0-9]*)\s$/i, typeOf("code_block"), (match) => ({ language: match[1] ?? "" })),
    new InputRule(/^(---|\*\*\*)$/, (state, _match, start) => {
      const $start = state.doc.resolve(start);
      if ($start.parent.type !== schema.nodes["paragraph"]) return null;
      return state.tr.replaceRangeWith($start.before(), $start.after(), make("horizontal_rule"));
    }),
    marking(/(?:^|[\s(])(\*\*|__)([^\s*_](?:[^*_]*[^\s*_])?)\1$/, markOf("strong")),
    marking(/(?:^|[\s(])(\*|_)([^\s*_](?:[^*_]*[^\s*_])?)\1$/, markOf("em")),
    marking(/(?:^|[\s(])(~~)([^\s~](?:[^~]*[^\s~])?)\1$/, markOf("strike")),
    marking(/(?:^|[\s(])(`)([^`]+)\1$/, markOf("code")),
  ];
  return inputRules({ rules });
}

/** What stands between two signs is marked, and the signs go. */
function marking(sign: RegExp, type: MarkType): InputRule {
  return new InputRule(sign, (state, match, start, end) => {
    const [whole, around = "", words = ""] = match;
    const { parent } = state.doc.resolve(start);
    if (!parent.inlineContent || !parent.type.allowsMarkType(type)) return null;
    const open = start + whole.length - 2 * around.length - words.length; // behind a blank, if there is one
    const from = open + around.length;
    const tr = state.tr;
    tr.delete(from + words.length, end); // the last sign is not in the text yet
    tr.delete(open, from);
    tr.addMark(open, open + words.length, type.create());
    return tr.removeStoredMark(type);
  });
}

const inItems = (make: (item: ReturnType<typeof typeOf>) => Command): Command =>
  chainCommands(make(typeOf("list_item")), make(typeOf("check_item")));

const breakLine: Command = (state, dispatch) => {
  if (state.selection.$head.parent.type.spec.code) return false;
  dispatch?.(state.tr.replaceSelectionWith(make("hard_break")).scrollIntoView());
  return true;
};

/** Keys; `link` asks where a link leads. */
export function keys(link: Command): Plugin[] {
  const heading = (level: number) => setBlockType(typeOf("heading"), { level });
  const own: Record<string, Command> = {
    "Mod-z": undo,
    "Mod-y": redo,
    "Mod-Shift-z": redo,
    "Mod-b": toggleMark(markOf("strong")),
    "Mod-i": toggleMark(markOf("em")),
    "Mod-e": toggleMark(markOf("code")),
    "Mod-Shift-x": toggleMark(markOf("strike")),
    "Mod-Shift-k": link,
    "Mod-Alt-0": setBlockType(typeOf("paragraph")),
    "Mod-Alt-1": heading(1),
    "Mod-Alt-2": heading(2),
    "Mod-Alt-3": heading(3),
    "Mod-Shift-9": wrapIn(typeOf("blockquote")),
    "Shift-Enter": chainCommands(exitCode, breakLine),
    // In a list they move the item, in a table they go on; elsewhere Tab leaves the editor.
    Tab: chainCommands(goToNextCell(1), inItems(sinkListItem)),
    "Shift-Tab": chainCommands(goToNextCell(-1), inItems(liftListItem)),
    Enter: chainCommands(splitListItem(typeOf("list_item")), splitListItem(typeOf("check_item"), { checked: false })),
  };
  // The one runs the workflow, also from here; the other leads back to the canvas.
  const { "Mod-Enter": _run, Escape: _back, ...base } = baseKeymap;
  return [keymap(own), keymap(base)];
}

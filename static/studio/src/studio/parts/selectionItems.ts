// What can be done with all that is selected; steps have more in common than steps and notes.

import * as actions from "../model/actions";
import { align, ALIGNMENTS, distribute } from "../model/aligning";
import type { Editor } from "../model/editor";
import { copyToClipboard } from "./clipboard";
import { layoutOnCanvas } from "./layout";
import type { MenuItem } from "./Menu";
import { subworkflowItems } from "./subworkflowItems";

/** The entries of a menu; where a new group is named differs from place to place. */
export function selectionItems(editor: Editor, group: () => void): MenuItem[] {
  const copy = { label: "Copy", icon: "copy", hint: "Ctrl C", run: () => void copyToClipboard(editor) };
  if (editor.readOnly) return [copy];
  const ids = [...editor.selection.ids];
  const few = ids.length < 3;
  return [
    copy,
    { label: "Duplicate", icon: "copy-plus", hint: "Ctrl D", run: () => actions.duplicateSelection(editor) },
    { label: "Group", icon: "group", hint: "Ctrl G", run: group },
    { label: "Lay out", icon: "layout-grid", run: () => void actions.arrange(editor, layoutOnCanvas) },
    ...(ids.every((id) => editor.store.nodes.has(id)) ? ofSteps(editor, ids) : []),
    ...ALIGNMENTS.map(([how, icon, label]) => ({ label, icon, run: () => align(editor, how) })),
    { label: "Same room between, across", icon: "align-horizontal-distribute-center", disabled: few, run: () => distribute(editor, "across") },
    { label: "Same room between, down", icon: "align-vertical-distribute-center", disabled: few, run: () => distribute(editor, "down") },
    { label: "Delete", icon: "trash-2", hint: "Del", danger: true, run: () => actions.deleteSelection(editor) },
  ];
}

function ofSteps(editor: Editor, steps: readonly string[]): MenuItem[] {
  const { store } = editor;
  const loops = [...store.nodes.keys()].some((id) => store.holds(id) && !steps.includes(id));
  const isOff = steps.every((id) => store.nodes.get(id)?.disabled);
  return [
    ...(loops ? [{ label: "Move into or out of a loop…", icon: "move", run: () => editor.panels.mover.set(steps) }] : []),
    ...subworkflowItems(editor, steps),
    { label: isOff ? "Switch on" : "Switch off", icon: "power", run: () => actions.toggleDisabled(editor, steps) },
  ];
}

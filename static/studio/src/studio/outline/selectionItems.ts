// What can be done with several rows of the outline at once: all that the canvas can.

import * as actions from "../model/actions";
import { align, ALIGNMENTS, distribute } from "../model/aligning";
import type { Editor } from "../model/editor";
import { groupSelection } from "../model/groups";
import { copyToClipboard } from "../parts/clipboard";
import { layoutOnCanvas } from "../parts/layout";
import type { MenuItem } from "../parts/Menu";
import { subworkflowItems } from "../parts/subworkflowItems";
import { opened } from "./opened";

export function selectionItems(editor: Editor): MenuItem[] {
  const { selection, store } = editor;
  const copy = { label: "Copy", icon: "copy", hint: "Ctrl C", run: () => void copyToClipboard(editor) };
  if (editor.readOnly) return [copy];
  const steps = [...selection.ids].filter((id) => store.nodes.has(id));
  const [first] = steps;
  const few = selection.ids.size < 3;
  return [
    copy,
    { label: "Duplicate", icon: "copy-plus", hint: "Ctrl D", run: () => actions.duplicateSelection(editor) },
    { label: "Group", icon: "group", hint: "Ctrl G", run: () => opened(editor, groupSelection(editor)) },
    ...(first === undefined ? [] : ofSteps(editor, first, steps)),
    ...ALIGNMENTS.map(([how, icon, label]) => ({ label, icon, run: () => align(editor, how) })),
    { label: "Same room between, across", icon: "align-horizontal-distribute-center", disabled: few, run: () => distribute(editor, "across") },
    { label: "Same room between, down", icon: "align-vertical-distribute-center", disabled: few, run: () => distribute(editor, "down") },
    { label: "Delete", icon: "trash-2", hint: "Del", danger: true, run: () => actions.deleteSelection(editor) },
  ];
}

function ofSteps(editor: Editor, first: string, steps: readonly string[]): MenuItem[] {
  const { store } = editor;
  const loops = [...store.nodes.keys()].some((id) => store.holds(id) && !steps.includes(id));
  return [
    { label: "Lay out", icon: "layout-grid", run: () => void actions.arrange(editor, layoutOnCanvas) },
    ...(loops ? [{ label: "Move into or out of a loop…", icon: "move", run: () => editor.panels.mover.set(steps) }] : []),
    ...subworkflowItems(editor, first, steps),
    { label: "Switch on or off", icon: "power", run: () => actions.toggleDisabled(editor, steps) },
  ];
}

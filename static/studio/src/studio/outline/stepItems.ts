// What can be done with a step of the outline: all that the canvas can.

import * as actions from "../model/actions";
import type { Editor } from "../model/editor";
import * as ops from "../model/ops";
import { copyToClipboard } from "../parts/clipboard";
import type { MenuItem } from "../parts/Menu";
import { runPartItems } from "../parts/RunPart";
import { replaceItems } from "../parts/replaceItems";
import { subworkflowItems } from "../parts/subworkflowItems";

export function stepItems(editor: Editor, id: string, screen: readonly [number, number]): MenuItem[] {
  const copy: MenuItem = {
    label: "Copy",
    icon: "copy",
    hint: "Ctrl C",
    run: () => {
      editor.selection.set([id]);
      void copyToClipboard(editor);
    },
  };
  if (editor.readOnly) return [copy];
  const from = actions.openOutput(editor, id);
  const disconnect = [...editor.store.edgesFrom(id), ...editor.store.edgesInto(id)].flatMap((edge) => {
    const ends = editor.store.edges.get(edge);
    if (!ends) return [];
    const other = editor.store.titleOf(ends.source === id ? ends.target : ends.source);
    const run = () => editor.gesture((doc) => ops.disconnect(doc, [edge]));
    return [{ label: `Disconnect from ${other}`, icon: "unlink", run }];
  });
  return [
    {
      label: "Add a step after",
      icon: "plus",
      run: () => editor.panels.picker.set({ screen, ...(from ? { from } : {}) }),
    },
    ...(editor.store.holds(id)
      ? [{ label: "Add a step inside", icon: "corner-down-right", run: () => editor.panels.picker.set({ screen, into: id }) }]
      : []),
    ...replaceItems(editor, id, screen),
    { label: "Connect with…", icon: "link", run: () => editor.panels.connector.set(id) },
    ...(editor.store.holderOf(id) !== undefined || [...editor.store.nodes.keys()].some((each) => each !== id && editor.store.holds(each))
      ? [{ label: "Move into or out of a loop…", icon: "move", run: () => editor.panels.mover.set([id]) }]
      : []),
    ...disconnect,
    ...(editor.mentions.steps.value.has(id)
      ? [{ label: "Show in the runbook", icon: "book-open", run: () => editor.panels.openRunbook(id) }]
      : []),
    ...(editor.boot.permissions.comment
      ? [{ label: "Comment", icon: "message-square", run: () => editor.comments.openStep(id) }]
      : []),
    ...runPartItems(editor, id),
    ...subworkflowItems(editor, [id]),
    {
      label: editor.store.nodes.get(id)?.disabled ? "Switch on" : "Switch off",
      icon: "power",
      run: () => actions.toggleDisabled(editor, [id]),
    },
    copy,
    {
      label: "Duplicate",
      icon: "copy-plus",
      run: () => {
        editor.selection.set([id]);
        actions.duplicateSelection(editor);
      },
    },
    {
      label: "Delete",
      icon: "trash-2",
      danger: true,
      run: () => {
        editor.selection.set([id]);
        actions.deleteSelection(editor);
      },
    },
  ];
}

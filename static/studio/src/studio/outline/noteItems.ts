// What can be done with a note or a group of the outline: all that the canvas can.

import * as actions from "../model/actions";
import type { Note } from "../model/boot";
import type { Editor } from "../model/editor";
import { copyToClipboard } from "../parts/clipboard";
import { groupItems } from "../parts/groupItems";
import type { MenuItem } from "../parts/Menu";
import { opened } from "./opened";

export function noteItems(editor: Editor, note: Note): MenuItem[] {
  const { id } = note;
  const alone = (run: () => void) => () => {
    editor.selection.set([id]);
    run();
  };
  const copy = { label: "Copy", icon: "copy", hint: "Ctrl C", run: alone(() => void copyToClipboard(editor)) };
  if (editor.readOnly) return [copy];
  return [
    { label: note.group ? "Rename, colour, place and size" : "Write, colour, place and size", icon: "pencil", run: () => opened(editor, id) },
    ...(note.group ? groupItems(editor, note) : []),
    copy,
    { label: "Duplicate", icon: "copy-plus", run: alone(() => actions.duplicateSelection(editor)) },
    { label: note.group ? "Ungroup" : "Delete", icon: "trash-2", danger: true, run: alone(() => actions.deleteSelection(editor)) },
  ];
}

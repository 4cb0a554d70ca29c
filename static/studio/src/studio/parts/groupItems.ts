import { collapse } from "../collab/subworkflow";
import type { Note } from "../model/boot";
import type { Editor } from "../model/editor";
import { membersOf } from "../model/groups";
import type { MenuItem } from "./Menu";

/** What a group offers for all that stands on it. */
export function groupItems(editor: Editor, group: Note): MenuItem[] {
  const members = membersOf(editor.store, group.id);
  const collapsing = { label: "Turn into a sub-workflow", icon: "minimize-2", run: () => void collapse(editor, members, group.text || "Group") };
  return [
    { label: "Select what stands on it", icon: "square-stack", run: () => editor.selection.set(members) },
    ...(editor.boot.permissions.publish && members.some((each) => editor.store.nodes.has(each)) ? [collapsing] : []),
  ];
}

import { useCallback } from "react";
import * as actions from "../model/actions";
import type { Editor } from "../model/editor";
import { groupSelection } from "../model/groups";
import { useEditor, useObservable } from "../model/hooks";
import * as ops from "../model/ops";
import type { MenuRequest } from "../model/panels";
import { copyToClipboard, pasteFromClipboard } from "../parts/clipboard";
import { groupItems } from "../parts/groupItems";
import { Menu, type MenuItem } from "../parts/Menu";
import { replaceItems } from "../parts/replaceItems";
import { runPartItems } from "../parts/RunPart";
import { selectionItems } from "../parts/selectionItems";
import { subworkflowItems } from "../parts/subworkflowItems";

/** The menu of a step, an edge or the canvas; by right click, Shift+F10 or the menu key. */
export function CanvasMenu() {
  const editor = useEditor();
  const request = useObservable(editor.panels.menu);
  const close = useCallback(() => {
    editor.panels.menu.set(null);
    editor.view.focus();
  }, [editor]);
  if (!request) return null;
  const [items, label] = contents(editor, request);
  if (!items.length) return null;
  return <Menu at={request.screen} label={label} items={items} onClose={close} />;
}

function contents(editor: Editor, request: MenuRequest): [items: MenuItem[], label: string] {
  const { node, edge } = request;
  const { ids } = editor.selection;
  if (node && ids.has(node) && ids.size > 1)
    return [selectionItems(editor, () => void groupSelection(editor)), `${ids.size} selected`];
  if (node) return [ofStep(editor, node, request), editor.store.titleOf(node)];
  return [edge ? ofEdge(editor, edge, request) : ofCanvas(editor, request), "Canvas"];
}

function ofStep(editor: Editor, id: string, { screen }: MenuRequest): MenuItem[] {
  const step = editor.store.nodes.get(id);
  const open = { label: "Open settings", icon: "settings", hint: "Enter", run: () => editor.panels.openInspector() };
  const copy = { label: "Copy", icon: "copy", hint: "Ctrl C", run: () => void copyToClipboard(editor) };
  const mention = step && editor.mentions.steps.value.has(id) ? [{ label: "Show in the runbook", icon: "book-open", run: () => editor.panels.openRunbook(id) }] : [];
  if (editor.readOnly) return step ? [open, ...mention, ...commenting(editor, id), copy] : [copy];
  const from = step && actions.openOutput(editor, id);
  const ofSteps: MenuItem[] = step
    ? [
        open,
        { label: "Rename", icon: "pencil", hint: "F2", run: () => editor.panels.renaming.set(id) },
        { label: "Add a step after", icon: "plus", hint: "A", run: () => editor.panels.picker.set({ screen, ...(from ? { from } : {}) }) },
        ...insideOf(editor, id, screen),
        ...replaceItems(editor, id, screen),
        { label: "Connect with…", icon: "link", hint: "C", run: () => editor.panels.connector.set(id) },
        ...moving(editor, id),
        ...mention,
        ...commenting(editor, id),
        ...runPartItems(editor, id),
        ...subworkflowItems(editor, [id]),
        { label: step.disabled ? "Switch on" : "Switch off", icon: "power", run: () => actions.toggleDisabled(editor, [id]) },
      ]
    : ofNote(editor, id);
  const through = step && editor.store.edgesInto(id).size > 0 && editor.store.edgesFrom(id).size === 1;
  return [
    ...ofSteps,
    copy,
    { label: "Duplicate", icon: "copy-plus", hint: "Ctrl D", run: () => actions.duplicateSelection(editor) },
    ...(through
      ? [{ label: "Delete and reconnect", icon: "unlink", run: () => editor.gesture((doc) => ops.removeAndReconnect(doc, id)) }]
      : []),
    { label: "Delete", icon: "trash-2", hint: "Del", danger: true, run: () => actions.deleteSelection(editor) },
  ];
}

function ofNote(editor: Editor, id: string): MenuItem[] {
  const note = editor.store.notes.get(id);
  if (!note?.group) return [{ label: "Write", icon: "pencil", run: () => editor.panels.renaming.set(id) }];
  return [{ label: "Rename", icon: "pencil", hint: "F2", run: () => editor.panels.renaming.set(id) }, ...groupItems(editor, note)];
}

/** What a step that holds others offers beside the rest. */
function insideOf(editor: Editor, id: string, screen: MenuRequest["screen"]): MenuItem[] {
  if (!editor.store.holds(id)) return [];
  return [{ label: "Add a step inside", icon: "corner-down-right", run: () => editor.panels.picker.set({ screen, into: id }) }];
}

function commenting(editor: Editor, id: string): MenuItem[] {
  const { boot, comments } = editor;
  if (!boot.permissions.comment && !comments.ofStep(id).length) return [];
  const label = comments.ofStep(id).length ? "Show the comments" : "Comment";
  return [{ label, icon: "message-square", hint: "Shift C", run: () => comments.openStep(id) }];
}

function moving(editor: Editor, id: string): MenuItem[] {
  const { store } = editor;
  const anywhere = store.holderOf(id) ?? [...store.nodes.keys()].find((each) => store.holds(each) && each !== id);
  if (anywhere === undefined) return [];
  return [{ label: "Move into or out of a loop…", icon: "move", hint: "M", run: () => editor.panels.mover.set([id]) }];
}

function ofEdge(editor: Editor, id: string, { screen }: MenuRequest): MenuItem[] {
  if (editor.readOnly) return [];
  return [
    { label: "Insert a step", icon: "plus", run: () => editor.panels.picker.set({ screen, edge: id }) },
    { label: "Delete the connection", icon: "trash-2", hint: "Del", danger: true, run: () => editor.gesture((doc) => ops.disconnect(doc, [id])) },
  ];
}

function ofCanvas(editor: Editor, { screen, at }: MenuRequest): MenuItem[] {
  const place = at ? { at } : {};
  const view: MenuItem[] = [
    { label: "Select everything", icon: "square-stack", hint: "Ctrl A", run: () => actions.selectAll(editor) },
    { label: "Show everything", icon: "maximize", hint: "1", run: () => editor.view.camera?.fit() },
  ];
  const comment = at && editor.boot.permissions.comment
    ? [{ label: "Comment here", icon: "message-square", hint: "C", run: () => editor.comments.beginAt(at) }]
    : [];
  if (editor.readOnly) return [...comment, ...view];
  return [
    { label: "Add a step here", icon: "plus", run: () => editor.panels.picker.set({ screen, ...place }) },
    { label: "Add a note here", icon: "sticky-note", hint: "N", run: () => actions.addNote(editor, at) },
    ...comment,
    { label: "Paste", icon: "clipboard-paste", hint: "Ctrl V", run: () => void pasteFromClipboard(editor, at) },
    ...view,
  ];
}

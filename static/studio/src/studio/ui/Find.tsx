import { useMemo } from "react";
import type { Step } from "../model/boot";
import { useEditor, useGraph, useObservable } from "../model/hooks";
import type { Json } from "../model/json";
import { headline } from "../model/markdown";
import { KindTile } from "../parts/KindTile";
import { SearchList, type Item } from "../parts/SearchList";

/** Find in titles, settings and prompts; choosing goes to the step. */
export function Find() {
  const editor = useEditor();
  const revision = useGraph();
  const asked = useObservable(editor.panels.findFocus);
  const items = useMemo(() => searchable(editor), [editor, revision]);
  return (
    <SearchList
      items={items}
      asked={asked}
      label="Find in this workflow"
      placeholder="Title, setting or prompt"
      nothing="Nothing in this workflow matches."
      onChoose={(id) => {
        if (editor.store.nodes.has(id)) editor.goTo(id);
        else {
          editor.selection.set([id]);
          editor.view.camera?.reveal([id], { centre: true });
        }
      }}
      onClose={() => {
        editor.panels.drawer.set(null);
        editor.view.focus();
      }}
    />
  );
}

function searchable({ store, types }: ReturnType<typeof useEditor>): Item[] {
  const steps = [...store.nodes.values()].map((step) => ({
    id: step.id,
    label: store.titleOf(step.id),
    detail: types.get(step.type)?.label ?? step.type,
    words: [step.id, step.type, step.notes, ...texts(step)].join(" "),
    lead: <KindTile type={types.get(step.type)} />,
  }));
  const notes = [...store.notes.values()].map((note) => ({
    id: note.id,
    label: headline(note.text) || "Empty note",
    detail: "Note",
    words: note.text,
  }));
  return [...steps, ...notes];
}

function texts(step: Step): string[] {
  const found: string[] = [];
  const stack: Json[] = [step.config];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (Array.isArray(value)) stack.push(...value);
    else if (typeof value === "object" && value !== null) stack.push(...Object.values(value));
    else if (value !== null) found.push(String(value));
  }
  return found;
}

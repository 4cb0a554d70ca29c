// Pictures on their way into a runbook: a mark stands where each will be until the server has it.

import { Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet, type EditorView } from "prosemirror-view";
import { reason } from "../collab/follower";
import { addImage } from "../collab/runbookApi";
import type { Editor } from "../model/editor";
import { make } from "./schema";

const MOST_BYTES = 5 << 20;
export const KINDS = ["image/png", "image/jpeg", "image/gif", "image/webp"];

type Step = { add: object; at: number } | { remove: object };
const key = new PluginKey<DecorationSet>("uploads");

export function uploads(): Plugin {
  return new Plugin({
    key,
    state: {
      init: () => DecorationSet.empty,
      apply(tr, before) {
        const set = before.map(tr.mapping, tr.doc);
        const step = tr.getMeta(key) as Step | undefined;
        if (!step) return set;
        if ("add" in step) return set.add(tr.doc, [Decoration.widget(step.at, waiting, { id: step.add, side: -1 })]);
        return set.remove(set.find(undefined, undefined, (spec) => spec["id"] === step.remove));
      },
    },
    props: { decorations: (state) => key.getState(state) },
  });
}

/** Send pictures to the server, and put each where it belongs by then. */
export async function bringIn(editor: Editor, view: EditorView, files: readonly File[], at: number): Promise<void> {
  for (const file of files) {
    const wrong = wrongWith(file);
    if (wrong) editor.say(wrong, "bad");
    else await bringOne(editor, view, file, at);
  }
}

function wrongWith(file: File): string {
  if (!KINDS.includes(file.type)) return `“${file.name}” is no picture that can be kept: choose a PNG, JPEG, GIF or WebP.`;
  return file.size > MOST_BYTES ? `“${file.name}” is larger than 5 MiB. Make it smaller and try again.` : "";
}

async function bringOne(editor: Editor, view: EditorView, file: File, at: number): Promise<void> {
  const id = {};
  view.dispatch(view.state.tr.setMeta(key, { add: id, at: Math.min(at, view.state.doc.content.size) } satisfies Step));
  editor.announcer.say("The picture is sent");
  try {
    const image = await addImage(editor.boot.urls.images, file);
    put(view, id, image.id, file.name);
    editor.announcer.say("The picture is in the runbook. Describe it for who cannot see it.");
  } catch (error) {
    if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, { remove: id } satisfies Step));
    editor.say(`“${file.name}” was not kept: ${reason(error)}`, "bad");
  }
}

function put(view: EditorView, id: object, image: string, name: string): void {
  if (view.isDestroyed) return;
  const [mark] = key.getState(view.state)?.find(undefined, undefined, (spec) => spec["id"] === id) ?? [];
  const tr = view.state.tr.setMeta(key, { remove: id } satisfies Step);
  if (mark) {
    const $at = tr.doc.resolve(mark.from);
    const emptyLine = $at.parent.isTextblock && !$at.parent.content.size && $at.depth > 0;
    const from = emptyLine ? $at.before() : $at.parent.isTextblock ? $at.after() : mark.from;
    const alt = name.replace(/\.[a-z]+$/i, "").slice(0, 200);
    tr.replaceWith(from, emptyLine ? $at.after() : from, [
      make("image", { image, alt }),
      ...(from + (emptyLine ? $at.parent.nodeSize : 0) >= tr.doc.content.size ? [make("paragraph")] : []),
    ]);
  }
  view.dispatch(tr);
}

function waiting(): HTMLElement {
  const mark = document.createElement("span");
  mark.className = "picture-waiting";
  mark.textContent = "Sending the picture…";
  return mark;
}

// The carets of the others in the runbook, with their names.

import { Plugin, PluginKey, type EditorState } from "prosemirror-state";
import { Decoration, DecorationSet, type EditorView } from "prosemirror-view";
import { absolutePositionToRelativePosition, relativePositionToAbsolutePosition, ySyncPluginKey } from "y-prosemirror";
import * as Y from "yjs";
import type { Editor } from "../model/editor";
import type { Peer } from "../model/presence";

/** Where a person's keyboard is, to the others. */
export const FIELD = "runbook";

interface Binding {
  type: Y.XmlFragment;
  doc: Y.Doc;
  binding: { mapping: Map<Y.AbstractType<unknown>, never> };
}

const key = new PluginKey<DecorationSet>("carets");

export function carets(editor: Editor): Plugin {
  const { presence } = editor;
  return new Plugin({
    key,
    state: {
      init: () => DecorationSet.empty,
      apply(tr, before, _old, state) {
        if (tr.getMeta(key) || tr.getMeta(ySyncPluginKey)) return drawn(state, presence.inField(FIELD));
        return tr.docChanged ? before.map(tr.mapping, tr.doc) : before;
      },
    },
    props: { decorations: (state) => key.getState(state) },
    view(view) {
      const draw = () => view.isDestroyed || view.dispatch(view.state.tr.setMeta(key, true));
      const stop = presence.on(`field:${FIELD}`, draw);
      queueMicrotask(draw); // once the document is shown
      return { update: (now, before) => looked(editor, now, before), destroy: stop };
    },
  });
}

/** Show to the others where the caret is. */
export function showCaret(editor: Editor, view: EditorView): void {
  const { anchor, head } = view.state.selection;
  const place = (at: number) => jsonOf(view.state, at);
  const caret = view.hasFocus() ? { anchor: place(anchor), head: place(head) } : null;
  editor.presence.show({ field: caret ? FIELD : null, caret });
}

function looked(editor: Editor, view: EditorView, before: EditorState): void {
  if (!view.hasFocus() || (before.selection.eq(view.state.selection) && before.doc.eq(view.state.doc))) return;
  showCaret(editor, view);
}

const bindingOf = (state: EditorState) => ySyncPluginKey.getState(state) as Binding;

function jsonOf(state: EditorState, at: number): unknown {
  const { type, binding } = bindingOf(state);
  return Y.relativePositionToJSON(absolutePositionToRelativePosition(at, type, binding.mapping) as Y.RelativePosition);
}

function placeOf(state: EditorState, caret: unknown): number | null {
  const { doc, type, binding } = bindingOf(state);
  try {
    const place = relativePositionToAbsolutePosition(doc, type, Y.createRelativePositionFromJSON(caret), binding.mapping);
    return place === null ? null : Math.min(place, state.doc.content.size);
  } catch {
    return null; // of a text that is gone, or no place at all
  }
}

function drawn(state: EditorState, peers: readonly Peer[]): DecorationSet {
  const found = peers.flatMap((peer) => {
    const [anchor, head] = [placeOf(state, peer.caret?.anchor), placeOf(state, peer.caret?.head)];
    if (anchor === null || head === null) return [];
    const { name, colour } = peer.user;
    const caret = Decoration.widget(head, () => caretOf(name, colour), { key: `${peer.client} ${name} ${colour}`, side: 10, ignoreSelection: true });
    const [from, to] = [Math.min(anchor, head), Math.max(anchor, head)];
    return from === to ? [caret] : [caret, Decoration.inline(from, to, { class: `co-selected peer-${colour}` })];
  });
  return DecorationSet.create(state.doc, found);
}

function caretOf(name: string, colour: string): HTMLElement {
  const caret = document.createElement("span");
  caret.className = `co-caret peer-${colour}`;
  caret.setAttribute("aria-hidden", "true");
  caret.dataset["name"] = name; // shown by the styles: it is no part of the text
  return caret;
}

// Shows to the others where this person is, and hears where they are.

import { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { Editor } from "../model/editor";
import { selectionOf, type Presence } from "../model/presence";

const EVERY = 50; // twenty times a second
const SETTLING = 1_000; // who comes and goes this close together is told of at once

/** Connect what the studio shows of people with what travels. */
export function awarenessFor(editor: Editor, ydoc: Y.Doc): Awareness {
  const awareness = new Awareness(ydoc);
  const { presence } = editor;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const send = () => {
    timer = null;
    // Nobody sees it: whoever comes is shown it then.
    if (presence.peers.size) awareness.setLocalState({ ...presence.own.value });
  };
  const soon = () => {
    timer ??= setTimeout(send, EVERY);
  };
  awareness.setLocalState({ ...presence.own.value });
  presence.own.on(soon);
  editor.selection.on("selection", () => presence.show(selectionOf(editor.selection.ids, editor.store)));
  awareness.on("change", ({ added }: { added: number[] }) => {
    const others = new Map(awareness.getStates());
    others.delete(awareness.clientID);
    presence.put(others, Date.now());
    if (added.some((client) => client !== awareness.clientID)) soon();
  });
  return awareness;
}

/** Tell those who cannot see it who came and who went, once for all that happens within a moment. */
export function tellOfPeople(presence: Presence, live: () => boolean, say: (words: string) => void): void {
  let known = new Map<string, string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const tell = () => {
    timer = null;
    if (!live()) return; // who is not seen for that reason has not left
    const now = new Map(presence.people.map(({ id, name }) => [id, name]));
    const came = [...now].filter(([id]) => !known.has(id)).map(([, name]) => name);
    const went = [...known].filter(([id]) => !now.has(id)).map(([, name]) => name);
    known = now;
    const words = [came.length && `${listed(came)} joined`, went.length && `${listed(went)} left`];
    if (came.length || went.length) say(words.filter(Boolean).join(". "));
  };
  presence.on("people", () => {
    timer ??= setTimeout(tell, SETTLING);
  });
}

const listed = (names: string[]) => new Intl.ListFormat("en").format(names);

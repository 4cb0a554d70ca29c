// From the snapshot to the document: what this browser kept, then the server's, then everybody's edits.

import * as Y from "yjs";
import type { Definition } from "../model/boot";
import type { Editor } from "../model/editor";
import { same } from "../model/json";
import { written } from "../model/ops";
import { REMOTE, wholeStep } from "../model/stored";
import { StudioDoc } from "../model/ydoc";
import { awarenessFor, tellOfPeople } from "./awareness";
import { databaseOf, keep, tidy } from "./offline";
import { Room } from "./room";
import { validator } from "./validator";

const OTHERS = 2_000; // others' edits are looked at by everybody, so not at once and not all together

/** Bind the editor to the document and keep it the same as the server's from then on. */
export async function goLive(editor: Editor, page: Window, open?: (url: string) => WebSocket): Promise<Room> {
  const { validate } = editor.boot.urls;
  const check = validator(validate, editor.problems);
  const changed = (pause?: number) => {
    if (!editor.version.value.has_unpublished_changes)
      editor.version.set({ ...editor.version.value, has_unpublished_changes: true });
    check(pause);
  };
  editor.sketching = () => written(new StudioDoc(editor.types), editor.store);
  let edited = true; // what was kept in this browser may be anything
  const ydoc = new Y.Doc();
  const database = databaseOf(page.location.host, editor.boot.user.id, editor.boot.workflow.id);
  const kept = await keep(ydoc, database);
  const awareness = awarenessFor(editor, ydoc);
  const room = new Room(editor, ydoc, awareness, {
    page,
    kept,
    onReady() {
      const doc = editor.attach(new StudioDoc(editor.types, ydoc));
      const { runbook, layout, notes } = doc;
      edited = !runsTheSame(editor.boot.snapshot, doc.definition());
      const aside = new Set<unknown>([runbook, layout, notes]);
      ydoc.on("afterTransaction", ({ changedParentTypes, origin }: Y.Transaction) => {
        // Whatever is written in the runbook, and wherever steps and notes stand, what runs is the same.
        if ([...changedParentTypes.keys()].every((type) => isIn(type, aside))) return;
        edited = true;
        if (origin === REMOTE) changed(OTHERS * (1 + Math.random()));
      });
    },
    onStored() {
      if (edited) changed();
      edited = false;
    },
    ...(open ? { open } : {}),
  });
  tellOfPeople(editor.presence, () => room.live, (words) => editor.announcer.say(words));
  editor.sync = () => room.sync();
  editor.room = room;
  room.enter();
  void tidy(database);
  return room;
}

/** Tell whether two definitions do the same, wherever their steps stand. */
function runsTheSame(one: Definition, other: Definition): boolean {
  return same(contentOf(one), contentOf(other));
}

function contentOf({ nodes, edges, settings }: Definition): unknown {
  const steps = nodes.map((node) => [node.id, { ...wholeStep(node), position: null, size: null }] as const);
  const lines = edges.map(({ label = "", when = null, ...ends }) => [ends.source, ends.source_port, ends.target, ends.target_port, label, when].join());
  return [Object.fromEntries(steps), lines.toSorted(), settings];
}

function isIn(type: unknown, roots: ReadonlySet<unknown>): boolean {
  for (let each = type as Y.AbstractType<unknown> | null; each; each = each.parent) if (roots.has(each)) return true;
  return false;
}

// From the snapshot to the document: fetched when the canvas stands, tried until it is there.

import * as Y from "yjs";
import { ApiError, bytes } from "../../lib/api";
import type { Editor } from "../model/editor";
import { REMOTE } from "../model/ydoc";
import { guardUnsaved, Saver } from "./saver";
import { validator } from "./validator";

const SLOWEST = 30_000;

/** Fetch the document, bind the editor to it and keep the two sides the same from then on. */
export async function goLive(editor: Editor, page: Window): Promise<Saver> {
  const { updates, validate } = editor.boot.urls;
  const check = validator(validate, editor.problems);
  const ydoc = new Y.Doc();
  Y.applyUpdate(ydoc, await fetched(updates, editor), REMOTE);
  const saver = new Saver(ydoc, {
    url: updates,
    state: editor.saving,
    readOnly: editor.readOnly,
    onSaved() {
      editor.version.set({ ...editor.version.value, has_unpublished_changes: true });
      check();
    },
  });
  editor.attach(ydoc);
  editor.sync = () => saver.sync();
  guardUnsaved(saver, page);
  return saver;
}

async function fetched(url: string, editor: Editor): Promise<Uint8Array> {
  for (let failures = 1; ; failures += 1) {
    try {
      const { data } = await bytes("GET", url);
      editor.saving.set({ kind: "saved", at: null });
      return data;
    } catch (error) {
      const refused = error instanceof ApiError && error.status < 500;
      editor.saving.set(
        refused ? { kind: "refused", reason: error.message } : { kind: "offline" },
      );
      await new Promise((done) => setTimeout(done, Math.min(SLOWEST, 500 * 2 ** failures)));
    }
  }
}

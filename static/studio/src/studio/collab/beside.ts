// What lies beside the draft, and others change as well: pins, test data, the published version,
// its review. The page's socket tells that something did; it is read then.

import { get } from "../../lib/api";
import type { Editor } from "../model/editor";
import { dataSetsOf } from "./dataSets";
import { socketOf } from "./socket";
import { loadPins } from "./trying";

type What = "pins" | "data_sets" | "version" | "review";

const ALL: readonly What[] = ["pins", "data_sets", "version", "review"];

const READ: Record<What, (editor: Editor) => Promise<unknown>> = {
  pins: async (editor) => !editor.barred && loadPins(editor),
  async data_sets(editor) {
    const known = dataSetsOf(editor);
    if (known.sets.value && !editor.barred) await known.load();
  },
  async version(editor) {
    const { published_version: published, has_unpublished_changes } = await get<Detail>(editor.boot.urls.workflow);
    editor.version.set({ ...editor.version.value, published, has_unpublished_changes });
  },
  async review(editor) {
    editor.reviewed.set(editor.reviewed.value + 1);
  },
};

interface Detail {
  published_version: number | null;
  has_unpublished_changes: boolean;
}

/** Keep it the same as the server's, also after the socket was away. */
export function hearBeside(editor: Editor): void {
  const stale = new Set<What>();
  let reading = false;
  let wasOpen = false;
  const read = async (what: readonly What[]) => {
    for (const each of what) stale.add(each);
    if (reading) return;
    reading = true;
    for (let [next] = stale; next; [next] = stale) {
      stale.delete(next);
      await READ[next](editor).catch(() => undefined); // told again with the next change
    }
    reading = false;
  };
  socketOf(editor).listen({
    onFrame(frame) {
      if (frame.type === "beside") void read(ALL.filter((what) => what === frame.what));
      else if (frame.type === "comments" && frame.thread === null) {
        if (wasOpen) void read(ALL); // it listens again; the first time, the page is new
        wasOpen = true;
      }
    },
  });
}

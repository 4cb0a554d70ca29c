// The page that says there is nothing here, at the address of a workflow: what this browser keeps of it
// that no server has can be taken along from there. Whether there is such a workflow is not told.

import * as Y from "yjs";
import { StudioDoc } from "../model/ydoc";
import { keep } from "./offline";
import { download, fileOfDoc } from "./takingAlong";

/** Offer what is kept, or delete it where all of it was saved: who may not come back needs no copy. */
export async function offer(place: HTMLElement, database: string): Promise<void> {
  const doc = new StudioDoc(new Map(), new Y.Doc());
  const kept = await keep(doc.ydoc, database);
  if (!kept) return;
  if (!kept.found || !(await kept.owed())) {
    await kept.forget();
    return;
  }
  const button = (name: string) => place.querySelector<HTMLButtonElement>(`[data-edits="${name}"]`);
  button("download")?.addEventListener("click", () => download(fileOfDoc(doc), String(doc.meta.get("name") ?? "")));
  button("discard")?.addEventListener("click", () => {
    place.hidden = true;
    void kept.forget();
  });
  place.hidden = false;
}

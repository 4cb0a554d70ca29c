// The page that says there is nothing here: see to edits of this person that only this browser has.

import { databaseOf, isKept } from "../studio/collab/offline";

const place = document.getElementById("left-edits");
const workflow = /^\/workflows\/([0-9a-f-]{36})\/$/.exec(location.pathname)?.[1];
if (place?.dataset["user"] && workflow) void look(place, databaseOf(location.host, place.dataset["user"], workflow));

async function look(page: HTMLElement, database: string): Promise<void> {
  if (!(await isKept(database))) return;
  const { offer } = await import("../studio/collab/leftEdits");
  await offer(page, database);
}

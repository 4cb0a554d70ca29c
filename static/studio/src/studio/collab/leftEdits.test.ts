// @vitest-environment jsdom
// The page that says there is nothing here gives out what only this browser has.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as Y from "yjs";
import * as ops from "../model/ops";
import { offer } from "./leftEdits";
import { databaseOf, isKept } from "./offline";
import { begin, comeBack, end, goOffline, open, passes } from "./windows";

beforeEach(begin);
afterEach(end);

const DATABASE = databaseOf(window.location.host, "ana", "w1");

function page(): HTMLElement {
  document.body.innerHTML = `
    <section id="left-edits" hidden>
      <button data-edits="download"></button><button data-edits="discard"></button>
    </section>`;
  return document.getElementById("left-edits") as HTMLElement;
}

const press = (place: HTMLElement, name: string) => place.querySelector<HTMLElement>(`[data-edits=${name}]`)?.click();

async function leave(): Promise<void> {
  const ana = await open("Ana");
  await goOffline();
  ana.editor.edit((doc) => ops.rename(doc, "a", "Mine"));
  const paragraph = new Y.XmlElement("paragraph");
  const words = new Y.XmlText();
  words.applyDelta([{ insert: "Call " }, { insert: "Ben", attributes: { strong: {} } }]);
  paragraph.insert(0, [words]);
  ana.editor.doc?.change(() => ana.editor.doc?.runbook.insert(0, [paragraph]));
  await passes(100);
  ana.room.leave();
}

test("edits that no server has are offered as a file, with the runbook, and can be discarded", async () => {
  await leave();
  const place = page();
  const files: Blob[] = [];
  vi.stubGlobal("URL", { createObjectURL: (file: Blob) => files.push(file), revokeObjectURL: () => undefined });
  HTMLAnchorElement.prototype.click = () => undefined;
  await offering(place);
  expect(place.hidden).toBe(false);
  press(place, "download");
  const file = JSON.parse(await (files[0] as Blob).text()) as { definition: { nodes: { id: string; title: string }[] }; runbook: unknown };
  expect(file.definition.nodes.find(({ id }) => id === "a")?.title).toBe("Mine");
  expect(file.runbook).toEqual({
    type: "doc",
    content: [
      {
        type: "paragraph",
        attrs: {},
        content: [
          { type: "text", text: "Call ", marks: [] },
          { type: "text", text: "Ben", marks: [{ type: "strong", attrs: {} }] },
        ],
      },
    ],
  });
  press(place, "discard");
  await passes(100);
  expect([place.hidden, await isKept(DATABASE)]).toEqual([true, false]);
});

test("what was saved is not offered, and does not stay in the browser", async () => {
  await leave();
  await comeBack();
  const again = await open("Ana");
  await passes(3_000);
  expect(again.editor.saving.value.kind).toBe("saved");
  again.room.leave();
  const place = page();
  await offering(place);
  await passes(100);
  expect([place.hidden, await isKept(DATABASE)]).toEqual([true, false]);
});

async function offering(place: HTMLElement): Promise<void> {
  const offered = offer(place, DATABASE);
  await passes(10);
  await offered;
}

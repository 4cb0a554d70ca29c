// @vitest-environment jsdom
// What others pin, keep as test data and publish is shown in pages that are open.

import { expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import { boot } from "../model/samples";
import { hearBeside } from "./beside";
import { dataSetsOf } from "./dataSets";
import { socketOf } from "./socket";
import { VIEWER } from "./windows";

class Door {
  static last: Door;
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  constructor() {
    Door.last = this;
  }
  send(): void {}
}

const pin = (node: string) => ({ node, output: 1, port: "out", pinned_by: "Ana", pinned_at: "" });

function begin(more: Parameters<typeof boot>[0] = {}) {
  const asked: string[] = [];
  const has = { pins: [pin("a")], version: 3 };
  vi.stubGlobal("WebSocket", Door);
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    if (url.endsWith("/w1/")) return Response.json({ published_version: has.version, has_unpublished_changes: false });
    return Response.json({ results: url.endsWith("/pins/") ? has.pins : [] });
  });
  const editor = new Editor(boot(more));
  hearBeside(editor);
  socketOf(editor).discuss("w1");
  const hears = (frame: object) => Door.last.onmessage?.({ data: JSON.stringify({ workflow: "w1", ...frame }) });
  hears({ type: "comments", thread: null });
  return { editor, asked, has, hears };
}

test("a bell has just that read which changed", async () => {
  const { editor, asked, has, hears } = begin();
  expect(asked).toEqual([]);
  hears({ type: "beside", what: "pins" });
  await vi.waitFor(() => expect(editor.pins.value.get("a")?.pinned_by).toBe("Ana"));
  has.pins = [];
  hears({ type: "beside", what: "pins" });
  await vi.waitFor(() => expect(editor.pins.value.size).toBe(0));
  hears({ type: "beside", what: "version" });
  await vi.waitFor(() => expect(editor.version.value).toMatchObject({ published: 3, has_unpublished_changes: false }));
  hears({ type: "beside", what: "review" });
  await vi.waitFor(() => expect(editor.reviewed.value).toBe(1));
  hears({ type: "beside", what: "data_sets" }); // nobody looked at them yet
  hears({ type: "beside", what: "of a later release" });
  await dataSetsOf(editor).load();
  hears({ type: "beside", what: "data_sets" });
  await vi.waitFor(() => expect(asked.filter((url) => url.endsWith("/data-sets/"))).toHaveLength(2));
});

test("what was missed while the socket was away is read when it is back", async () => {
  const { editor, hears } = begin();
  hears({ type: "comments", thread: null });
  await vi.waitFor(() => expect([editor.pins.value.has("a"), editor.version.value.published]).toEqual([true, 3]));
});

test("who may only look asks for no pins", async () => {
  const { editor, asked, hears } = begin({ permissions: VIEWER });
  for (const what of ["pins", "data_sets", "version"]) hears({ type: "beside", what });
  await vi.waitFor(() => expect(editor.version.value.published).toBe(3));
  expect(asked).toEqual(["/api/v1/workflows/w1/"]);
});

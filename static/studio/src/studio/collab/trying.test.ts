// What is sent to run a part of the draft: pins of people, and what the shown run knows.

import { afterEach, expect, test, vi } from "vitest";
import type { NodeRun } from "../model/boot";
import { Editor } from "../model/editor";
import type { JsonObject } from "../model/json";
import { boot } from "../model/samples";
import type { RunDetails } from "../model/runs";
import { pinsForRun, runPart } from "./trying";

vi.stubGlobal("document", { querySelector: () => null });
vi.stubGlobal("location", { protocol: "http:", host: "demo.localhost" });
vi.stubGlobal("requestAnimationFrame", (go: () => void) => go());
vi.stubGlobal("WebSocket", class {
  static OPEN = 1;
  addEventListener() {}
  close() {}
  send() {}
});
afterEach(() => vi.restoreAllMocks());

/** The server: notes what is sent, and answers. */
function server(answers: Record<string, unknown>): [string, string, JsonObject | null][] {
  const sent: [string, string, JsonObject | null][] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    sent.push([init.method ?? "GET", url, init.body ? (JSON.parse(String(init.body)) as JsonObject) : null]);
    const found = Object.entries({ "/pins/": { results: [] }, ...answers }).findLast(([end]) => url.endsWith(end))?.[1];
    return new Response(JSON.stringify(found ?? { results: [], next: null }), { status: found ? 200 : 404 });
  });
  return sent;
}

const run = (node: string, output: unknown, more: Partial<NodeRun> = {}): NodeRun => ({
  node, frame: "", title: node, type: "data.transform", status: "succeeded", attempt: 1, input: null,
  output: output as NodeRun["output"], error: null, port: null, started_at: null, finished_at: null,
  cost_usd: null, tokens: null, logs: [], ...more,
});

function shown(editor: Editor, nodes: NodeRun[]): void {
  const details = { id: "r1", status: "succeeded", inputs: { who: "Ada" } } as unknown as RunDetails;
  editor.shown.begin(details, nodes);
}

const started = (sent: [string, string, JsonObject | null][]) =>
  sent.find(([method, url]) => method === "POST" && url.endsWith("/runs/"))?.[2];

test("a step alone takes what the run gave before it", async () => {
  const sent = server({ "/runs/": { id: "r2", status: "queued" } });
  const editor = new Editor(boot());
  shown(editor, [run("start", { who: "Ada" }), run("a", { n: 1 }, { port: "out" }), run("c", 3)]);
  await runPart(editor, "only", "b");
  expect(started(sent)).toEqual({
    inputs: { who: "Ada" }, version: "draft", only: "b", pins: { a: { n: 1 } }, exits: { a: "out" },
  });
});

test("what people pinned goes before what the run gave", async () => {
  const pin = { node: "a", output: "mine", port: "", pinned_by: "Ben", pinned_at: "2026-01-01T00:00:00Z" };
  const sent = server({ "/pins/": { results: [pin] }, "/runs/": { id: "r2", status: "queued" } });
  const editor = new Editor(boot({ pinned: ["a"] }));
  shown(editor, [run("a", "made")]);
  await runPart(editor, "only", "b");
  expect(started(sent)).toMatchObject({ pins: { a: "mine" } });
});

test("from a step on, all that does not follow it is taken over, whole", async () => {
  const sent = server({ "/whole": { large: true }, "/runs/": { id: "r2", status: "queued" } });
  const editor = new Editor(boot());
  shown(editor, [run("start", {}), run("a", "the begin", { output_url: "/whole" }), run("b", 2), run("c", 3)]);
  await runPart(editor, "from", "b");
  expect(started(sent)).toEqual({
    inputs: { who: "Ada" }, version: "draft", pins: { start: {}, a: { large: true }, c: 3 }, exits: {},
  });
});

test("a failure that the run went on after is not pinned: the run is repeated", async () => {
  const sent = server({ "/retry/": { id: "r2" } });
  const editor = new Editor(boot());
  shown(editor, [run("start", {}), run("a", null, { status: "failed", port: "error" })]);
  await runPart(editor, "from", "c");
  expect(sent[0]).toEqual(["POST", "/api/v1/runs/r1/retry/", { from_node: "c" }]);
});

test("up to a step asks for the inputs first", async () => {
  const editor = new Editor(boot());
  await runPart(editor, "until", "b");
  expect([editor.panels.dialog.value, editor.panels.runUntil.value]).toEqual(["run", "b"]);
});

test("a run takes what is pinned now, also what others pinned or unpinned since the page came", async () => {
  const pin = (node: string, output: number) => ({ node, output, port: "", pinned_by: "Ana", pinned_at: "" });
  server({ "/pins/": { results: [pin("a", 2), pin("c", 3)] } });
  const editor = new Editor(boot({ pinned: ["b"] }));
  editor.pins.set(new Map([["a", pin("a", 1)], ["b", pin("b", 1)]]));
  expect(await pinsForRun(editor)).toEqual({ pins: { a: 2, c: 3 }, exits: {} });
  expect([...editor.pins.value.keys()]).toEqual(["a", "c"]);
});

test("pins of steps that are gone are left out", async () => {
  const pin = (node: string) => ({ node, output: 1, port: "out", pinned_by: null, pinned_at: "" });
  server({ "/pins/": { results: [pin("a"), pin("gone")] } });
  const editor = new Editor(boot({ pinned: ["a", "gone"] }));
  expect(await pinsForRun(editor)).toEqual({ pins: { a: 1 }, exits: { a: "out" } });
});

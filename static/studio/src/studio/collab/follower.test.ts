// @vitest-environment jsdom
// What the follower asks the server for: the rounds that are shown, never all of them.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import { boot, chainDoc } from "../model/samples";
import { Follower } from "./follower";

const AT = "2026-01-01T00:00:00Z";

function event(seq: number, type: string, node = "", frame = "") {
  return { seq, type, at: AT, data: {}, ...(node ? { node } : {}), ...(frame ? { frame } : {}) };
}

function row(node: string, frame: string) {
  return {
    node, frame, title: "", type: "", status: "succeeded", attempt: 1, input: null, output: frame, error: null, port: null,
    started_at: AT, finished_at: AT, cost_usd: null, tokens: null, logs: [],
  };
}

let asked: string[] = [];
let events = [event(1, "node.started", "a"), event(2, "node.started", "b", "a.0"), event(3, "run.succeeded")];

function answer(url: string) {
  const { pathname, searchParams } = new URL(url, "http://here");
  if (pathname.endsWith("/nodes/"))
    return { results: searchParams.getAll("frame").map((frame) => row(frame ? "b" : "a", frame)), next: null };
  if (pathname.endsWith("/events/")) return { results: searchParams.get("after") === "0" ? events : [] };
  return pathname.endsWith("/r1/") ? { id: "r1", status: "succeeded", error: null, cost_usd: "0" } : { results: [] };
}

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", class {});
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url);
    return Promise.resolve(new Response(JSON.stringify(answer(url))));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const nodesAsked = () =>
  asked.flatMap((url) => {
    const { pathname, searchParams } = new URL(url, "http://here");
    return pathname.endsWith("/nodes/") ? [searchParams.getAll("frame")] : [];
  });

async function following() {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const follower = new Follower(editor);
  await follower.show("r1");
  return { editor, follower };
}

test("a run is shown by its events, with the workflow's own steps", async () => {
  const { editor } = await following();
  expect(nodesAsked()).toEqual([[""]]);
  expect(editor.overlay.at("b", "a.0")?.status).toBe("running");
});

test("of a step in a round only that round is fetched, and those around it", async () => {
  const { editor, follower } = await following();
  editor.selection.set(["b"]);
  follower.refreshSteps();
  follower.refreshSteps();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nodesAsked()).toEqual([[""], ["", "a.0"]]);
  expect(editor.shown.step("b")?.output).toBe("a.0");
});

test("where the events were removed, the rows of all rounds tell", async () => {
  const kept = events;
  events = [];
  await following();
  events = kept;
  expect(nodesAsked()).toEqual([[""], []]);
});

test("runs that cannot be fetched are no runs that are not there", async () => {
  const { follower } = await following();
  await follower.refreshRecent();
  expect(follower.recent.value).toEqual([]);
  const fresh = new Follower(new Editor(boot()));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  await fresh.refreshRecent();
  expect([fresh.recent.value, fresh.recentProblem.value]).toEqual([null, expect.stringContaining("cannot be reached")]);
});

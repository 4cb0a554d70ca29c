// @vitest-environment jsdom
// What is said reaches the server once, also where the connection was away; what others say arrives.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import { boot } from "../model/samples";
import type { Opened } from "../model/comments";
import { Discussion } from "./discussion";

const NEW: Opened = { kind: "new", anchor: { node: "a", field: "", at: null } };
const THREADS = "/api/v1/workflows/w1/comment-threads/";

class FakeSocket {
  static last: FakeSocket;
  readyState = 0;
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    FakeSocket.last = this;
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {}
  hears(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

/** The server: threads by id; what is said is noted with its key. */
const server = {
  threads: new Map<string, Record<string, unknown>>(),
  said: [] as { key: string; url: string; body: Record<string, unknown> }[],
  away: false,
  refuses: null as { status: number; code: string } | null,
};

function answer(url: string, init: RequestInit): Response {
  if (server.away) throw new TypeError("Failed to fetch");
  const id = /comment-threads\/([^/?]+)\//.exec(url)?.[1];
  if (init.method === "POST" && url === THREADS) {
    if (server.refuses) return Response.json({ ...server.refuses, detail: "No." }, { status: server.refuses.status });
    const key = new Headers(init.headers).get("Idempotency-Key") ?? "";
    if (!server.said.some((each) => each.key === key)) {
      server.said.push({ key, url, body: JSON.parse(String(init.body)) as Record<string, unknown> });
      server.threads.set("t1", made("t1", server.said.at(-1)?.body.text));
    }
    return Response.json(server.threads.get("t1"), { status: 201 });
  }
  if (id) {
    const found = server.threads.get(id);
    return found ? Response.json(found) : Response.json({ status: 404, code: "not_found" }, { status: 404 });
  }
  return Response.json({ next: null, results: [...server.threads.values()] });
}

function made(id: string, text: unknown, more: object = {}) {
  const first = { id: "c", author: null, text, mentions: [], created_at: "", edited_at: null, deleted: false };
  return {
    id, workflow: "w1", node: "a", field: "", at: null, node_title: "A", detached: false, resolved: false,
    resolved_by: null, created_at: "", last_at: "", comment_count: 1, unread: 0, first, ...more,
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => answer(url, init));
  vi.stubGlobal("WebSocket", FakeSocket);
  Object.assign(server, { threads: new Map(), said: [], away: false, refuses: null });
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin() {
  const editor = new Editor(boot());
  const discussion = new Discussion(editor);
  return { editor, discussion, comments: editor.comments };
}

test("what is said is there, and its popup shows it", async () => {
  const { discussion, comments } = begin();
  comments.opened.set(NEW);
  expect(await discussion.say(NEW, "Why?", [])).toBe(true);
  expect(server.said[0]?.body).toEqual({ text: "Why?", mentions: [], node: "a", field: "" });
  expect(comments.opened.value).toEqual({ kind: "thread", id: "t1" });
});

test("without a connection it is kept, survives the page, and is said once", async () => {
  const first = begin();
  server.away = true;
  expect(await first.discussion.say(NEW, "Later", [])).toBe(true);
  expect(first.comments.all()).toMatchObject([{ waiting: true, node: "a" }]);
  const again = begin();
  again.discussion.start(window);
  await vi.advanceTimersByTimeAsync(100);
  expect(again.comments.all()).toMatchObject([{ waiting: true }]);
  server.away = false;
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(100);
  await again.discussion.flush();
  expect(server.said).toHaveLength(1);
  expect(again.comments.all()).toMatchObject([{ id: "t1", comment_count: 1 }]);
  expect(again.comments.unsent.value).toEqual([]);
  expect(begin().discussion.editor.comments.unsent.value).toEqual([]);
});

test("what the server refuses later goes back to where it was written", async () => {
  const { editor, discussion, comments } = begin();
  server.away = true;
  await discussion.say(NEW, "Kept words", []);
  Object.assign(server, { away: false, refuses: { status: 422, code: "no_such_step" } });
  await discussion.flush();
  expect(comments.unsent.value).toEqual([]);
  expect(comments.drafts.get("new a  ")?.text).toBe("Kept words");
  expect(editor.toast.value).toMatchObject({ kind: "bad" });
});

test("what is refused at once stays in the field", async () => {
  const { discussion, comments } = begin();
  server.refuses = { status: 422, code: "may_not_see" };
  expect(await discussion.say(NEW, "@Gus", [])).toBe(false);
  expect(comments.unsent.value).toEqual([]);
});

test("others' words are heard of by the socket and read", async () => {
  const { editor, discussion, comments } = begin();
  discussion.start(window);
  FakeSocket.last.readyState = 1;
  FakeSocket.last.onopen?.();
  expect(FakeSocket.last.sent.map((each) => JSON.parse(each) as object)).toEqual([
    { type: "subscribe_comments", workflow: "w1" },
  ]);
  await vi.advanceTimersByTimeAsync(10);
  server.threads.set("t2", made("t2", "Hello", { unread: 1 }));
  const heard: string[] = [];
  discussion.onNews((id) => heard.push(id));
  FakeSocket.last.hears({ type: "comments", workflow: "w1", thread: "t2" });
  await vi.advanceTimersByTimeAsync(10);
  expect([comments.unread, heard, editor.announcer.polite.value]).toEqual([1, ["t2"], "New comment: transform"]);
  server.threads.delete("t2");
  FakeSocket.last.hears({ type: "comments", workflow: "w1", thread: "t2" });
  await vi.advanceTimersByTimeAsync(10);
  expect(comments.all()).toEqual([]);
});

test("threads that cannot be read say why, and are asked for anew", async () => {
  const { discussion, comments } = begin();
  server.away = true;
  await discussion.load();
  expect([comments.state.value, comments.problem.value]).toEqual(["failed", expect.stringContaining("cannot be reached")]);
  server.away = false;
  await discussion.load();
  expect(comments.state.value).toBe("ready");
});

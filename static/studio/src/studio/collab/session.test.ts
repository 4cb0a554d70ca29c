// @vitest-environment jsdom
// The end of a session: the warning, staying signed in, and going on after a sign-in elsewhere.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as ops from "../model/ops";
import { SessionWatch } from "./session";
import { begin, end, open, passes, titleOf, world } from "./windows";

const MINUTE = 60_000;
let ends: number;
let signedIn: string | null;
let asked: string[];

beforeEach(() => {
  begin();
  document.head.innerHTML = '<meta name="csrf-token" content="old">';
  ends = Date.now() + 60 * MINUTE;
  signedIn = "ana";
  asked = [];
  world.requests = (url, { method }) => {
    if (url.includes("validate")) return Response.json({ problems: [] });
    if (!url.includes("session")) return Response.json({ detail: "Sign in." }, { status: 401 });
    asked.push(String(method));
    if (!signedIn) return Response.json({ code: "unauthenticated", detail: "Sign in." }, { status: 401 });
    if (method === "POST") ends = Date.now() + 60 * MINUTE;
    return Response.json({ user: signedIn, name: signedIn, expires_at: new Date(ends).toISOString(), renewable: true, csrf_token: "new" });
  };
});
afterEach(end);

/** A page of its own: what happens on it reaches no watch of another test. */
function pageOfItsOwn(): Window {
  const own = document.implementation.createHTMLDocument();
  return Object.assign(new EventTarget(), { document: own }) as Window;
}

async function watched(page: Window = window) {
  const window_ = await open("Ana", { user: { id: "ana", name: "Ana" } });
  const session = new SessionWatch(window_.editor);
  session.start(page);
  await passes(10);
  return { ...window_, session };
}

const comeBack = async () => {
  window.dispatchEvent(new Event("focus"));
  await passes(200);
};

test("it warns two minutes before the end, and what was renewed elsewhere is no end", async () => {
  const { session } = await watched();
  expect(session.state.value.kind).toBe("fine");
  await passes(58 * MINUTE + 10);
  expect(session.state.value).toMatchObject({ kind: "ending", at: ends });
  ends += 60 * MINUTE;
  await comeBack();
  expect(session.state.value.kind).toBe("fine");
});

test("who stays signed in goes on", async () => {
  const { session, editor } = await watched();
  await passes(58 * MINUTE + 10);
  await session.renew();
  expect([session.state.value.kind, asked.at(-1), editor.readOnly]).toEqual(["fine", "POST", false]);
});

test("who works here stays signed in, and is told of nothing", async () => {
  const page = pageOfItsOwn();
  const { session } = await watched(page);
  const works = () => page.document.dispatchEvent(new Event("keydown"));
  works();
  await passes(10);
  expect(asked).not.toContain("POST"); // the page was opened just now
  const before = ends;
  vi.setSystemTime(Date.now() + 2 * MINUTE);
  works();
  works();
  await passes(10);
  expect(asked.filter((method) => method === "POST")).toHaveLength(1);
  expect(ends).toBeGreaterThan(before);
  expect(session.state.value.kind).toBe("fine");
});

test("once the end is near, being there is a choice that is asked for", async () => {
  const page = pageOfItsOwn();
  const { session } = await watched(page);
  await passes(58 * MINUTE + 10);
  page.document.dispatchEvent(new Event("pointerdown"));
  await passes(10);
  expect([session.state.value.kind, asked.includes("POST")]).toEqual(["ending", false]);
});

test("after the end edits are kept, and saved after a sign-in in another tab", async () => {
  const { session, editor } = await watched();
  world.server.prompt = false;
  editor.edit((doc) => ops.rename(doc, "a", "Last words"));
  signedIn = null;
  world.server.closeAll(4401);
  await passes(10);
  expect([session.state.value.kind, editor.saving.value]).toEqual(["over", { kind: "shut", why: "signed-out", unsaved: true }]);
  await comeBack();
  expect(editor.saving.value.kind).toBe("shut");
  signedIn = "ana";
  world.server.prompt = true;
  await comeBack();
  expect([editor.saving.value.kind, editor.readOnly, session.state.value.kind, titleOf("a")]).toEqual(["saved", false, "fine", "Last words"]);
  expect(document.querySelector("meta")?.content).toBe("new");
});

test("a session that goes by another key goes on by itself, and is asked for once", async () => {
  const { session, editor } = await watched();
  const before = asked.length;
  world.server.closeAll(4401);
  await passes(10);
  expect([session.state.value.kind, editor.readOnly, asked.length - before]).toEqual(["fine", false, 1]);
  world.server.closeAll(4401);
  await passes(10);
  expect([session.state.value.kind, editor.readOnly, asked.length - before]).toEqual(["over", true, 1]);
});

test("the time alone ends it, also where the socket did not hear of it", async () => {
  const { session, editor } = await watched();
  await passes(58 * MINUTE + 10);
  signedIn = null;
  await passes(2 * MINUTE + 1_100);
  expect([session.state.value, editor.readOnly]).toEqual([{ kind: "over", by: "" }, true]);
});

test("nobody saves in somebody else's name", async () => {
  const { session, editor } = await watched();
  signedIn = "ben";
  world.server.closeAll(4401);
  await passes(10);
  await comeBack();
  expect([session.state.value, editor.readOnly]).toEqual([{ kind: "over", by: "ben" }, true]);
});

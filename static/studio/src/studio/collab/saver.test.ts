// @vitest-environment jsdom
// The saver against a server of a few lines that keeps a real document.

import * as Y from "yjs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import { Observable } from "../model/observable";
import * as ops from "../model/ops";
import { boot, chainDoc } from "../model/samples";
import type { SaveState } from "../model/saving";
import { goLive } from "./live";
import { base64url, guardUnsaved, Saver } from "./saver";
import { validator } from "./validator";

/** Merges what is posted and answers what the client lacks; `next` makes it refuse or vanish. */
class Server {
  doc = new Y.Doc();
  asked: string[] = [];
  next: (() => Response)[] = [];
  problems: unknown[] = [];

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.asked.push(`${init.method} ${url.split("?")[0]}`);
    const refusal = this.next.shift();
    if (refusal) return refusal();
    if (url.includes("validate")) return Response.json({ problems: this.problems });
    if (init.body instanceof Uint8Array) Y.applyUpdate(this.doc, init.body);
    const vector = new URL(url, "http://x").searchParams.get("sv");
    const known = vector === null ? undefined : Uint8Array.from(atob(padded(vector)), (c) => c.charCodeAt(0));
    return new Response(Y.encodeStateAsUpdate(this.doc, known) as Uint8Array<ArrayBuffer>);
  };
}

function padded(text: string): string {
  return text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat(-text.length & 3);
}

const problem = (status: number, code: string, headers = {}) => () =>
  Response.json({ code, detail: `${code}.` }, { status, headers });
const vanished = (): Response => {
  throw new TypeError("failed to fetch");
};

let server: Server;
let doc: Y.Doc;
let state: Observable<SaveState>;
let saver: Saver;
const saved = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  doc = new Y.Doc();
  state = new Observable<SaveState>({ kind: "saved", at: null });
  saver = new Saver(doc, { url: "/updates/", state, readOnly: false, onSaved: saved });
});

afterEach(() => {
  saver.close();
  saved.mockClear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const write = (value: string) => doc.getMap("meta").set("name", value);
const kept = () => server.doc.getMap("meta").get("name");

test("edits close together travel together, and are saved when the server has them", async () => {
  write("one");
  write("two");
  expect([state.value.kind, saver.unsaved]).toEqual(["saving", true]);
  await vi.advanceTimersByTimeAsync(300);
  expect([kept(), state.value.kind, saver.unsaved]).toEqual(["two", "saved", false]);
  expect(server.asked).toEqual(["POST /updates/"]);
  expect(saved).toHaveBeenCalledTimes(1);
});

test("an edit while a request is under way forms the next one", async () => {
  write("one");
  const sending = saver.flush();
  write("two");
  await saver.flush();
  await sending;
  expect(state.value.kind).toBe("saving");
  await vi.advanceTimersByTimeAsync(10);
  expect([kept(), state.value.kind, server.asked.length]).toEqual(["two", "saved", 2]);
});

test("what others edited arrives without being asked for, and is not sent back", async () => {
  server.doc.getMap("meta").set("name", "theirs");
  await vi.advanceTimersByTimeAsync(4_100);
  expect(doc.getMap("meta").get("name")).toBe("theirs");
  expect([server.asked, saver.unsaved]).toEqual([["GET /updates/"], false]);
});

describe("when the server cannot be reached", () => {
  test("changes are kept, and sent when it is back", async () => {
    server.next = [vanished, problem(503, "down")];
    write("kept");
    await vi.advanceTimersByTimeAsync(300);
    expect([state.value.kind, saver.unsaved]).toEqual(["offline", true]);
    write("kept too");
    await vi.advanceTimersByTimeAsync(5_000);
    expect([kept(), state.value.kind]).toEqual(["kept too", "saved"]);
  });

  test("it is asked ever more rarely", async () => {
    server.next = Array<() => Response>(20).fill(vanished);
    write("x");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.asked.length).toBeLessThan(9);
  });

  test("a wait that the server asks for is kept", async () => {
    server.next = [problem(429, "slow", { "Retry-After": "20" })];
    write("x");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(server.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(kept()).toBe("x");
  });
});

test("a refusal gives its reason; the next edit tries again", async () => {
  server.next = [problem(422, "bad_definition")];
  write("bad");
  await vi.advanceTimersByTimeAsync(300);
  expect(state.value).toEqual({ kind: "refused", reason: "bad_definition." });
  write("good");
  await vi.advanceTimersByTimeAsync(300);
  expect([kept(), state.value.kind]).toEqual(["good", "saved"]);
});

test("viewers send nothing", async () => {
  saver.close();
  const own = new Saver(doc, { url: "/updates/", state, readOnly: true });
  write("mine");
  await vi.advanceTimersByTimeAsync(5_000);
  expect([server.asked, kept()]).toEqual([["GET /updates/"], undefined]);
  own.close();
});

test("a page with unsaved edits is not left without a question", async () => {
  const stop = guardUnsaved(saver, window);
  const leave = () => {
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(leave()).toBe(false);
  write("x");
  expect(leave()).toBe(true);
  await vi.advanceTimersByTimeAsync(300);
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(10);
  expect([kept(), leave()]).toEqual(["x", false]);
  stop();
});

test("state vectors travel in URL-safe Base64", () => {
  expect(base64url(new Uint8Array([251, 255, 254]))).toBe("-__-");
});

describe("going live", () => {
  const live = async (editor: Editor) => {
    const going = goLive(editor, window);
    await vi.advanceTimersByTimeAsync(2_500);
    return going;
  };

  test("takes the server's document, saves into it and asks what is wrong with it", async () => {
    server.doc = chainDoc().ydoc;
    server.problems = [{ code: "x", message: "No", fix: "", node: "a", field: "", severity: "error" }];
    server.next = [problem(503, "down")];
    const editor = new Editor(boot({ problems: [] }));
    const own = await live(editor);
    editor.edit((document) => ops.rename(document, "a", "Clean"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect([editor.problems.value.length, editor.saving.value.kind]).toEqual([1, "saved"]);
    const node = server.doc.getMap<Y.Map<unknown>>("nodes").get("a");
    expect(node?.get("title")).toBe("Clean");
    own.close();
  });

  test("says so when the document is refused", async () => {
    server.next = [problem(403, "forbidden")];
    const editor = new Editor(boot());
    const going = goLive(editor, window);
    await vi.advanceTimersByTimeAsync(1);
    expect(editor.saving.value).toEqual({ kind: "refused", reason: "forbidden." });
    await vi.advanceTimersByTimeAsync(2_000);
    (await going).close();
  });
});

test("a question about problems that fails leaves the old list", async () => {
  const problems = new Observable<readonly []>([]);
  const before = problems.value;
  server.next = [vanished];
  const check = validator("/validate/", problems);
  check();
  check();
  await vi.advanceTimersByTimeAsync(600);
  expect([problems.value === before, server.asked.length]).toEqual([true, 1]);
});

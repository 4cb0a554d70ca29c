// @vitest-environment jsdom
// The saver against a server of a few lines that keeps a real document.

import * as Y from "yjs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Observable } from "../model/observable";
import { base64url, Saver } from "./saver";
import { Unsaved } from "./unsaved";
import { validator } from "./validator";

/** Merges what is posted and answers what the client lacks; `next` makes it refuse or vanish. */
class Server {
  doc = new Y.Doc();
  asked: string[] = [];
  next: (() => Response)[] = [];

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.asked.push(`${init.method} ${url.split("?")[0]}`);
    const refusal = this.next.shift();
    if (refusal) return refusal();
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
let unsaved: Unsaved;
let saver: Saver;
let told: string[];

function saving(readOnly = false): Saver {
  return new Saver(doc, unsaved, {
    url: "/updates/",
    readOnly,
    onSynced: (sent) => told.push(sent ? "saved" : "looked"),
    onFailed: (error) => told.push((error as Error).message),
  });
}

beforeEach(async () => {
  vi.useFakeTimers();
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  [doc, unsaved, told] = [new Y.Doc(), new Unsaved(), []];
  saver = saving();
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin === "remote") return;
    unsaved.owe(update);
    saver.edited();
  });
  saver.start();
  await vi.advanceTimersByTimeAsync(300);
  server.asked.length = told.length = 0;
});

afterEach(() => {
  saver.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const write = (value: string) => doc.getMap("meta").set("name", value);
const kept = () => server.doc.getMap("meta").get("name");

test("edits close together travel together, and are saved when the server has them", async () => {
  write("one");
  write("two");
  expect(unsaved.any).toBe(true);
  await vi.advanceTimersByTimeAsync(300);
  expect([kept(), told, unsaved.any]).toEqual(["two", ["saved"], false]);
  expect(server.asked).toEqual(["POST /updates/"]);
});

test("an edit while a request is under way forms the next one", async () => {
  write("one");
  const sending = saver.flush();
  write("two");
  await saver.flush();
  await sending;
  expect(unsaved.any).toBe(true);
  await vi.advanceTimersByTimeAsync(300);
  expect([kept(), unsaved.any, server.asked.length]).toEqual(["two", false, 2]);
});

test("what others edited arrives without being asked for, and is not sent back", async () => {
  server.doc.getMap("meta").set("name", "theirs");
  await vi.advanceTimersByTimeAsync(4_100);
  expect(doc.getMap("meta").get("name")).toBe("theirs");
  expect([server.asked, told]).toEqual([["GET /updates/"], ["looked"]]);
});

test("what an earlier page kept is sent with the first request", async () => {
  saver.stop();
  write("from before");
  unsaved.settle(unsaved.owed());
  const own = saving();
  await own.flush();
  expect([kept(), told.at(-1)]).toEqual(["from before", "saved"]);
});

describe("when the server cannot be reached", () => {
  test("changes are kept, and sent when it is back", async () => {
    server.next = [vanished, problem(503, "down")];
    write("kept");
    await vi.advanceTimersByTimeAsync(300);
    expect([saver.works, unsaved.any]).toEqual([false, true]);
    write("kept too");
    await vi.advanceTimersByTimeAsync(5_000);
    expect([kept(), saver.works]).toEqual(["kept too", true]);
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
  expect(told).toEqual(["bad_definition."]);
  write("good");
  await vi.advanceTimersByTimeAsync(300);
  expect([kept(), told[1]]).toEqual(["good", "saved"]);
});

test("viewers send nothing", async () => {
  saver.stop();
  write("mine");
  const own = saving(true);
  await own.flush();
  expect([server.asked, kept()]).toEqual([["GET /updates/"], undefined]);
});

test("state vectors travel in URL-safe Base64", () => {
  expect(base64url(new Uint8Array([251, 255, 254]))).toBe("-__-");
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

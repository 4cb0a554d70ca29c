// For tests: windows of several people on one draft, over a server of a few lines that keeps a real
// document.

import "fake-indexeddb/auto";
import type * as Y from "yjs";
import { vi } from "vitest";
import { Editor } from "../model/editor";
import { boot, chainDoc } from "../model/samples";
import { goLive } from "./live";
import { MeetingServer } from "./meetings";
import type { Room } from "./room";

export const VIEWER = { edit: false, run: true, publish: false, comment: true, moderate: false };

export const away = (): Response => {
  throw new TypeError("failed to fetch");
};

/** What the windows of a test share; it is new for each test. */
export const world = {
  server: new MeetingServer(),
  opened: [] as Room[],
  onLine: true,
  requests: away as (url: string, init: RequestInit) => Response,
};

/** Begin anew: nobody is there, the connection is up. */
export function begin(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  world.server = new MeetingServer();
  world.server.doc = chainDoc().ydoc;
  world.opened = [];
  world.onLine = true;
  world.requests = (url) => (url.includes("validate") ? Response.json({ problems: [] }) : away());
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => world.requests(url, init));
  vi.spyOn(navigator, "onLine", "get").mockImplementation(() => world.onLine);
}

/** Close all windows and forget what they kept. */
export async function end(): Promise<void> {
  for (const room of world.opened) room.leave();
  await passes(0);
  for (const { name = "" } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
}

/** Let time pass, and what the database does meanwhile. */
export async function passes(ms: number): Promise<void> {
  const turns = async () => {
    for (let turn = 0; turn < 30; turn += 1) await new Promise((done) => setImmediate(done));
  };
  await turns();
  await vi.advanceTimersByTimeAsync(ms);
  await turns();
}

/** Open a window for somebody. */
export async function open(name: string, more: Parameters<typeof boot>[0] = {}) {
  const user = { id: name.toLowerCase(), name, colour: "teal" };
  const canEdit = more.permissions?.edit ?? true;
  const editor = new Editor(boot({ user, collab: { url: "/ws/wf/w1", user, canEdit }, ...more }));
  const going = goLive(editor, window, world.server.door(name));
  await passes(10);
  const room = await going;
  world.opened.push(room);
  await passes(10);
  return { editor, room };
}

export async function goOffline(): Promise<void> {
  world.onLine = false;
  window.dispatchEvent(new Event("offline"));
  await passes(10);
}

export async function comeBack(): Promise<void> {
  world.onLine = true;
  window.dispatchEvent(new Event("online"));
  await passes(100);
}

/** What the server has as the title of a step. */
export function titleOf(id: string): unknown {
  return world.server.doc.getMap<Y.Map<unknown>>("nodes").get(id)?.get("title");
}

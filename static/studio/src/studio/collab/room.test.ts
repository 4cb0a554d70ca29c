// @vitest-environment jsdom
// Windows of several people on one draft, over a server of a few lines that keeps a real document.

import "fake-indexeddb/auto";
import * as Y from "yjs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import * as ops from "../model/ops";
import { boot, chainDoc, step } from "../model/samples";
import { goLive } from "./live";
import { MeetingServer } from "./meetings";
import type { Room } from "./room";

const VIEWER = { edit: false, run: true, publish: false };

let server: MeetingServer;
let opened: Room[];
let onLine: boolean;
let requests: (url: string, init: RequestInit) => Response;

const away = (): Response => {
  throw new TypeError("failed to fetch");
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  server = new MeetingServer();
  server.doc = chainDoc().ydoc;
  opened = [];
  onLine = true;
  requests = (url) => (url.includes("validate") ? Response.json({ problems: [] }) : away());
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => requests(url, init));
  vi.spyOn(navigator, "onLine", "get").mockImplementation(() => onLine);
});

afterEach(async () => {
  for (const room of opened) room.leave();
  await passes(0);
  for (const { name = "" } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Let time pass, and what the database does meanwhile. */
async function passes(ms: number): Promise<void> {
  const turns = async () => {
    for (let turn = 0; turn < 30; turn += 1) await new Promise((done) => setImmediate(done));
  };
  await turns();
  await vi.advanceTimersByTimeAsync(ms);
  await turns();
}

async function open(name: string, more: Parameters<typeof boot>[0] = {}) {
  const user = { id: name.toLowerCase(), name, colour: "teal" };
  const canEdit = more.permissions?.edit ?? true;
  const editor = new Editor(boot({ user, collab: { url: "/ws/wf/w1", user, canEdit }, ...more }));
  const going = goLive(editor, window, server.door(name));
  await passes(10);
  const room = await going;
  opened.push(room);
  await passes(10);
  return { editor, room };
}

const goOffline = async () => {
  onLine = false;
  window.dispatchEvent(new Event("offline"));
  await passes(10);
};
const comeBack = async () => {
  onLine = true;
  window.dispatchEvent(new Event("online"));
  await passes(100);
};
const titleOf = (id: string) => server.doc.getMap<Y.Map<unknown>>("nodes").get(id)?.get("title");

describe("saving", () => {
  test("“Saved” is said when the server has stored it, not when it was sent", async () => {
    const { editor } = await open("Ana");
    server.prompt = false;
    editor.edit((doc) => ops.rename(doc, "a", "Clean"));
    await passes(100);
    expect([titleOf("a"), editor.saving.value.kind]).toEqual(["Clean", "saving"]);
    server.store();
    expect(editor.saving.value.kind).toBe("saved");
  });

  test("a step that was only deleted counts as well", async () => {
    const { editor } = await open("Ana");
    server.prompt = false;
    editor.edit((doc) => ops.remove(doc, ["b"]));
    server.doc.getMap("meta").set("x", 1);
    await passes(1_500);
    expect(editor.saving.value.kind).toBe("saving");
    server.prompt = true;
    server.store();
    await passes(1_500);
    expect(editor.saving.value.kind).toBe("saved");
  });

  test("the problems are asked for after a save", async () => {
    const { editor } = await open("Ana");
    const problem = { code: "x", message: "No", fix: "", node: "a", field: "", severity: "error" };
    requests = () => Response.json({ problems: [problem] });
    editor.edit((doc) => ops.rename(doc, "a", "Clean"));
    await passes(1_000);
    expect(editor.problems.value).toEqual([problem]);
  });

  test("a run waits until everything is stored", async () => {
    const { editor } = await open("Ana");
    server.prompt = false;
    editor.edit((doc) => ops.rename(doc, "a", "Clean"));
    const ready = vi.fn();
    void editor.sync?.().then(ready);
    await passes(100);
    expect(ready).not.toHaveBeenCalled();
    server.store();
    await passes(0);
    expect(ready).toHaveBeenCalled();
  });
});

describe("two people", () => {
  test("edit fields and texts of one step at the same time, and nothing is lost", async () => {
    const [ana, ben] = [await open("Ana"), await open("Ben")];
    ana.editor.edit((doc) => ops.addStep(doc, step("ai", "ai.generate", { config: { prompt: "Hello" } })));
    await passes(10);
    ana.room.provider.disconnect(); // so that neither sees the other's edits first
    ana.editor.edit((doc) => {
      ops.rename(doc, "ai", "Reply");
      ops.setParam(doc, "ai", "temperature", 0.2);
      ops.setText(doc, "ai", "prompt", "Dear Hello");
    });
    ben.editor.edit((doc) => {
      ops.setParam(doc, "ai", "route", "fast");
      ops.setText(doc, "ai", "prompt", "Hello there");
    });
    ana.room.provider.connect();
    await passes(100);
    for (const { editor } of [ana, ben])
      expect(editor.store.nodes.get("ai")).toMatchObject({
        title: "Reply",
        config: { route: "fast", temperature: 0.2, prompt: "Dear Hello there" },
      });
  });

  test("undo each their own", async () => {
    const [ana, ben] = [await open("Ana"), await open("Ben")];
    ana.editor.gesture((doc) => ops.rename(doc, "a", "Ana's"));
    ben.editor.gesture((doc) => ops.rename(doc, "b", "Ben's"));
    await passes(100);
    ana.editor.undo();
    await passes(100);
    for (const { editor } of [ana, ben])
      expect(["a", "b"].map((id) => editor.store.nodes.get(id)?.title)).toEqual(["", "Ben's"]);
    expect([ana.editor.undoState.value.undo, ben.editor.undoState.value.undo]).toEqual([false, true]);
  });

  test("who is overwritten is told by whom, and can have it back", async () => {
    const [ana, ben] = [await open("Ana"), await open("Ben")];
    ben.editor.edit((doc) => ops.setParam(doc, "c", "rows", 5));
    await passes(100);
    ana.editor.edit((doc) => ops.setParam(doc, "c", "rows", 9));
    await passes(100);
    expect(ben.editor.overwritten.get("c/c:rows")).toMatchObject({ by: "Ana", mine: 5 });
    expect(ana.editor.overwritten.get("c/c:rows")).toBeUndefined();
    ben.editor.edit((doc) => ops.setParam(doc, "c", "rows", 5));
    expect(ben.editor.overwritten.get("c/c:rows")).toBeUndefined();
  });

  test("see where the other is: cursor, selection, drag, field; the server says who it is", async () => {
    const [ana, ben] = [await open("Ana"), await open("Ben")];
    ana.editor.presence.show({ cursor: [10, 20], drag: { dx: 5, dy: 0 }, field: "a/url" });
    ana.editor.selection.set(["a"]);
    await passes(100);
    const [peer] = ben.editor.presence.peers.values();
    expect(peer).toMatchObject({
      user: { id: "ana", name: "Ana" },
      cursor: [10, 20],
      sel: ["a"],
      drag: { dx: 5, dy: 0 },
      field: "a/url",
    });
    expect(ben.editor.presence.inField("a/url")).toHaveLength(1);
    expect(ben.editor.presence.people.map(({ name }) => name)).toEqual(["Ana"]);
  });

  test("see of a large selection the frame around it", async () => {
    const [ana, ben] = [await open("Ana"), await open("Ben")];
    ana.editor.edit((doc) => {
      for (let at = 0; at < 60; at += 1) ops.addStep(doc, step(`n${at}`, "data.transform", { position: [at * 10, 0] }));
    });
    ana.editor.selection.set(Array.from({ length: 60 }, (_, at) => `n${at}`));
    await passes(100);
    const [peer] = ben.editor.presence.peers.values();
    expect([peer?.sel, peer?.box]).toEqual([[], [0, 0, 826, 98]]);
  });

  test("are shown to the others twenty times a second at most, and to nobody not at all", async () => {
    const ana = await open("Ana");
    const frames = () => server.heard.filter((kind) => kind === "awareness").length;
    const move = async () => {
      for (let x = 0; x < 100; x += 1) {
        ana.editor.presence.show({ cursor: [x, 0] });
        await vi.advanceTimersByTimeAsync(10);
      }
    };
    const alone = frames();
    await move();
    expect(frames()).toBe(alone);
    await open("Ben");
    const before = frames();
    await move();
    expect(frames() - before).toBeLessThanOrEqual(21);
    expect(frames() - before).toBeGreaterThan(10);
  });

  test("hear of each other when they come and go", async () => {
    const ana = await open("Ana");
    const ben = await open("Ben");
    await passes(1_100);
    expect(ana.editor.announcer.polite.value).toBe("Ben joined");
    expect(ben.editor.announcer.polite.value).toBe("Ana joined");
    ben.room.provider.awareness.setLocalState(null);
    ben.room.leave();
    await passes(2_100);
    expect(ana.editor.announcer.polite.value).toBe("Ben left");
  });
});

describe("without a connection", () => {
  test("edits are kept, and merged with the others' on return", async () => {
    const [ana, ben] = [await open("Ana"), await open("Ben")];
    await goOffline();
    ana.editor.edit((doc) => ops.rename(doc, "a", "Ana's"));
    server.edit((doc) => (doc.getMap<Y.Map<unknown>>("nodes").get("b") as Y.Map<unknown>).set("title", "Theirs"));
    expect(ana.editor.saving.value.kind).toBe("offline");
    await comeBack();
    expect(ana.editor.saving.value).toMatchObject({ kind: "saved", synced: true });
    for (const { editor } of [ana, ben])
      expect(["a", "b"].map((id) => editor.store.nodes.get(id)?.title)).toEqual(["Ana's", "Theirs"]);
    await passes(6_100);
    expect(ana.editor.saving.value).not.toHaveProperty("synced");
  });

  test("edits survive the page", async () => {
    const before = await open("Ana");
    await goOffline();
    before.editor.edit((doc) => ops.rename(doc, "a", "Kept"));
    await passes(100);
    before.room.leave();
    onLine = true;
    expect(titleOf("a")).toBeUndefined();
    const after = await open("Ana");
    await passes(1_500);
    expect([titleOf("a"), after.editor.store.nodes.get("a")?.title]).toEqual(["Kept", "Kept"]);
    expect(after.editor.saving.value.kind).toBe("saved");
  });

  test("requests take over, and the socket takes over from them", async () => {
    server.refuses = 1006;
    requests = (url, init) => {
      if (url.includes("validate")) return Response.json({ problems: [] });
      if (init.body instanceof Uint8Array) Y.applyUpdate(server.doc, init.body);
      return new Response(Y.encodeStateAsUpdate(server.doc) as Uint8Array<ArrayBuffer>);
    };
    const { editor, room } = await open("Ana");
    await passes(1_000);
    editor.edit((doc) => ops.rename(doc, "a", "By request"));
    expect(editor.saving.value.kind).toBe("saving");
    await passes(1_000);
    expect([titleOf("a"), editor.saving.value.kind, room.live]).toEqual(["By request", "saved", false]);
    server.refuses = null;
    await passes(20_000);
    expect(room.live).toBe(true);
  });

  test("a socket that takes its time does not keep the document away", async () => {
    const door = server.door;
    server.door = () => () => ({ readyState: 0, close() {}, send() {} }) as unknown as WebSocket;
    requests = (url) =>
      url.includes("validate")
        ? Response.json({ problems: [] })
        : new Response(Y.encodeStateAsUpdate(server.doc) as Uint8Array<ArrayBuffer>);
    const { editor } = await open("Ana");
    server.door = door;
    expect(editor.attached.value).toBe(false);
    await passes(1_500);
    expect([editor.attached.value, editor.saving.value.kind]).toEqual([true, "saved"]);
  });

  test("what another person kept in this browser is deleted", async () => {
    const ana = await open("Ana");
    ana.room.leave();
    await open("Ben");
    await passes(100);
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).toEqual([expect.stringContaining("/ben/w1/s1")]);
  });
});

describe("rights", () => {
  test("viewers see everything and send nothing", async () => {
    const [ana, vera] = [await open("Ana"), await open("Vera", { permissions: VIEWER })];
    server.heard.length = 0;
    vera.editor.edit((doc) => ops.rename(doc, "a", "No"));
    vera.editor.doc?.change(() => vera.editor.doc?.meta.set("name", "Forced"));
    ana.editor.edit((doc) => ops.rename(doc, "b", "Yes"));
    await passes(100);
    expect(vera.editor.store.nodes.get("b")?.title).toBe("Yes");
    expect([titleOf("a"), server.doc.getMap("meta").get("name")]).toEqual([undefined, undefined]);
  });

  test("a right that is lost ends it: no knocking, no edits, and what is unsaved stays", async () => {
    const { editor } = await open("Ana");
    server.prompt = false;
    editor.edit((doc) => ops.rename(doc, "a", "Unsaved"));
    server.refuses = 4403;
    server.closeAll(4403);
    await passes(60_000);
    expect(editor.saving.value).toEqual({ kind: "shut", why: "forbidden", unsaved: true });
    editor.edit((doc) => ops.rename(doc, "a", "Too late"));
    expect(editor.doc?.definition().nodes.find(({ id }) => id === "a")?.title).toBe("Unsaved");
    expect(server.lines.size).toBe(0);
  });

  test("with everything saved nothing of it stays in the browser", async () => {
    await open("Ana");
    server.closeAll(4403);
    await passes(100);
    expect(await indexedDB.databases()).toEqual([]);
  });

  test("who lost the right while away is told of what only they have", async () => {
    const before = await open("Ana");
    await goOffline();
    before.editor.edit((doc) => ops.rename(doc, "a", "Stranded"));
    await passes(100);
    before.room.leave();
    onLine = true;
    const after = await open("Ana", { permissions: VIEWER });
    await passes(1_500);
    expect(after.editor.saving.value).toEqual({ kind: "shut", why: "forbidden", unsaved: true });
    expect(after.editor.store.nodes.get("a")?.title).toBe("Stranded");
    expect(titleOf("a")).toBeUndefined();
    await after.room.discard();
    await passes(100);
    expect(await indexedDB.databases()).toEqual([]);
  });

  test("a socket that takes edits in silence does not hide that the right is gone", async () => {
    const { editor } = await open("Ana");
    server.prompt = false;
    requests = () => Response.json({ code: "forbidden", detail: "No." }, { status: 403 });
    editor.edit((doc) => ops.rename(doc, "a", "Unsaved"));
    await passes(5_000);
    expect(editor.saving.value).toEqual({ kind: "shut", why: "forbidden", unsaved: true });
  });

  test("what the server refuses says why, until something else is edited", async () => {
    const { editor } = await open("Ana");
    server.prompt = false;
    requests = (url) =>
      url.includes("updates") ? Response.json({ code: "too_large", detail: "Too large." }, { status: 413 }) : Response.json({ problems: [] });
    editor.edit((doc) => ops.rename(doc, "a", "Much"));
    await passes(5_000);
    expect(editor.saving.value).toEqual({ kind: "refused", reason: "Too large." });
    server.prompt = true;
    editor.edit((doc) => ops.rename(doc, "a", "Less"));
    await passes(100);
    expect(editor.saving.value.kind).toBe("saved");
  });

  test("a request that is refused says the same", async () => {
    server.refuses = 1006;
    requests = () => Response.json({ code: "forbidden", detail: "No." }, { status: 403 });
    const { editor } = await open("Ana");
    await passes(1_000);
    expect(editor.saving.value).toMatchObject({ kind: "shut", why: "forbidden" });
  });

  test("after a sign-in it goes on", async () => {
    const { editor, room } = await open("Ana");
    server.closeAll(4401);
    await passes(100);
    expect([editor.saving.value, editor.readOnly]).toEqual([{ kind: "shut", why: "signed-out", unsaved: false }, true]);
    room.retry();
    await passes(100);
    expect([editor.saving.value.kind, editor.readOnly]).toEqual(["saved", false]);
  });
});

describe("sockets on a host of their own", () => {
  const elsewhere = { url: "wss://live.example/ws/wf/w1", user: { id: "ana", name: "Ana", colour: "teal" }, canEdit: true };

  test("are opened with a ticket, another one each time", async () => {
    const urls: string[] = [];
    let count = 0;
    requests = (url) => {
      if (url.includes("ticket")) return Response.json({ url: `wss://live.example/ws/wf/w1?ticket=${(count += 1)}` }, { status: 201 });
      return url.includes("validate") ? Response.json({ problems: [] }) : away();
    };
    const door = server.door;
    server.door = (name) => (url) => {
      urls.push(url);
      return door.call(server, name)(url);
    };
    const { room } = await open("Ana", { collab: elsewhere });
    expect(room.live).toBe(true);
    server.closeAll(1006);
    await passes(2_000);
    expect(urls.map((url) => url.split("=")[1])).toEqual(["1", "2"]);
  });

  test("are not opened by who may not", async () => {
    requests = () => Response.json({ code: "not_found", detail: "No." }, { status: 404 });
    const { editor } = await open("Ana", { collab: elsewhere });
    expect(editor.saving.value).toMatchObject({ kind: "shut", why: "forbidden" });
  });
});

test("what the server cannot take is not sent again and again", async () => {
  await open("Ana");
  server.heard.length = 0;
  server.closeAll(4413);
  await passes(5_000);
  expect(server.heard).toEqual([]);
});

test("a connection that says nothing any more is given up and made anew", async () => {
  const { room } = await open("Ana");
  const [dead] = server.lines;
  if (!dead) throw new Error("no line");
  dead.send = () => undefined;
  await passes(70_000);
  expect([server.lines.has(dead), room.live]).toEqual([false, true]);
});

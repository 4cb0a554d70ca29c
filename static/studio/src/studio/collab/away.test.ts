// @vitest-environment jsdom
// Windows whose connection or whose rights are gone, and those whose sockets are elsewhere.

import * as Y from "yjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as ops from "../model/ops";
import { away, begin, comeBack, end, goOffline, open, passes, titleOf, VIEWER, world } from "./windows";

beforeEach(begin);
afterEach(end);

describe("without a connection", () => {
  test("edits are kept, and merged with the others' on return", async () => {
    const [ana, ben] = [await open("Ana"), await open("Ben")];
    await goOffline();
    ana.editor.edit((doc) => ops.rename(doc, "a", "Ana's"));
    world.server.edit((doc) => (doc.getMap<Y.Map<unknown>>("nodes").get("b") as Y.Map<unknown>).set("title", "Theirs"));
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
    world.onLine = true;
    expect(titleOf("a")).toBeUndefined();
    const after = await open("Ana");
    await passes(1_500);
    expect([titleOf("a"), after.editor.store.nodes.get("a")?.title]).toEqual(["Kept", "Kept"]);
    expect(after.editor.saving.value.kind).toBe("saved");
  });

  test("world.requests take over, and the socket takes over from them", async () => {
    world.server.refuses = 1006;
    world.requests = (url, init) => {
      if (url.includes("validate")) return Response.json({ problems: [] });
      if (init.body instanceof Uint8Array) Y.applyUpdate(world.server.doc, init.body);
      return new Response(Y.encodeStateAsUpdate(world.server.doc) as Uint8Array<ArrayBuffer>);
    };
    const { editor, room } = await open("Ana");
    await passes(1_000);
    editor.edit((doc) => ops.rename(doc, "a", "By request"));
    expect(editor.saving.value.kind).toBe("saving");
    await passes(1_000);
    expect([titleOf("a"), editor.saving.value.kind, room.live]).toEqual(["By request", "saved", false]);
    world.server.refuses = null;
    await passes(20_000);
    expect(room.live).toBe(true);
  });

  test("a socket that takes its time does not keep the document away", async () => {
    const door = world.server.door;
    world.server.door = () => () => ({ readyState: 0, close() {}, send() {} }) as unknown as WebSocket;
    world.requests = (url) =>
      url.includes("validate")
        ? Response.json({ problems: [] })
        : new Response(Y.encodeStateAsUpdate(world.server.doc) as Uint8Array<ArrayBuffer>);
    const { editor } = await open("Ana");
    world.server.door = door;
    expect(editor.attached.value).toBe(false);
    await passes(1_500);
    expect([editor.attached.value, editor.saving.value.kind]).toEqual([true, "saved"]);
  });

  test("what another person kept in this browser is deleted", async () => {
    const ana = await open("Ana");
    ana.room.leave();
    localStorage.setItem("auterity-inputs-ana-w1", "{}");
    await open("Ben");
    await passes(100);
    expect(localStorage.getItem("auterity-inputs-ana-w1")).toBeNull();
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).toEqual([expect.stringContaining("/ben/w1/s1")]);
  });
});

describe("rights", () => {
  test("viewers see everything and send nothing", async () => {
    const [ana, vera] = [await open("Ana"), await open("Vera", { permissions: VIEWER })];
    world.server.heard.length = 0;
    vera.editor.edit((doc) => ops.rename(doc, "a", "No"));
    vera.editor.doc?.change(() => vera.editor.doc?.meta.set("name", "Forced"));
    ana.editor.edit((doc) => ops.rename(doc, "b", "Yes"));
    await passes(100);
    expect(vera.editor.store.nodes.get("b")?.title).toBe("Yes");
    expect([titleOf("a"), world.server.doc.getMap("meta").get("name")]).toEqual([undefined, undefined]);
  });

  test("a right that is lost ends it: no knocking, no edits, and what is unsaved stays", async () => {
    const { editor } = await open("Ana");
    world.server.prompt = false;
    editor.edit((doc) => ops.rename(doc, "a", "Unsaved"));
    world.server.refuses = 4403;
    world.server.closeAll(4403);
    await passes(60_000);
    expect(editor.saving.value).toEqual({ kind: "shut", why: "forbidden", unsaved: true });
    editor.edit((doc) => ops.rename(doc, "a", "Too late"));
    expect(editor.doc?.definition().nodes.find(({ id }) => id === "a")?.title).toBe("Unsaved");
    expect(world.server.lines.size).toBe(0);
  });

  test("with everything saved nothing of it stays in the browser", async () => {
    await open("Ana");
    world.server.closeAll(4403);
    await passes(100);
    expect(await indexedDB.databases()).toEqual([]);
  });

  test("who lost the right while away is told of what only they have", async () => {
    const before = await open("Ana");
    await goOffline();
    before.editor.edit((doc) => ops.rename(doc, "a", "Stranded"));
    await passes(100);
    before.room.leave();
    world.onLine = true;
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
    world.server.prompt = false;
    world.requests = () => Response.json({ code: "forbidden", detail: "No." }, { status: 403 });
    editor.edit((doc) => ops.rename(doc, "a", "Unsaved"));
    await passes(5_000);
    expect(editor.saving.value).toEqual({ kind: "shut", why: "forbidden", unsaved: true });
  });

  test("what the world.server refuses says why, until something else is edited", async () => {
    const { editor } = await open("Ana");
    world.server.prompt = false;
    world.requests = (url) =>
      url.includes("updates") ? Response.json({ code: "too_large", detail: "Too large." }, { status: 413 }) : Response.json({ problems: [] });
    editor.edit((doc) => ops.rename(doc, "a", "Much"));
    await passes(5_000);
    expect(editor.saving.value).toEqual({ kind: "refused", reason: "Too large." });
    world.server.prompt = true;
    editor.edit((doc) => ops.rename(doc, "a", "Less"));
    await passes(100);
    expect(editor.saving.value.kind).toBe("saved");
  });

  test("a request that is refused says the same", async () => {
    world.server.refuses = 1006;
    world.requests = () => Response.json({ code: "forbidden", detail: "No." }, { status: 403 });
    const { editor } = await open("Ana");
    await passes(1_000);
    expect(editor.saving.value).toMatchObject({ kind: "shut", why: "forbidden" });
  });

  test("after a sign-in it goes on", async () => {
    const { editor, room } = await open("Ana");
    world.server.closeAll(4401);
    await passes(100);
    expect([editor.saving.value, editor.readOnly]).toEqual([{ kind: "shut", why: "signed-out", unsaved: false }, true]);
    room.retry();
    await passes(100);
    expect([editor.saving.value.kind, editor.readOnly]).toEqual(["saved", false]);
  });
});

describe("sockets on a host of their own", () => {
  const elsewhere = { url: "wss://live.example/ws/wf/w1", user: { id: "ana", name: "Ana", colour: "teal" }, canEdit: true };

  test("are world.opened with a ticket, another one each time", async () => {
    const urls: string[] = [];
    let count = 0;
    world.requests = (url) => {
      if (url.includes("ticket")) return Response.json({ url: `wss://live.example/ws/wf/w1?ticket=${(count += 1)}` }, { status: 201 });
      return url.includes("validate") ? Response.json({ problems: [] }) : away();
    };
    const door = world.server.door;
    world.server.door = (name) => (url) => {
      urls.push(url);
      return door.call(world.server, name)(url);
    };
    const { room } = await open("Ana", { collab: elsewhere });
    expect(room.live).toBe(true);
    world.server.closeAll(1006);
    await passes(2_000);
    expect(urls.map((url) => url.split("=")[1])).toEqual(["1", "2"]);
  });

  test("are not world.opened by who may not", async () => {
    world.requests = () => Response.json({ code: "not_found", detail: "No." }, { status: 404 });
    const { editor } = await open("Ana", { collab: elsewhere });
    expect(editor.saving.value).toMatchObject({ kind: "shut", why: "forbidden" });
  });
});

// @vitest-environment jsdom
// Windows of several people on one draft while the server is there.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as ops from "../model/ops";
import { CHAIN, step } from "../model/samples";
import { begin, end, open, passes, titleOf, world } from "./windows";

beforeEach(begin);
afterEach(end);

describe("saving", () => {
  test("“Saved” is said when the world.server has stored it, not when it was sent", async () => {
    const { editor } = await open("Ana");
    world.server.prompt = false;
    editor.edit((doc) => ops.rename(doc, "a", "Clean"));
    await passes(100);
    expect([titleOf("a"), editor.saving.value.kind]).toEqual(["Clean", "saving"]);
    world.server.store();
    expect(editor.saving.value.kind).toBe("saved");
  });

  test("a step that was only deleted counts as well", async () => {
    const { editor } = await open("Ana");
    world.server.prompt = false;
    editor.edit((doc) => ops.remove(doc, ["b"]));
    world.server.doc.getMap("meta").set("x", 1);
    await passes(1_500);
    expect(editor.saving.value.kind).toBe("saving");
    world.server.prompt = true;
    world.server.store();
    await passes(1_500);
    expect(editor.saving.value.kind).toBe("saved");
  });

  test("the problems are asked for after a save", async () => {
    const { editor } = await open("Ana");
    const problem = { code: "x", message: "No", fix: "", node: "a", field: "", severity: "error" };
    world.requests = () => Response.json({ problems: [problem] });
    editor.edit((doc) => ops.rename(doc, "a", "Clean"));
    await passes(1_000);
    expect(editor.problems.value).toEqual([problem]);
  });

  test("moving a step is nothing to publish; changing one is", async () => {
    const { editor } = await open("Ana", { snapshot: { ...CHAIN, settings: {} } }); // as the server has it
    await passes(1_000);
    const same = { ...editor.version.value, published: 1, has_unpublished_changes: false };
    editor.version.set(same);
    editor.edit((doc) => ops.move(doc, new Map([["a", [700, 20]]])));
    await passes(1_500);
    expect(editor.version.value).toEqual(same);
    editor.edit((doc) => ops.rename(doc, "a", "Clean"));
    await passes(1_500);
    expect(editor.version.value.has_unpublished_changes).toBe(true);
  });

  test("a run waits until everything is stored", async () => {
    const { editor } = await open("Ana");
    world.server.prompt = false;
    editor.edit((doc) => ops.rename(doc, "a", "Clean"));
    const ready = vi.fn();
    void editor.sync?.().then(ready);
    await passes(100);
    expect(ready).not.toHaveBeenCalled();
    world.server.store();
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

  test("see where the other is: cursor, selection, drag, field; the world.server says who it is", async () => {
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
    const frames = () => world.server.heard.filter((kind) => kind === "awareness").length;
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

test("what the world.server cannot take is not sent again and again", async () => {
  await open("Ana");
  world.server.heard.length = 0;
  world.server.closeAll(4413);
  await passes(5_000);
  expect(world.server.heard).toEqual([]);
});

test("a connection that says nothing any more is given up and made anew", async () => {
  const { room } = await open("Ana");
  const [dead] = world.server.lines;
  if (!dead) throw new Error("no line");
  dead.send = () => undefined;
  await passes(70_000);
  expect([world.server.lines.has(dead), room.live]).toEqual([false, true]);
});

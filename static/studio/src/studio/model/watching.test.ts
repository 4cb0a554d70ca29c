// Selection, overlay, topics, announcer: what components listen to.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Announcer } from "./announcer";
import { readBoot } from "./boot";
import { newId } from "./ids";
import { same } from "./json";
import { Observable } from "./observable";
import { ofNodeRun, RunOverlay } from "./overlay";
import { Panels } from "./panels";
import { saveWords } from "./saving";
import { Selection } from "./selection";
import { Topics } from "./topics";

describe("topics", () => {
  test("wake only their listeners, once for a batch", () => {
    const topics = new Topics();
    const heard = vi.fn();
    const stop = topics.on("a", heard);
    topics.on("b", heard);
    topics.emit("c");
    topics.batch(() => {
      topics.emit("a", "b");
      topics.emit("a");
    });
    expect(heard).toHaveBeenCalledTimes(1);
    stop();
    topics.emit("a");
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("are told even when a batch fails", () => {
    const topics = new Topics();
    const heard = vi.fn();
    topics.on("a", heard);
    expect(() => topics.batch(() => (topics.emit("a"), JSON.parse("{")))).toThrow();
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("selection", () => {
  test("wakes the steps that changed", () => {
    const selection = new Selection();
    const [a, b, all] = [vi.fn(), vi.fn(), vi.fn()];
    selection.on("selected:a", a);
    selection.on("selected:b", b);
    selection.on("selection", all);
    selection.set(["a"]);
    selection.set(["a", "b"]);
    selection.toggle("b");
    expect([a, b, all].map((each) => each.mock.calls.length)).toEqual([1, 2, 3]);
    expect([selection.single, selection.has("b")]).toEqual(["a", false]);
  });

  test("is of steps or of an edge", () => {
    const selection = new Selection();
    selection.set(["a"]);
    selection.selectEdge("e");
    expect([selection.ids.size, selection.edge, selection.single]).toEqual([0, "e", null]);
    selection.set(["a", "b"]);
    expect([selection.edge, selection.single]).toEqual([null, null]);
    selection.selectEdge("e");
    selection.selectEdge("e");
    selection.setFocus("a");
    selection.setFocus("a");
    selection.keep(() => false, () => false);
    expect([selection.edge, selection.focus]).toEqual([null, null]);
  });
});

describe("the run's overlay", () => {
  const nodeRun = {
    frame: "", node: "a", title: "", type: "", status: "failed" as const, attempt: 2, input: null, output: null,
    error: { code: "x", message: "No" }, port: null, started_at: "2026-01-01T00:00:00Z", finished_at: null,
    cost_usd: null, tokens: null, logs: [],
  };

  test("tells once a frame, and only of what changed", () => {
    const frames: (() => void)[] = [];
    const overlay = new RunOverlay((flush) => frames.push(flush));
    const [a, b, any, run] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
    overlay.on("a", a);
    overlay.on("b", b);
    overlay.on("*", any);
    overlay.on("run", run);
    overlay.setRun({ id: "r", status: "running" });
    overlay.set("a", { status: "running" });
    overlay.set("a", { status: "succeeded", ms: 5 });
    expect(a).not.toHaveBeenCalled();
    frames.shift()?.();
    expect([a, b, any, run].map((each) => each.mock.calls.length)).toEqual([1, 0, 1, 1]);
    expect(overlay.get("a")).toMatchObject({ status: "succeeded", ms: 5, attempt: 0 });
    expect([...overlay.entries()]).toHaveLength(1);
  });

  test("loads a stored run and forgets it", async () => {
    const overlay = new RunOverlay();
    overlay.load({ id: "r", status: "failed" }, [nodeRun]);
    expect(overlay.get("a")).toMatchObject({ status: "failed", attempt: 2, ms: null });
    await Promise.resolve();
    overlay.clear();
    expect([overlay.get("a"), overlay.run]).toEqual([undefined, null]);
  });

  test("counts from when a step started, if it did", () => {
    expect(ofNodeRun({ ...nodeRun, started_at: null })).toMatchObject({ startedAt: null, ms: null });
  });

  test("uses the browser's frames where there are some", () => {
    const frame = vi.fn();
    vi.stubGlobal("requestAnimationFrame", frame);
    new RunOverlay().set("a", {});
    expect(frame).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });
});

describe("the announcer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("says at most one thing a second, the last", () => {
    const announcer = new Announcer();
    announcer.say("one");
    announcer.say("two");
    announcer.say("three");
    expect(announcer.polite.value).toBe("one");
    vi.advanceTimersByTime(1000);
    expect(announcer.polite.value).toBe("three");
    vi.advanceTimersByTime(1000);
    announcer.say("three");
    expect(announcer.polite.value).toBe("three\u00a0");
  });
});

test("an observable tells only of other values", () => {
  const value = new Observable(1);
  const heard = vi.fn();
  const stop = value.on(heard);
  value.set(1);
  value.set(2);
  stop();
  value.set(3);
  expect([heard.mock.calls.length, value.get()]).toEqual([1, 3]);
});

test("panels open and close", () => {
  const panels = new Panels();
  panels.toggleDrawer("find");
  panels.toggleDrawer("outline");
  expect(panels.drawer.value).toBe("outline");
  panels.toggleDrawer("outline");
  expect(panels.drawer.value).toBeNull();
});

test("ids are the type's tail and five letters, never one that is taken", () => {
  let asked = 0;
  const id = newId("http.request", () => asked++ < 2);
  expect([id.replace(/_.*/, ""), asked]).toEqual(["request", 3]);
  expect(id).toMatch(/^request_[a-z2-7]{5}$/);
  expect(newId("x.9", () => false)).toMatch(/^step_/);
});

test.each([
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: undefined }, { b: 1 }, false],
  [[1], { 0: 1 }, false],
  [null, {}, false],
  ["1", 1, false],
  [NaN, NaN, true],
])("%o and %o are the same: %s", (a, b, wanted) => expect(same(a, b)).toBe(wanted));

test("saving is said in words", () => {
  const words = [
    saveWords({ kind: "saved", at: null }),
    saveWords({ kind: "saved", at: 1, synced: true }),
    saveWords({ kind: "saving" }),
    saveWords({ kind: "offline" }),
    saveWords({ kind: "refused", reason: "No right." }),
    saveWords({ kind: "shut", why: "forbidden", unsaved: true }),
    saveWords({ kind: "shut", why: "signed-out", unsaved: false }),
  ];
  expect(words).toEqual([
    "Saved",
    "Synced",
    "Saving…",
    "Offline – changes kept on this device",
    "Cannot save: No right.",
    "Not saving: your rights changed",
    "Not saving: you are signed out",
  ]);
});

test("the page's boot data", () => {
  const page = (text: string | null) =>
    ({ getElementById: () => (text === null ? null : { textContent: text }) }) as unknown as Document;
  expect(readBoot(page('{"etag": "1"}'))).toEqual({ etag: "1" });
  expect(() => readBoot(page(null))).toThrow("The page carries no boot data.");
});

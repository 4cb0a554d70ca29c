// Threads as the canvas and the lists show them.

import { describe, expect, test } from "vitest";
import {
  aboutWords, Comments, filtered, inSight, isDetached, nameBeingWritten, partsOf, pinsOf, placeOf, stillNamed,
  type Thread,
} from "./comments";
import { Editor } from "./editor";
import { boot } from "./samples";

const BEN = { id: "u1", name: "Ben", colour: "teal" };
const ANA = { id: "u2", name: "Ana Ruiz", colour: "red" };

function thread(id: string, more: Partial<Thread> = {}): Thread {
  return {
    id, workflow: "w1", node: "", field: "", at: [0, 0], node_title: "", detached: false, resolved: false,
    resolved_by: null, created_at: "", last_at: id, comment_count: 1, unread: 0,
    first: { id: `c${id}`, author: ANA, text: "Why?", mentions: [], created_at: "", edited_at: null, deleted: false },
    ...more,
  };
}

function world(...threads: Thread[]) {
  const editor = new Editor(boot());
  for (const each of threads) editor.comments.put(each);
  return editor;
}

const onStep = (id: string, more: Partial<Thread> = {}) => thread(id, { node: "a", at: null, ...more });

describe("pins", () => {
  test("open threads of a step share one, points have their own, what is done or gone has none", () => {
    const { comments, store } = world(
      onStep("1", { comment_count: 2, unread: 1 }), onStep("2"), thread("3", { at: [5, 6] }),
      onStep("4", { resolved: true }), thread("5", { node: "gone", at: null }),
    );
    const pins = pinsOf(comments, store).map(({ key, count, unread, threads }) => [key, count, unread, threads.length]);
    expect(pins).toEqual([["3", 1, 0, 1], ["a", 3, 1, 2]]);
    const box = store.boxOf("a");
    expect(pinsOf(comments, store)[1]?.at).toEqual([(box?.x ?? 0) + (box?.width ?? 0), box?.y]);
  });

  test("many in sight are painted, what is elsewhere does not count", () => {
    const { comments, store } = world(...Array.from({ length: 70 }, (_, index) => thread(`t${index}`, { at: [index, 0] })));
    const seen = { x: -1, y: -1, width: 200, height: 10 };
    expect(inSight(pinsOf(comments, store), seen)).toMatchObject({ painted: true });
    const { pins, painted } = inSight(pinsOf(comments, store), { ...seen, width: 10 });
    expect([pins.length, painted]).toEqual([10, false]);
  });

  test("a pin opens its thread, or the list of them", () => {
    const { comments, store } = world(onStep("1"), thread("3"));
    const [point, step] = pinsOf(comments, store);
    if (point) comments.openPin(point);
    expect(comments.opened.value).toEqual({ kind: "thread", id: "3" });
    comments.put(onStep("2"));
    comments.openPin(pinsOf(comments, store)[1] ?? (step as never));
    expect(comments.opened.value).toEqual({ kind: "step", node: "a" });
  });
});

test("a thread of a step that is gone keeps its name, and has it back when the step is", () => {
  const lost = thread("1", { node: "gone", at: null, node_title: "Fetch page", field: "config.url" });
  const { store } = world();
  expect([isDetached(lost, store), aboutWords(lost, store)]).toEqual([true, "Fetch page · url"]);
  expect(isDetached({ ...lost, node: "a" }, store)).toBe(false);
  expect(aboutWords(thread("2"), store)).toBe("A place on the canvas");
});

test("a step's comments are counted in words", () => {
  const { comments } = world(onStep("1", { comment_count: 2, unread: 1 }), onStep("2"));
  expect([comments.wordsOf("a"), comments.wordsOf("b")]).toEqual(["3 comments, 1 unread", ""]);
});

test("asked for a step, one sees its thread, its threads, or begins", () => {
  const { comments } = world();
  comments.openStep("a");
  expect(comments.opened.value).toMatchObject({ kind: "new", anchor: { node: "a", at: null } });
  comments.put(onStep("1"));
  comments.openStep("a");
  expect(comments.opened.value).toEqual({ kind: "thread", id: "1" });
  comments.remove("1");
  expect(comments.opened.value).toBeNull();
});

test("what is not sent yet stands among the others", () => {
  const { comments, store } = world(thread("1"));
  comments.unsent.set([
    { key: "k", thread: null, anchor: { node: "a", field: "", at: null }, text: "Later", mentions: [], at: "2" },
    { key: "r", thread: "1", anchor: null, text: "Reply", mentions: [], at: "3" },
  ]);
  expect(comments.all().map(({ id, waiting }) => [id, waiting ?? false])).toEqual([["k", true], ["1", false]]);
  expect(pinsOf(comments, store).map(({ key }) => key)).toEqual(["a", "1"]);
});

test("lists are filtered", () => {
  const { store } = world();
  const all = [
    thread("1", { unread: 1 }), thread("2", { resolved: true }),
    onStep("3", { first: { ...(thread("3").first as NonNullable<Thread["first"]>), author: BEN, text: "Mine" } }),
  ];
  const ids = (more: object) =>
    filtered(all, { state: "all", mine: false, unread: false, text: "", ...more }, BEN, store).map(({ id }) => id);
  expect(ids({})).toEqual(["1", "2", "3"]);
  expect(ids({ state: "open" })).toEqual(["1", "3"]);
  expect(ids({ state: "resolved" })).toEqual(["2"]);
  expect(ids({ unread: true })).toEqual(["1"]);
  expect(ids({ mine: true })).toEqual(["3"]);
  expect(ids({ text: " MINE " })).toEqual(["3"]);
});

describe("mentions", () => {
  test("names stand out, the longer of two that begin alike", () => {
    const ana = { ...ANA, id: "u3", name: "Ana" };
    expect(partsOf("Ask @Ana Ruiz, not @Ana or @Ben.", [ana, ANA]).map(({ text, person }) => [text, person?.id])).toEqual([
      ["Ask ", undefined], ["@Ana Ruiz", "u2"], [", not ", undefined], ["@Ana", "u3"], [" or @Ben.", undefined],
    ]);
  });

  test.each([
    ["@", 1, { from: 0, query: "" }],
    ["Ask @an", 7, { from: 4, query: "an" }],
    ["Ask @Ana Ru", 11, { from: 4, query: "Ana Ru" }],
    ["mail a@b", 8, null],
    ["@ana\nnext", 9, null],
    ["no", 2, null],
  ])("what is written behind an @ is a name: %s", (text, caret, found) => {
    expect(nameBeingWritten(text, caret)).toEqual(found);
  });

  test("who is deleted from the text is not told", () => {
    expect(stillNamed("@Ana Ruiz and", [ANA, BEN, ANA])).toEqual([ANA]);
  });
});

test("each place has a draft of its own", () => {
  const comments = new Comments();
  comments.beginAt([1.4, 2.6]);
  const point = comments.opened.value;
  comments.beginOn("a", "config.url");
  const field = comments.opened.value;
  const places = [point, field, { kind: "thread", id: "1" } as const].map((each) => each && placeOf(each));
  expect(places).toEqual(["new   1 3", "new a config.url ", "1"]);
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import * as ops from "./ops";
import { Overwritten, TOLD_MS } from "./overwritten";
import { initials, NOTHING_SHOWN, Presence } from "./presence";
import { chainDoc } from "./samples";
import { LOCAL, REMOTE } from "./stored";

const person = (id: string) => ({ id, name: id.toUpperCase(), colour: "red" });

describe("presence", () => {
  let presence: Presence;
  const shown = (id: string, more: object = {}) => ({ ...NOTHING_SHOWN, user: person(id), ...more });
  const put = (entries: Record<number, unknown>, now = 0) =>
    presence.put(new Map(Object.entries(entries).map(([client, raw]) => [Number(client), raw])), now);

  beforeEach(() => {
    presence = new Presence(person("me"));
  });

  test("counts each person once, this one not at all", () => {
    const heard = vi.fn();
    presence.on("people", heard);
    put({ 1: shown("ana"), 2: shown("ana"), 3: shown("me"), 4: shown("ben") });
    expect(presence.people.map(({ id }) => id)).toEqual(["ana", "ben"]);
    put({ 1: shown("ana"), 4: shown("ben", { cursor: [1, 2] }) });
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("wakes only who looks at what changed", () => {
    const [canvas, field] = [vi.fn(), vi.fn()];
    put({ 1: shown("ana") });
    presence.on("canvas", canvas);
    presence.on("field:a/url", field);
    put({ 1: shown("ana") });
    put({ 1: shown("ana", { cursor: [1, 2] }) });
    expect([canvas.mock.calls.length, field.mock.calls.length]).toEqual([1, 0]);
    put({ 1: shown("ana", { cursor: [1, 2], field: "a/url" }) });
    put({});
    expect(field).toHaveBeenCalledTimes(2);
    expect(presence.inField("a/url")).toEqual([]);
  });

  test("knows when a cursor last moved, and which window is a person's latest", () => {
    put({ 1: shown("ana", { cursor: [0, 0] }), 2: shown("ana", { cursor: [5, 5] }) }, 10);
    put({ 1: shown("ana", { cursor: [1, 0] }), 2: shown("ana", { cursor: [5, 5] }) }, 20);
    expect(presence.peers.get(2)?.moved).toBe(10);
    expect(presence.latest("ana")?.cursor).toEqual([1, 0]);
  });

  test("remembers who somebody was after they left", () => {
    put({ 1: shown("ana") });
    put({});
    expect([presence.nameOf(1), presence.nameOf(2)]).toEqual(["ANA", ""]);
  });

  test("follows somebody until they leave or it is asked again", () => {
    put({ 1: shown("ana"), 2: shown("ben") });
    presence.follow("ana");
    presence.follow("ana");
    expect(presence.following.value).toBeNull();
    presence.follow("ana");
    put({ 2: shown("ben") });
    expect(presence.following.value).toBeNull();
  });

  test.each([
    [null],
    ["text"],
    [{}],
    [{ user: { id: 1, name: "x" } }],
  ])("leaves out what is no person: %o", (raw) => {
    put({ 1: raw });
    expect(presence.peers.size).toBe(0);
  });

  test("takes nothing that is not what it should be", () => {
    const sel = Array.from({ length: 99 }, (_, index) => `n${index}`);
    put({ 1: { user: { ...person("ana"), colour: "red);x" }, cursor: [1, NaN], sel: [7, ...sel], drag: { dx: 1 }, field: 3, caret: "x" } });
    const peer = presence.peers.get(1);
    expect(peer).toMatchObject({ cursor: null, drag: null, field: null, caret: null, user: { colour: "blue" } });
    expect(peer?.sel).toHaveLength(50);
  });

  test("shows what changed, and nothing where nothing did", () => {
    const heard = vi.fn();
    presence.own.on(heard);
    presence.show({ cursor: [1, 1] });
    presence.show({ cursor: [1, 1] });
    expect(heard).toHaveBeenCalledTimes(1);
    expect(presence.own.value).toMatchObject({ cursor: [1, 1], sel: [] });
  });
});

test.each([
  ["Ana Maria Silva", "AS"],
  ["ben", "B"],
  ["", "?"],
])("%s is %s", (name, letters) => expect(initials(name)).toBe(letters));

describe("what somebody set after one", () => {
  let now = 1_000;
  const told = new Map([[7, "Ana"]]);
  const followed = () => {
    const doc = chainDoc();
    const overwritten = new Overwritten((client) => told.get(client) ?? "", () => now);
    overwritten.follow(doc);
    const set = (value: string | undefined, origin: string) =>
      doc.change(() => ops.setMeta(doc, "a", "title", value), origin);
    return { doc, overwritten, set };
  };

  test("is told for a while, with what one had set", () => {
    const { overwritten, set } = followed();
    const heard = vi.fn();
    overwritten.on("a/title", heard);
    set("mine", LOCAL);
    set("theirs", REMOTE);
    expect(overwritten.get("a/title")).toEqual({ by: "", at: 1_000, mine: "mine" });
    expect(heard).toHaveBeenCalledTimes(1);
    now += TOLD_MS;
    expect(overwritten.get("a/title")).toBeUndefined();
  });

  test("is not told where one had set nothing, or the same, or it was taken note of", () => {
    const { overwritten, set } = followed();
    set("theirs", REMOTE);
    expect(overwritten.get("a/title")).toBeUndefined();
    set("mine", LOCAL);
    set("theirs", REMOTE);
    overwritten.dismiss("a/title");
    set("theirs again", REMOTE);
    expect(overwritten.get("a/title")).toBeUndefined();
  });

  test("names who wrote it, and nobody where it was taken away", () => {
    const { doc, overwritten, set } = followed();
    told.set(doc.ydoc.clientID, "Ben");
    set("mine", LOCAL);
    set("theirs", REMOTE);
    expect(overwritten.get("a/title")?.by).toBe("Ben");
    set("mine", LOCAL);
    set(undefined, REMOTE);
    expect(overwritten.get("a/title")).toMatchObject({ by: "", mine: "mine" });
  });

  test("also of connections and of the workflow's own details", () => {
    const { doc, overwritten } = followed();
    doc.change(() => ops.setEdge(doc, "a:out>b:in", { label: "mine" }), LOCAL);
    doc.change(() => ops.setEdge(doc, "a:out>b:in", { label: "theirs" }), REMOTE);
    doc.change(() => ops.setDetail(doc, "name", "mine"), LOCAL);
    doc.change(() => ops.setDetail(doc, "name", "theirs"), REMOTE);
    expect(overwritten.get("edges/a:out>b:in")?.mine).toMatchObject({ label: "mine" });
    expect(overwritten.get("meta/name")?.mine).toBe("mine");
  });

  test("is forgotten with its step", () => {
    const { doc, overwritten, set } = followed();
    set("mine", LOCAL);
    doc.change(() => ops.remove(doc, ["a"]), REMOTE);
    expect(overwritten.get("a/title")).toBeUndefined();
  });
});

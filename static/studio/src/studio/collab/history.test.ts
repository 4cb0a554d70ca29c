// @vitest-environment jsdom
// The history over a server of a few lines: looking at a point, naming it, going back and undoing that.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import type { Point } from "../model/history";
import * as ops from "../model/ops";
import { boot, CHAIN, chainDoc } from "../model/samples";
import { History } from "./history";

const OLD = { ...CHAIN, nodes: CHAIN.nodes.filter(({ id }) => id !== "c"), edges: CHAIN.edges.filter(({ target }) => target !== "c") };
const NOTHING = { added: [], removed: [], changed: [] };
const DIFF = { nodes: { ...NOTHING, added: [{ id: "c" }] }, edges: NOTHING, settings: [] };
const point = (id: string, more: Partial<Point> = {}): Point => ({
  id, seq: 1, kind: "editor", version: null, notes: "", name: "", authors: [], changes: [], change_count: 0,
  began_at: "2026-05-04T10:00:00Z", created_at: "2026-05-04T10:05:00Z", ...more,
});
const problem = (status: number, detail: string) => Response.json({ code: "x", detail }, { status });

let editor: Editor;
let history: History;
let asked: string[];
let answers: Record<string, (body: unknown) => Response>;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answers = {
    "GET history/authors/": () => Response.json({ results: [{ id: "ana", name: "Ana", colour: "teal" }] }),
    "GET history/": () => Response.json({ next: "http://inside:1/api/v1/workflows/w1/history/?cursor=2", results: [point("new"), point("old")] }),
    "GET history/old/": () => Response.json({ definition: OLD }),
    "GET history/new/": () => Response.json({ definition: CHAIN }),
    "GET history/old/diff/": () => Response.json(DIFF),
    "GET history/new/diff/": () => Response.json({ ...DIFF, nodes: NOTHING }),
  };
  vi.stubGlobal("fetch", async (url: string, { method, body }: RequestInit) => {
    const { pathname, search } = new URL(url, "http://here");
    const what = `${method} ${pathname.replace("/api/v1/workflows/w1/", "")}`;
    asked.push(what + search);
    return answers[what]?.(body ? JSON.parse(String(body)) : null) ?? problem(404, "There is no such thing.");
  });
  editor = new Editor(boot());
  editor.attach(chainDoc());
  editor.sync = async () => undefined;
  history = new History(editor);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const steps = () => [...editor.store.nodes.keys()];

test("the points are read, those that the filter keeps, and then older ones", async () => {
  await history.load();
  expect([history.points.value?.map(({ id }) => id), history.authors.value.map(({ name }) => name)]).toEqual([["new", "old"], ["Ana"]]);
  answers["GET history/"] = () => Response.json({ next: null, results: [point("older")] });
  await history.loadOlder();
  expect(asked.at(-1)).toBe("GET history/?cursor=2");
  expect([history.points.value?.length, history.older.value]).toEqual([3, null]);
  history.choose({ author: "ana", kind: "named", q: "" });
  await vi.runAllTimersAsync();
  expect(asked.filter((each) => each.includes("kind"))).toEqual(["GET history/?page_size=25&author=ana&kind=named"]);
});

test("who may no longer look is told so, and other failures can be tried again", async () => {
  answers["GET history/"] = () => problem(404, "Gone.");
  await history.load();
  expect(history.state.value).toBe("forbidden");
  answers["GET history/"] = () => problem(500, "Down.");
  await history.load();
  expect([history.state.value, history.problem.value]).toEqual(["failed", "Down."]);
});

test("a point is shown as it was, and laid over the draft", async () => {
  await history.show(point("old"));
  expect([steps(), editor.readOnly, editor.compared.value?.ghosts.map(({ id }) => id)]).toEqual([["start", "a", "b"], true, ["c"]]);
  await history.show(point("old"), "over");
  expect([steps(), editor.readOnly, editor.compared.value?.steps.get("c")]).toEqual([["start", "a", "b", "c"], false, "added"]);
  history.leave();
  expect([editor.compared.value, history.shown.value]).toEqual([null, null]);
});

test("scrubbing fetches the point on which it rests", async () => {
  history.seek(point("new"));
  history.seek(point("old"));
  expect([history.shown.value?.point.id, asked]).toEqual(["old", []]);
  await vi.runAllTimersAsync();
  expect([steps(), asked.some((each) => each.includes("new"))]).toEqual([["start", "a", "b"], false]);
});

test("a point that is no longer kept says so and leaves the draft on the canvas", async () => {
  answers["GET history/old/"] = () => problem(409, "This moment of the history is no longer kept.");
  await history.show(point("old"));
  expect([editor.toast.value?.text, history.shown.value, editor.readOnly]).toEqual(["This moment of the history is no longer kept.", null, false]);
});

test("the draft is shown when it is run or published", async () => {
  await history.show(point("old"));
  editor.panels.dialog.set("publish");
  expect([history.shown.value, steps().length]).toEqual([null, 4]);
});

test("going back can be undone as long as nobody edited since", async () => {
  let tag = "";
  answers["POST history/old/restore/"] = () => new Response("{}", { headers: { ETag: '"7"' } });
  answers["PATCH "] = (body) => {
    tag = JSON.stringify(body).includes('"id":"c"') ? "whole" : "";
    return Response.json({});
  };
  await history.restore(point("old", { name: "Before" }));
  expect(history.restored.value).toMatchObject({ title: "Before", tag: '"7"' });
  await history.undo();
  expect([tag, history.restored.value, editor.toast.value?.text]).toEqual(["whole", null, "The draft is what it was before."]);
  answers["PATCH "] = () => problem(412, "It was changed meanwhile.");
  await history.restore(point("old"));
  await history.undo();
  expect(editor.toast.value).toMatchObject({ text: "It was changed meanwhile.", kind: "bad" });
});

test("Ctrl+Z takes a restore back in its turn, and does it again", async () => {
  const done: string[] = [];
  answers["POST history/old/restore/"] = () => {
    done.push("restore");
    return new Response("{}", { headers: { ETag: `"${done.length}"` } });
  };
  answers["PATCH "] = () => {
    done.push("put back");
    return Response.json({});
  };
  answers["GET "] = () => new Response("{}", { headers: { ETag: `"${done.length}"` } });
  editor.gesture((doc) => ops.rename(doc, "a", "Mine"));
  await history.restore(point("old"));
  editor.gesture((doc) => ops.rename(doc, "b", "Later"));
  editor.undo();
  expect([editor.store.nodes.get("b")?.title, done]).toEqual(["", ["restore"]]);
  editor.undo();
  await vi.runAllTimersAsync();
  expect([editor.store.nodes.get("a")?.title, done]).toEqual(["Mine", ["restore", "put back"]]);
  expect([history.restored.value, editor.undoState.value]).toEqual([null, { undo: true, redo: true }]);
  editor.redo();
  await vi.runAllTimersAsync();
  expect(done).toEqual(["restore", "put back", "restore"]);
  editor.redo();
  expect(editor.store.nodes.get("b")?.title).toBe("Later");
});

test("a restore is not taken back over what somebody edited after it", async () => {
  let wanted = "";
  answers["POST history/old/restore/"] = () => new Response("{}", { headers: { ETag: '"7"' } });
  answers["GET "] = () => new Response("{}", { headers: { ETag: '"8"' } });
  vi.stubGlobal("fetch", withHeaders(fetch, (headers) => (wanted = headers["If-Match"] ?? wanted)));
  answers["PATCH "] = () => problem(412, "It was changed meanwhile.");
  await history.restore(point("old"));
  editor.undo();
  await vi.runAllTimersAsync();
  expect([wanted, editor.toast.value?.kind, editor.undoState.value]).toEqual(['"7"', "bad", { undo: false, redo: false }]);
});

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

function withHeaders(send: typeof fetch, look: (headers: Record<string, string>) => void): Fetch {
  return (url, init) => {
    look(init.headers as Record<string, string>);
    return send(url, init);
  };
}

test("one step goes back as an edit like any other", async () => {
  editor.gesture((doc) => doc.change(() => doc.nodes.get("a")?.set("title", "Renamed")));
  await history.show(point("old"));
  history.restoreStep(OLD, "a", point("old"));
  expect([editor.readOnly, editor.store.nodes.get("a")?.title]).toEqual([false, ""]);
  editor.undo();
  expect(editor.store.nodes.get("a")?.title).toBe("Renamed");
});

test("a name is given and refused", async () => {
  await history.load();
  answers["PATCH history/old/"] = (body) => Response.json(point("old", body as Partial<Point>));
  await history.name(point("old"), "Before");
  expect(history.points.value?.map(({ name }) => name)).toEqual(["", "Before"]);
  answers["POST history/"] = () => problem(422, "There is a point “Before” already.");
  await expect(history.name(null, "Before")).rejects.toThrow("already");
});

test("what was moved is shown once that is asked for", async () => {
  await history.show(point("old"), "over");
  expect(asked.at(-1)).toBe("GET history/old/diff/?with=now");
  await history.showLayout(true);
  expect(asked.at(-1)).toBe("GET history/old/diff/?with=now&layout=true");
  expect(history.shown.value?.way).toBe("over");
  await history.showLayout(false);
  expect(asked.at(-1)).toBe("GET history/old/diff/?with=now");
});

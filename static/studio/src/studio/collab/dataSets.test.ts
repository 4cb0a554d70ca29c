// @vitest-environment jsdom
// Judging runs by data sets.

import { expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import type { RunDetails } from "../model/runs";
import { boot } from "../model/samples";
import { dataSetsOf, outcomeOf } from "./dataSets";
import type { DataSet } from "./tryingApi";

const set = (more: Partial<DataSet> = {}): DataSet => ({ id: "s", name: "Ada", inputs: {}, compares: false, expected: null, ...more });
const run = (more: Partial<RunDetails> = {}): RunDetails =>
  ({
    id: "r", status: "succeeded", outputs: { a: 1, b: 2 }, error: null, cost_usd: "0.1",
    started_at: "2026-01-01T00:00:00Z", finished_at: "2026-01-01T00:00:01.500Z", ...more,
  }) as RunDetails;

test("what comes out is compared with what should, whatever the order of its keys", () => {
  expect(outcomeOf(set({ compares: true, expected: { b: 2, a: 1 } }), run())).toMatchObject({ verdict: "passed", ms: 1500, cost: "0.1" });
  expect(outcomeOf(set({ compares: true, expected: { a: 1 } }), run()).verdict).toBe("differs");
  expect(outcomeOf(set({ compares: true, expected: null }), run({ outputs: null })).verdict).toBe("passed");
});

test("without an expectation nothing is claimed", () => {
  expect(outcomeOf(set(), run()).verdict).toBe("none");
});

test("a run that failed or goes on is no answer, and says why", () => {
  const failed = run({ status: "failed", error: { code: "x", message: "No such page" } });
  expect(outcomeOf(set({ compares: true }), failed)).toMatchObject({ verdict: "failed", problem: "No such page" });
  expect(outcomeOf(set(), run({ status: "waiting", finished_at: null }))).toMatchObject({ verdict: "open", ms: null });
});

test("a set that was removed can be taken back with what it expects", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { method = "GET", body = "" }: RequestInit = {}) => {
    asked.push(`${method} ${url}`);
    const sent = body ? (JSON.parse(String(body)) as Partial<DataSet>) : {};
    return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(set({ id: "new", ...sent }));
  });
  const editor = new Editor(boot());
  const all = dataSetsOf(editor);
  all.sets.set([set({ compares: true, expected: 3 })]);
  await all.remove("s");
  expect([all.sets.value, editor.toast.value?.text]).toEqual([[], "Removed Ada."]);
  editor.toast.value?.action?.run();
  await vi.waitFor(() => expect(all.sets.value).toEqual([set({ id: "new", compares: true, expected: 3 })]));
  const own = "/api/v1/workflows/w1/data-sets/";
  expect(asked).toEqual([`DELETE ${own}s/`, `POST ${own}`, `PATCH ${own}new/`]);
  vi.unstubAllGlobals();
});

// A run folded from its events: in any order, twice, and with a gap.

import { beforeEach, expect, test } from "vitest";
import type { NodeRun } from "./boot";
import { plain, sum } from "./decimals";
import { RunOverlay } from "./overlay";
import { ShownRun, startedBy, type RunDetails, type RunEvent } from "./runs";
import { bars } from "./timeline";

const DETAILS: RunDetails = {
  id: "r1",
  workflow: { id: "w", name: "W" },
  version: { id: "v", number: null },
  status: "queued",
  trigger: "manual",
  inputs: {},
  outputs: null,
  error: null,
  cost_usd: "0.000000",
  tokens: 0,
  retry_of: null,
  chunk: null,
  created_at: "2026-01-01T00:00:00Z",
  started_at: null,
  finished_at: null,
};
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const event = (seq: number, type: string, node?: string, data: RunEvent["data"] = {}): RunEvent => ({
  seq,
  type,
  at: at(seq),
  ...(node ? { node, attempt: 1 } : {}),
  data,
});
const HISTORY = [
  event(1, "run.queued"),
  event(2, "run.started"),
  event(3, "node.started", "a"),
  event(4, "node.succeeded", "a", { ms: 120, cost_usd: "0.0008", tokens: 30, port: "", preview: "hi" }),
  event(5, "node.skipped", "b"),
  event(6, "node.started", "c"),
  event(7, "node.retrying", "c", { delay_s: 1, error: { code: "x", message: "busy" } }),
  event(8, "node.started", "c"),
  event(9, "node.failed", "c", { ms: 10, error: { code: "http_500", message: "broken", hint: "look" } }),
  event(10, "run.failed", undefined, { cost_usd: "0.000800", tokens: 30, ms: 900 }),
];

let run: ShownRun;
beforeEach(() => {
  run = new ShownRun(new RunOverlay((flush) => flush()));
  run.begin(DETAILS);
});

function told() {
  return {
    run: run.details.value,
    overlay: run.overlay.run,
    steps: Object.fromEntries([...run.overlay.entries()]),
  };
}

function inOrder() {
  const other = new ShownRun(new RunOverlay((flush) => flush()));
  other.begin(DETAILS);
  for (const each of HISTORY) other.take(each);
  return {
    run: other.details.value,
    overlay: other.overlay.run,
    steps: Object.fromEntries([...other.overlay.entries()]),
  };
}

test("the history gives the state", () => {
  for (const each of HISTORY) expect(run.take(each)).toBe("applied");
  expect(run.details.value).toMatchObject({
    status: "failed",
    cost_usd: "0.000800",
    started_at: at(2),
    finished_at: at(10),
  });
  expect(run.overlay.get("a")).toMatchObject({ status: "succeeded", ms: 120, port: null, preview: "hi" });
  expect(run.overlay.get("b")?.status).toBe("skipped");
  expect(run.overlay.get("c")).toMatchObject({ status: "failed", error: { message: "broken" } });
  expect(run.finished).toBe(true);
});

test("events that come twice change nothing", () => {
  for (const each of HISTORY) {
    run.take(each);
    expect(run.take(each)).toBe("known");
  }
  for (const each of HISTORY) run.take(each);
  expect(told()).toEqual(inOrder());
});

test("events in the wrong order wait for those before them", () => {
  expect(run.take(HISTORY[2] as RunEvent)).toBe("ahead");
  expect(run.last).toBe(0);
  expect(run.overlay.get("a")).toBeUndefined();
  expect(run.take(HISTORY[0] as RunEvent)).toBe("ahead"); // the second is still missing
  expect(run.take(HISTORY[1] as RunEvent)).toBe("applied");
  expect(run.last).toBe(3);
  for (const each of HISTORY.toReversed()) run.take(each);
  expect(told()).toEqual(inOrder());
});

test("after a reconnect the rest follows what is known, also if some of it comes again", () => {
  for (const each of HISTORY.slice(0, 4)) run.take(each);
  expect(run.last).toBe(4);
  for (const each of HISTORY.slice(2)) run.take(each);
  expect(told()).toEqual(inOrder());
});

test("a new attempt forgets the error and the words of the one before", () => {
  for (const each of HISTORY.slice(0, 6)) run.take(each);
  run.write("c", "half a ");
  run.write("c", "sentence");
  expect(run.written("c")).toBe("half a sentence");
  run.take(HISTORY[6] as RunEvent);
  expect(run.overlay.get("c")).toMatchObject({ status: "retrying", error: { message: "busy" } });
  run.take(HISTORY[7] as RunEvent);
  expect(run.written("c")).toBe("");
  expect(run.overlay.get("c")).toMatchObject({ status: "running", error: null });
});

test("a step that only waits counts from then on", () => {
  run.take(event(1, "node.waiting", "approve", { kind: "approval" }));
  expect(run.overlay.get("approve")).toMatchObject({ status: "waiting", startedAt: Date.parse(at(1)) });
});

test("only the watchers of a step hear of its data", () => {
  const heard: string[] = [];
  run.on("a", () => heard.push("a"));
  run.on("b", () => heard.push("b"));
  run.put([{ node: "a", output: 1 } as unknown as NodeRun]);
  expect(heard).toEqual(["a"]);
  expect(run.step("a")?.output).toBe(1);
});

test("another run begins with nothing of the one before", () => {
  for (const each of HISTORY) run.take(each);
  run.write("c", "words");
  run.begin({ ...DETAILS, id: "r2" });
  expect([run.last, run.written("c"), run.overlay.get("a")]).toEqual([0, "", undefined]);
  expect(run.overlay.run).toEqual({ id: "r2", status: "queued" });
});

test("money is added up to the last digit", () => {
  expect(sum(["0.1", "0.2", null, "0.000001"])).toBe("0.300001");
  expect(sum([])).toBe("0");
  expect(sum(["12345678901234.000001", "0.1"])).toBe("12345678901234.100001");
  expect(sum(["garbage", "2", "1E-3"])).toBe("2.001");
  expect([plain("0E-10"), plain("1.2E-7"), plain("12.5"), plain("3E+2"), plain("-1.5e1")]).toEqual([
    "0.0000000000",
    "0.00000012",
    "12.5",
    "300",
    "-15",
  ]);
});

test("the timeline shows who ran when, as parts of the whole", () => {
  const step = (startedAt: number | null, ms: number | null) =>
    ({ ...run.overlay.get("x"), status: "succeeded", startedAt, ms }) as never;
  const made = bars([["b", step(1500, null)], ["a", step(1000, 500)], ["c", step(null, null)]], 2000, null);
  expect(made).toMatchObject([
    { id: "a", left: 0, width: 50 },
    { id: "b", left: 50, width: 50 },
  ]);
  expect(bars([], 5, null)).toEqual([]);
  expect(bars([["a", step(1000, 500)]], 9000, 1500)).toMatchObject([{ left: 0, width: 100 }]);
});

test("what started a run is told in words", () => {
  expect(["manual", "api", "schedule", "later"].map(startedBy)).toEqual(["By hand", "API", "Schedule", "later"]);
});

test("a step that waited took as long as it waited", () => {
  const overlay = new RunOverlay();
  const shown = new ShownRun(overlay);
  shown.begin({ ...DETAILS, status: "running" });
  shown.take(event(1, "node.waiting", "ask"));
  shown.take(event(2, "node.decided", "ask"));
  shown.take(event(3, "node.succeeded", "ask", { ms: 0, port: "approved" }));
  expect(overlay.get("ask")).toMatchObject({ status: "succeeded", startedAt: Date.parse(at(1)), ms: 2_000 });
});

// The rounds of loops in a run: which one is shown, how far they are, and what is known of each.

import { beforeEach, expect, test } from "vitest";
import type { NodeRun } from "./boot";
import { progressWords, RunOverlay } from "./overlay";
import { loopOf } from "./rounds";
import { ShownRun, type RunDetails, type RunEvent } from "./runs";

const DETAILS = { id: "r1", status: "queued", inputs: {}, started_at: null, finished_at: null } as unknown as RunDetails;
let run: ShownRun;
let seq = 0;

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
function say(type: string, node: string, frame = "", data: RunEvent["data"] = {}): void {
  seq += 1;
  run.take({ seq, type, at: at(seq), node, attempt: 1, data, ...(frame ? { frame } : {}) });
}

beforeEach(() => {
  seq = 0;
  run = new ShownRun(new RunOverlay((flush) => flush()));
  run.begin(DETAILS);
  say("node.started", "each", "", { items: 3 });
});

test("a frame names the loop and the round", () => {
  expect(loopOf("each_1.3/loop_2.0")).toEqual({ loop: "each_1.3/loop_2", index: 0 });
});

test("the latest round is shown, until another one is chosen", () => {
  for (const index of [0, 2, 1]) say("node.started", "a", `each.${index}`);
  say("node.succeeded", "a", "each.0", { ms: 5 });
  expect(run.overlay.rounds.frameOf("a")).toBe("each.2");
  expect(run.overlay.get("a")?.status).toBe("running");
  run.overlay.choose("each.0");
  expect(run.overlay.get("a")).toMatchObject({ status: "succeeded", ms: 5 });
  expect(run.overlay.rounds.isChosen("each")).toBe(true);
  say("node.started", "a", "each.3");
  expect(run.overlay.rounds.frameOf("a")).toBe("each.0");
  run.overlay.follow("each");
  expect(run.overlay.rounds.frameOf("a")).toBe("each.3");
});

test("a step that this round has not reached shows nothing of another one", () => {
  say("node.succeeded", "a", "each.0", { ms: 1 });
  say("node.succeeded", "b", "each.0", { ms: 1 });
  say("node.started", "a", "each.1");
  expect([run.overlay.get("a")?.status, run.overlay.get("b")]).toEqual(["running", undefined]);
});

test("loops in loops are shown in the round of the outer one", () => {
  say("node.started", "loop", "each.0");
  say("node.succeeded", "b", "each.0/loop.0", { ms: 1 });
  say("node.failed", "b", "each.0/loop.1", { ms: 1 });
  say("node.started", "loop", "each.1");
  expect([run.overlay.get("b"), run.overlay.rounds.frameOf("b")]).toEqual([undefined, "each.1/loop.0"]);
  run.overlay.choose("each.0/loop.1");
  expect([run.overlay.get("b")?.status, run.overlay.rounds.pathOf("loop")]).toEqual(["failed", "each.0/loop"]);
});

test("progress counts rounds in which nothing is open", () => {
  const inner = ["a", "b"];
  const words = () => {
    const progress = run.overlay.progress("each", inner);
    return progress && progressWords(progress);
  };
  expect(words()).toBe("0 of 3");
  say("node.succeeded", "a", "each.0", { ms: 1 });
  expect(words()).toBe("0 of 3");
  say("node.skipped", "b", "each.0");
  say("node.failed", "a", "each.1", { ms: 1 });
  say("node.started", "a", "each.2");
  expect(words()).toBe("2 of 3, 1 failed");
  expect(run.overlay.progress("each", inner)?.failed).toEqual([1]);
  say("node.succeeded", "each", "", { ms: 1 });
  expect(words()).toBe("3 of 3, 1 failed");
});

test("a failure that the step dealt with itself does not fail its round", () => {
  say("node.failed", "a", "each.0", { ms: 1, handled: "branch" });
  expect(run.overlay.progress("each", ["a", "b"])).toMatchObject({ done: 0, failed: [] });
  say("node.succeeded", "b", "each.0", { ms: 1 });
  expect(run.overlay.progress("each", ["a", "b"])).toMatchObject({ done: 1, failed: [] });
});

test("of a loop whose end nobody knows the rounds are counted", () => {
  say("node.started", "loop", "", { items: null });
  say("node.started", "c", "loop.0");
  expect(progressWords(run.overlay.progress("loop", ["c"]) ?? { done: 0, begun: 0, total: 0, failed: [] })).toBe("1 round");
  say("node.started", "c", "loop.1");
  expect(run.overlay.progress("loop", ["c"])).toMatchObject({ begun: 2, total: null });
  expect(run.overlay.progress("nothing", [])).toBeNull();
});

test("a loop took as long as all its rounds", () => {
  say("node.started", "a", "each.0");
  say("node.succeeded", "each", "", { ms: 0 });
  expect(run.overlay.get("each")?.ms).toBe(2000);
});

test("stored steps and words are those of the round that is shown", () => {
  const stored = (frame: string, output: number) => ({ node: "a", frame, output }) as unknown as NodeRun;
  const each = { node: "each", frame: "", input: { items: ["x", "y"] } } as unknown as NodeRun;
  run.put([each, stored("each.0", 1), stored("each.1", 2)]);
  say("node.started", "a", "each.0");
  say("node.started", "a", "each.1");
  run.write("a", "first", "each.0");
  run.write("a", "second", "each.1");
  expect([run.step("a")?.output, run.written("a"), run.roundOf("a", "each")]).toEqual([2, "second", { index: 1, item: "y" }]);
  run.overlay.choose("each.0");
  expect([run.step("a")?.output, run.written("a"), run.roundOf("a", "each")]).toEqual([1, "first", { index: 0, item: "x" }]);
  expect(run.roundOf("each", undefined)).toBeNull();
});

test("all that happened in any round counts for sums", () => {
  say("node.succeeded", "a", "each.0", { cost_usd: "0.1" });
  say("node.succeeded", "a", "each.1", { cost_usd: "0.2" });
  expect([...run.overlay.everywhere()].map(([id, frame]) => `${id}@${frame}`)).toEqual(["each@", "a@each.0", "a@each.1"]);
  expect([...run.overlay.entries()].length).toBe(2);
});

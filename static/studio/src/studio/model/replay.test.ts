// Telling a run once more.

import { expect, test } from "vitest";
import { RunOverlay } from "./overlay";
import { Replay } from "./replay";
import { ShownRun, type RunDetails, type RunEvent } from "./runs";

const HOUR = 3_600_000;
const event = (seq: number, ms: number, type: string, node?: string): RunEvent => ({
  seq, type, at: new Date(ms).toISOString(), data: { ms: 5 }, ...(node ? { node, attempt: 1 } : {}),
});
const EVENTS = [
  event(1, 1000, "run.queued"),
  event(2, 1010, "run.started"),
  event(3, 1020, "node.started", "a"),
  event(4, 1500, "node.succeeded", "a"),
  event(5, 1500, "node.waiting", "b"),
  event(6, 1500 + HOUR, "node.succeeded", "b"),
  event(7, 1500 + HOUR, "run.succeeded"),
];
const DETAILS = { id: "r1", status: "succeeded", created_at: new Date(1000).toISOString() } as RunDetails;

function replay(): { replay: Replay; status: (id: string) => string | undefined; shown: ShownRun } {
  const overlay = new RunOverlay((flush) => flush());
  const shown = new ShownRun(overlay);
  return { replay: new Replay(shown, DETAILS, [], EVENTS), status: (id) => overlay.get(id)?.status, shown };
}

test("it begins at the end, and shows each moment as it was, in both directions", () => {
  const { replay: told, status, shown } = replay();
  expect([told.at.value, status("b"), shown.details.value?.status]).toEqual([HOUR + 500, "succeeded", "succeeded"]);
  told.seek(100);
  expect([status("a"), status("b"), shown.details.value?.status]).toEqual(["running", undefined, "running"]);
  told.seek(600);
  expect([status("a"), status("b")]).toEqual(["succeeded", "waiting"]);
  expect(told.now).toBe(1600);
  told.seek(-5);
  expect([told.at.value, status("a")]).toEqual([0, undefined]);
});

test("it goes from event to event, also where several happened at once", () => {
  const { replay: told, status } = replay();
  told.seek(20);
  told.step(1);
  expect([told.last?.seq, status("a"), status("b")]).toEqual([4, "succeeded", undefined]);
  told.step(1);
  expect(status("b")).toBe("waiting");
  told.step(-1);
  expect(status("b")).toBeUndefined();
  for (let n = 0; n < 20; n += 1) told.step(-1);
  expect(told.last?.seq).toBe(1);
});

test("it plays at its speed, skips long pauses, and stands at the end", () => {
  const { replay: told, status } = replay();
  told.play(4); // at the end: from the beginning
  told.tick(5);
  expect(told.at.value).toBe(20);
  told.tick(125);
  expect(status("b")).toBe("waiting");
  told.tick(10);
  expect(told.at.value).toBeGreaterThan(HOUR - 6000);
  told.tick(1500);
  expect([told.speed.value, status("b")]).toEqual([null, "succeeded"]);
  told.tick(1000);
  expect(told.at.value).toBe(told.length);
});

test("leaving shows the run as it ended", () => {
  const { replay: told, status, shown } = replay();
  told.seek(0);
  told.leave();
  expect([status("a"), status("b"), shown.finished]).toEqual(["succeeded", "succeeded", true]);
});

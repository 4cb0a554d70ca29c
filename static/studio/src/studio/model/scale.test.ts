// Folding what nothing happened in.

import { expect, test } from "vitest";
import type { RunEvent } from "./runs";
import { Scale } from "./scale";

const HOUR = 3_600_000;

function scale(...told: [ms: number, type: string, node?: string][]): Scale {
  const events = told.map(([, type, node], seq) => ({ seq, type, at: "", data: {}, ...(node && { node }) }) as RunEvent);
  return new Scale(events, (index) => told[index]?.[0] ?? 0, told.at(-1)?.[0] ?? 0);
}

test("an hour for an approval takes as much as on the page of the run, and work takes the rest", () => {
  const { folded } = scale([0, "run.started"], [10, "node.started", "a"], [HOUR, "node.succeeded", "a"]);
  expect(folded).toEqual([]); // that is work
  const waited = scale(
    [0, "run.started"], [0, "node.started", "a"], [1000, "node.succeeded", "a"], [1000, "node.waiting", "b"],
    [1000 + HOUR, "node.decided", "b"], [1000 + HOUR, "node.started", "c"], [2000 + HOUR, "node.succeeded", "c"],
  );
  expect(waited.folded).toEqual([[1000, 1000 + HOUR]]);
  const places = [0, 1000, 1000 + HOUR / 2, 1000 + HOUR, 2000 + HOUR].map((at) => waited.place(at));
  expect(places.map((each) => Math.round(each * 1000) / 1000)).toEqual([0, 0.425, 0.5, 0.575, 1]);
  expect([waited.place(-5), waited.place(2 * HOUR)]).toEqual([0, 1]);
  for (const at of [0, 500, 1000, 1000 + HOUR / 3, 1500 + HOUR, 2000 + HOUR])
    expect(waited.moment(waited.place(at))).toBeCloseTo(at, 3);
});

test("short pauses stay as they were, and a run of one moment has a scale too", () => {
  const short = scale([0, "run.started"], [2000, "node.started", "a"], [4000, "node.succeeded", "a"]);
  expect([short.folded.length, short.place(1000), short.moment(0.25)]).toEqual([0, 0.25, 1000]);
  expect(scale([0, "run.started"]).place(0)).toBe(0);
  expect(scale().moment(0)).toBe(0);
});

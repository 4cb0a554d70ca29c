// What is usual, in words.

import { expect, test } from "vitest";
import { Usual } from "./usual";

const answer = { runs: 20, ms: 1200, cost_usd: "0.0008000000", nodes: [{ node: "a", ms: 400, cost_usd: "0" }] };

test("time and cost, as far as they are known", () => {
  const usual = new Usual(answer);
  expect(usual.ofRuns()).toBe("1.20 s, $0.0008");
  expect(usual.ofStep("a")).toBe("0.40 s");
  expect(usual.ofStep("b")).toBe("");
});

test("one run is no custom", () => {
  const usual = new Usual({ ...answer, runs: 1 });
  expect([usual.ofRuns(), usual.ofStep("a")]).toEqual(["", ""]);
});

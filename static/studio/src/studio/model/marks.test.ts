// Marks of values: only what the server takes, and nothing at all where there are none.

import { expect, test } from "vitest";
import { areMarks, pathProblem, withMark } from "./marks";

test("a path begins with what a step is given or gives", () => {
  expect(pathProblem("output.rows.*.name", {})).toBe("");
  expect(pathProblem("input.prompt", {})).toBe("");
  for (const wrong of ["rows.name", "output..x", "output.a b", ""]) expect(pathProblem(wrong, {})).toContain("Begin with");
  expect(pathProblem("output.a", { "output.a": "personal" })).toContain("already");
});

test("marks come and go", () => {
  const one = withMark({}, "output.a", "personal");
  expect(one).toEqual({ "output.a": "personal" });
  expect(withMark(one ?? {}, "output.a", "health")).toEqual({ "output.a": "health" });
  expect(withMark(one ?? {}, "output.a", null)).toBeUndefined();
});

test("what the server would refuse is no mark", () => {
  expect(areMarks({ "output.a": "personal" })).toBe(true);
  expect(areMarks({ "output.a": "Personal" })).toBe(false);
  expect(areMarks({ elsewhere: "personal" })).toBe(false);
  expect(areMarks(["output.a"])).toBe(false);
});

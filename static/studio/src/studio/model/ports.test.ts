import { describe, expect, test } from "vitest";
import { fits, heightOf, inputsOf, outputsOf, portTop } from "./ports";
import { BY_NAME, step } from "./samples";

const names = (kind: string, more = {}) =>
  outputsOf(BY_NAME.get(kind), step("x", kind, more)).map((port) => port.name);

describe("outputs", () => {
  test("come from the type", () => expect(names("data.transform")).toEqual(["out"]));

  test("come from the config: one for each entry with an id, and those that are always there", () => {
    const cases = [{ id: "refund", label: "Refund" }, { id: "other" }, { label: "no id" }, "no object"];
    expect(names("logic.switch", { config: { cases } })).toEqual(["refund", "other", "else"]);
    const [refund, other, last] = outputsOf(
      BY_NAME.get("logic.switch"),
      step("x", "logic.switch", { config: { cases } }),
    );
    expect([refund?.label, other?.label, last?.label]).toEqual(["Refund", "other", "Else"]);
  });

  test("without config are only those that are always there", () =>
    expect(names("logic.switch")).toEqual(["else"]));

  test("have one for errors when they are branched", () =>
    expect(names("data.transform", { on_error: "branch" })).toEqual(["out", "error"]));

  test("have one for undoing where the step has an undo step", () => {
    expect(names("data.transform", { on_error: "branch", undo: true })).toEqual(["out", "error", "undo"]);
    expect([fits("undo", "list"), fits("list", "text")]).toEqual([true, false]);
  });

  test("of an unknown type are one", () => expect(names("no.such")).toEqual(["out"]));

  test("are the same list for the same step", () => {
    const one = step("x");
    const type = BY_NAME.get("data.transform");
    expect(outputsOf(type, one)).toBe(outputsOf(type, one));
  });
});

test("inputs; an unknown type has one", () => {
  expect(inputsOf(BY_NAME.get("core.start"))).toEqual([]);
  expect(inputsOf(undefined)).toHaveLength(1);
});

test("the height follows from the ports", () => {
  expect(heightOf(BY_NAME, step("x"))).toBe(98);
  expect(heightOf(BY_NAME, step("x", "data.transform", { on_error: "branch" }))).toBe(122);
  expect([portTop(0), portTop(2)]).toEqual([58, 106]);
});

test.each([
  ["text", "text", true],
  ["any", "file", true],
  ["list", "any", true],
  ["text", "json", true],
  ["list", "json", true],
  ["json", "text", false],
  ["text", "list", false],
] as const)("%s into %s: %s", (from, to, wanted) => expect(fits(from, to)).toBe(wanted));

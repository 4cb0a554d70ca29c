import { expect, test } from "vitest";
import { changedLines } from "./changes";

test("of a list only the entries that differ are told, whatever the order of their keys", () => {
  const before = [{ name: "a", value: "1" }, { name: "b", value: 2 }];
  const after = [{ value: "1", name: "a" }, { name: "b", value: 3 }, { name: "c", value: "" }];
  expect(changedLines(before, after)).toEqual({ before: "b: 2", after: "b: 3\nc: " });
});

test("of a long text only its changed lines are told", () => {
  expect(changedLines("one\ntwo\nthree", "one\n2\nthree")).toEqual({ before: "two", after: "2" });
});

test("what came or went has one side; another order shows both", () => {
  expect(changedLines(null, { a: 1 })).toEqual({ before: "", after: "a: 1" });
  expect(changedLines(["a", "b"], ["b", "a"])).toEqual({ before: "a\nb", after: "b\na" });
});

test("a very long change is cut, with the number of lines that are left", () => {
  const many = Array.from({ length: 20 }, (_, index) => `line ${index}`).join("\n");
  expect(changedLines("", many).after).toMatch(/… 8 more lines$/);
});

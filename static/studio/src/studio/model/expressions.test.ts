// Where expressions begin and end, and what is offered while one is written.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { access, inserted, partsOf, suggestions, valueAt, writingAt, type Scope } from "./expressions";

const SHARED = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../../../tests/expressions.json"), "utf8"),
) as { good: [string, unknown][]; refused: [string, string][]; fails: [string, string][] };

test.each(SHARED.good)("%s ends where the server says", (text) => {
  const parts = partsOf(text);
  expect(parts.every((part) => part.closed)).toBe(true);
  expect(parts.map((part) => text.slice(part.start, part.end)).join("")).toBe(text);
  expect(parts.some((part) => part.kind === "expression")).toBe(text.includes("{{"));
});

test.each(SHARED.refused)("%s is open exactly if the server says so (%s)", (text, why) => {
  expect(partsOf(text).every((part) => part.closed)).toBe(why !== "not closed");
});

test.each(SHARED.fails)("%s is whole, only its value fails", (text) => {
  expect(partsOf(text)).toEqual([
    { kind: "expression", start: 0, end: text.length, source: text.slice(2, -2), closed: true },
  ]);
});

test("braces inside of strings and brackets belong to the expression", () => {
  const text = 'a {{ {"x": {"y": "}}"}}["x"] }} b {{ 1 }}';
  expect(partsOf(text).map(({ kind, source }) => [kind, source])).toEqual([
    ["text", "a "],
    ["expression", ' {"x": {"y": "}}"}}["x"] '],
    ["text", " b "],
    ["expression", " 1 "],
  ]);
});

const SCOPE: Scope = {
  values: {
    input: { amount: 5, "first name": "Ana" },
    prev: { body: { rows: [{ id: 1 }, { id: 2 }] } },
    nodes: { http_7k2qa: { output: { status: 200, body: null } } },
  },
  steps: [{ id: "http_7k2qa", title: "Fetch page" }],
};
const offered = (path: string) => suggestions(SCOPE, path).map(({ insert }) => insert);

test("outside of braces nothing is written, inside it is the path before the caret", () => {
  expect(writingAt("a {{ input.am }}", 1)).toBeNull();
  expect(writingAt("a {{ input.am }}", 13)).toEqual({ start: 5, end: 13, path: "input.am" });
  expect(writingAt("{{ len(prev.body", 16)).toEqual({ start: 7, end: 16, path: "prev.body" });
  expect(writingAt("{{ 'text inp", 12)).toBeNull();
  expect(writingAt("{{", 2)).toEqual({ start: 2, end: 2, path: "" });
  expect(writingAt("{{ a }} b", 8)).toBeNull();
});

test("at first there are inputs, the step before and the steps by title", () => {
  expect(offered("")).toEqual([
    "input.amount",
    'input["first name"]',
    "prev",
    "nodes.http_7k2qa.output",
    "input",
  ]);
  expect(offered("fetch")).toEqual(["nodes.http_7k2qa.output"]);
});

test("after a dot there are the keys that the last run gave", () => {
  expect(offered("prev.")).toEqual(["prev.body"]);
  expect(offered("nodes.")).toEqual(["nodes.http_7k2qa.output"]);
  expect(offered("nodes.http_7k2qa.output.st")).toEqual(["nodes.http_7k2qa.output.status"]);
  expect(offered("prev.body.rows")).toEqual(["prev.body.rows"]);
  expect(offered("prev.body.rows[0].")).toEqual(["prev.body.rows[0].id"]);
  expect(offered("prev.body.rows.")).toEqual(["prev.body.rows[0]", "prev.body.rows[1]"]);
  expect(offered("input.amount.")).toEqual([]);
});

test("paths are written as the parser reads them", () => {
  expect([access("a"), access("first name"), access(2), access("_x")]).toEqual([
    ".a",
    '["first name"]',
    "[2]",
    '["_x"]',
  ]);
  expect(valueAt(SCOPE.values, 'input["first name"]')).toBe("Ana");
  expect(valueAt(SCOPE.values, "prev.body.rows[1].id")).toBe(2);
  expect(valueAt(SCOPE.values, "prev.nope.more")).toBeUndefined();
});

test("a dragged value brings its braces, unless it lands between some", () => {
  expect(inserted("Hello ", 6, 6, "input.name")).toEqual({ text: "Hello {{ input.name }}", caret: 22 });
  expect(inserted("{{ len() }}", 7, 7, "prev").text).toBe("{{ len(prev) }}");
});

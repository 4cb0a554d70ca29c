// From schemas as the catalogue emits them to the fields of a form.

import { expect, test } from "vitest";
import type { Schema } from "./boot";
import { fieldsOf, isAbout, labelOf, newEntry, numberProblem, pairsOf, storedPairs, type Field } from "./fields";

const SCHEMA: Schema = {
  $defs: {
    Kind: { enum: ["text", "number"], type: "string", title: "Kind of a case" },
    Case: {
      type: "object",
      required: ["id"],
      properties: {
        id: { type: "string", pattern: "^[a-z]+$" },
        label: { type: "string", default: "" },
        kind: { $ref: "#/$defs/Kind", default: "text" },
        value: { default: null, "x-widget": "expression", "x-expression": true },
      },
    },
  },
  type: "object",
  required: ["route"],
  properties: {
    mode: { const: "set", default: "set", type: "string" },
    route: { type: "string", title: "Route", "x-widget": "model" },
    prompt: { type: "string", default: "", "x-widget": "textarea", "x-expression": true, "x-text": true },
    max_tokens: {
      anyOf: [{ type: "integer", minimum: 1, maximum: 10 }, { type: "null" }],
      default: null,
      title: "Max Tokens",
    },
    seconds: { anyOf: [{ type: "number", minimum: 0 }, { type: "null" }], "x-unit": "s", "x-expression": true },
    keep: { type: "boolean", default: false, title: "Keep the other fields" },
    method: { enum: ["GET", "POST"], type: "string", default: "GET" },
    style: { type: "string", pattern: "^(primary|danger)$" },
    cases: { type: "array", items: { $ref: "#/$defs/Case" }, maxItems: 50 },
    people: { type: "array", items: { type: "string" } },
    query: { type: "object", default: {}, "x-widget": "key-value", "x-expression": true },
    json_schema: { anyOf: [{ type: "object" }, { type: "null" }], "x-widget": "json-schema" },
    body: { default: null },
  },
};

const fields = fieldsOf(SCHEMA);
const field = (name: string): Field => {
  const found = fields.find((each) => each.name === name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
};

test("each kind of value has its widget, constants have none", () => {
  expect(Object.fromEntries(fields.map(({ name, widget }) => [name, widget]))).toEqual({
    route: "model",
    prompt: "textarea",
    max_tokens: "number",
    seconds: "number",
    keep: "boolean",
    method: "choice",
    style: "choice",
    cases: "table",
    people: "list",
    query: "key-value",
    json_schema: "schema",
    body: "value",
  });
});

test("null beside a type only means that it may be left out", () => {
  expect(field("max_tokens")).toMatchObject({ integer: true, least: 1, most: 10, label: "Max tokens" });
  expect(field("seconds")).toMatchObject({ unit: "s", expression: true, integer: false });
});

test("references are followed, also inside of entries", () => {
  expect(field("cases").columns.map(({ name, widget }) => `${name} ${widget}`)).toEqual([
    "id text",
    "label text",
    "kind choice",
    "value value",
  ]);
  expect(field("cases").columns[2]).toMatchObject({
    choices: ["text", "number"],
    fallback: "text",
    label: "Kind",
  });
  expect(field("style").choices).toEqual(["primary", "danger"]);
});

test("what the schema says of a field is kept", () => {
  expect(field("prompt")).toMatchObject({ text: true, expression: true, required: false });
  expect(field("route").required).toBe(true);
});

test.each([
  ["url", "Url", "URL"],
  ["require_reason", "Require Reason", "Require reason"],
  ["json_", "", "JSON"],
  ["fields", "Input fields", "Input fields"],
])("the label of %s is sentence case", (name, title, label) => {
  expect(labelOf(name, title)).toBe(label);
});

test("a new entry has an id of its own, which its label never changes", () => {
  const entries = [{ id: "option_2" }];
  expect(newEntry(field("cases").columns, entries)).toEqual({ id: "option_3" });
});

test("pairs are read from lists and objects and stored as they were", () => {
  const pairs = pairsOf([{ name: "a", value: 1 }, { name: "b" }, "noise"]);
  expect(pairs).toEqual([
    { name: "a", value: 1 },
    { name: "b", value: null },
  ]);
  expect(storedPairs(pairs, true)).toEqual(pairs);
  expect(storedPairs(pairsOf({ x: "1" }), false)).toEqual({ x: "1" });
  expect(storedPairs([{ name: "", value: 1 }], false)).toEqual({});
});

test.each([
  ["1,5", "Give a whole number."],
  ["0", "Give at least 1."],
  ["11", "Give at most 10."],
  ["abc", "Give a number."],
  ["7", ""],
])("the number %s: %s", (text, problem) => {
  expect(numberProblem(field("max_tokens"), text)).toBe(problem);
});

test("a problem inside of a field is about the field, one of a longer name is not", () => {
  expect(isAbout("fields.0.name", "fields")).toBe(true);
  expect(isAbout("body", "body")).toBe(true);
  expect(isAbout("bodyguard", "body")).toBe(false);
});

// Schemas as rows and back.

import { expect, test } from "vitest";
import { NEW_ROW, rowsOf, schemaOf, type Row } from "./schemaBuilder";

const row = (name: string, more: Partial<Row> = {}): Row => ({ ...NEW_ROW, name, ...more });
const ROWS: Row[] = [
  row("title", { description: "What it is called" }),
  row("amount", { kind: "number", required: false }),
  row("kind", { kind: "choice", options: ["refund", "other"] }),
  row("tags", { kind: "texts" }),
  row("buyer", { kind: "object", rows: [row("name"), row("age", { kind: "integer" })] }),
];

test("rows become a schema, and the same rows again", () => {
  const schema = schemaOf(ROWS);
  expect(schema).toMatchObject({ type: "object", required: ["title", "kind", "tags", "buyer"] });
  expect(rowsOf(schema)).toEqual(ROWS);
});

test("what is not named yet does not count", () => {
  expect(schemaOf([row(" ")])).toBeUndefined();
  expect(rowsOf(undefined)).toEqual([]);
});

test.each([
  { type: "array", items: {} },
  { type: "object", properties: { a: { anyOf: [{ type: "string" }, { type: "null" }] } } },
  { type: "object", properties: { a: { type: "string", pattern: "^x" } } },
  { type: "object", properties: { a: { type: "string", enum: [1] } } },
  { type: "object", properties: { a: 1 } },
  { type: "object", $defs: {} },
  "text",
])("what says more than rows can stays JSON: %j", (schema) => {
  expect(rowsOf(schema)).toBeNull();
});

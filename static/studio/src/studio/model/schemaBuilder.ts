// A JSON Schema as rows of a form, as far as it is one: an object of named fields.

import { isObject, type Json, type JsonObject } from "./json";

export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "texts" | "numbers" | "object";

export const KINDS: Record<FieldKind, string> = {
  text: "Text",
  number: "Number",
  integer: "Whole number",
  boolean: "Yes or no",
  choice: "One of…",
  texts: "List of texts",
  numbers: "List of numbers",
  object: "Fields of its own",
};

export interface Row {
  name: string;
  kind: FieldKind;
  required: boolean;
  description: string;
  /** What a choice chooses from. */
  options: readonly string[];
  /** The fields of an object. */
  rows: readonly Row[];
}

export const NEW_ROW: Row = { name: "", kind: "text", required: true, description: "", options: [], rows: [] };

const SHAPES: Record<Exclude<FieldKind, "choice" | "object">, JsonObject> = {
  text: { type: "string" },
  number: { type: "number" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  texts: { type: "array", items: { type: "string" } },
  numbers: { type: "array", items: { type: "number" } },
};

const OF_OBJECT: ReadonlySet<string> = new Set(["type", "properties", "required", "additionalProperties", "description"]);

/** Return the rows of a schema; null where it says more than rows can. */
export function rowsOf(schema: Json | undefined): readonly Row[] | null {
  if (schema === undefined || schema === null) return [];
  if (!isObject(schema) || schema["type"] !== "object") return null;
  if (Object.keys(schema).some((key) => !OF_OBJECT.has(key)) || isObject(schema["additionalProperties"])) return null;
  const properties = schema["properties"] ?? {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  if (!isObject(properties)) return null;
  const rows = Object.entries(properties).map(([name, part]) => rowOf(name, part, required.includes(name)));
  return rows.every((row) => row !== null) ? rows : null;
}

function rowOf(name: string, part: Json, required: boolean): Row | null {
  if (!isObject(part)) return null;
  const { description = "", ...shape } = part;
  if (typeof description !== "string") return null;
  const own = { ...NEW_ROW, name, required, description };
  if (shape["type"] === "object") {
    const rows = rowsOf(shape);
    return rows && { ...own, kind: "object", rows };
  }
  const { enum: options, ...rest } = shape;
  if (options !== undefined) {
    const texts = Array.isArray(options) && options.every((each) => typeof each === "string");
    return texts && sameShape(rest, SHAPES.text) ? { ...own, kind: "choice", options: options as string[] } : null;
  }
  const kind = (Object.keys(SHAPES) as (keyof typeof SHAPES)[]).find((each) => sameShape(shape, SHAPES[each]));
  return kind ? { ...own, kind } : null;
}

function sameShape(one: JsonObject, other: JsonObject): boolean {
  const sorted = (value: JsonObject) => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(one) === sorted(other);
}

/** Return the schema of rows; undefined where there are none. A row without a name does not count yet. */
export function schemaOf(rows: readonly Row[]): JsonObject | undefined {
  const named = rows.filter(({ name }) => name.trim());
  if (!named.length) return undefined;
  return {
    type: "object",
    properties: Object.fromEntries(named.map((row) => [row.name.trim(), partOf(row)])),
    required: named.filter(({ required }) => required).map(({ name }) => name.trim()),
    additionalProperties: false,
  };
}

function partOf({ kind, description, options, rows }: Row): JsonObject {
  const about = description ? { description } : {};
  if (kind === "choice") return { type: "string", enum: [...options], ...about };
  if (kind === "object")
    return { ...(schemaOf(rows) ?? { type: "object", properties: {}, required: [], additionalProperties: false }), ...about };
  return { ...SHAPES[kind], ...about };
}

// From a node type's JSON Schema to the fields of a form. Only the subset that the catalogue emits.

import type { Schema } from "./boot";
import { isObject, type Json, type JsonObject } from "./json";

export type Widget =
  | "text"
  | "textarea"
  | "number"
  | "boolean"
  | "choice"
  | "model"
  | "workflow"
  | "library-prompt"
  | "credential"
  | "data-class"
  | "deciders"
  | "value"
  | "code"
  | "key-value"
  | "list"
  | "table"
  | "schema"
  | "shown"
  | "cron"
  | "json";

export interface Field {
  name: string;
  label: string;
  widget: Widget;
  help: string;
  unit: string;
  required: boolean;
  /** What the server takes when the field is left out; undefined if it takes nothing. */
  fallback: Json | undefined;
  choices: readonly string[];
  integer: boolean;
  least: number | undefined;
  most: number | undefined;
  pattern: string;
  maxLength: number | undefined;
  /** Whether `{{ }}` may stand in it. */
  expression: boolean;
  /** Whether people edit it together by the letter. */
  text: boolean;
  /** The columns of each entry of a table. */
  columns: readonly Field[];
  maxItems: number | undefined;
  minItems: number;
  /** Whether a key-value field is stored as a list of name and value. */
  pairs: boolean;
}

/** How many fields are shown before “More”. */
export const SHOWN = 5;

/** Return the fields of a config schema in its order; constants are no fields. */
export function fieldsOf(schema: Schema): Field[] {
  return fieldsIn(schema, schema.$defs ?? {});
}

function fieldsIn(schema: Schema, defs: Record<string, Schema>): Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const part = resolved(given, defs);
    return part.const === undefined ? [fieldOf(name, part, required.has(name), defs)] : [];
  });
}

function fieldOf(name: string, schema: Schema, required: boolean, defs: Record<string, Schema>): Field {
  const item = schema.items ? resolved(schema.items, defs) : undefined;
  const choices = choicesOf(schema);
  return {
    name,
    label: labelOf(name, schema.title),
    widget: widgetOf(schema, item, choices),
    help: schema.description ?? "",
    unit: schema["x-unit"] ?? "",
    required,
    fallback: schema.default,
    choices,
    integer: schema.type === "integer",
    least: schema.minimum ?? schema.exclusiveMinimum,
    most: schema.maximum ?? schema.exclusiveMaximum,
    pattern: schema.pattern ?? "",
    maxLength: schema.maxLength,
    expression: schema["x-expression"] === true,
    text: schema["x-text"] === true,
    columns: item?.properties ? fieldsIn(item, defs) : [],
    maxItems: schema.maxItems,
    minItems: schema.minItems ?? 0,
    pairs: schema.type === "array",
  };
}

/** Follow a reference and take `null` out of a choice of types; what stands beside them wins. */
export function resolved(schema: Schema, defs: Record<string, Schema>): Schema {
  const { $ref, anyOf, ...own } = schema;
  if ($ref) {
    const target = defs[$ref.split("/").at(-1) ?? ""];
    if (!target) return own;
    const { title: _, ...shape } = resolved(target, defs); // its title is the class's name
    return { ...shape, ...own };
  }
  const real = anyOf?.map((each) => resolved(each, defs)).filter((each) => each.type !== "null");
  return real?.length === 1 ? { ...real[0], ...own } : own;
}

const NAMED: Record<string, Widget> = {
  text: "text",
  textarea: "textarea",
  prompt: "textarea",
  model: "model",
  workflow: "workflow",
  cron: "cron",
  "library-prompt": "library-prompt",
  credential: "credential",
  "data-class": "data-class",
  deciders: "deciders",
  expression: "value",
  code: "code",
  "key-value": "key-value",
  json: "json",
  "json-schema": "schema",
};

function widgetOf(schema: Schema, item: Schema | undefined, choices: readonly string[]): Widget {
  if (schema.readOnly) return "shown";
  const named = NAMED[schema["x-widget"] ?? ""];
  if (named) return named;
  if (choices.length) return "choice";
  switch (schema.type) {
    case "boolean":
      return "boolean";
    case "integer":
    case "number":
      return "number";
    case "string":
      return "text";
    case "array":
      return item?.properties ? "table" : item?.type === "string" ? "list" : "json";
    case "object":
      return "json";
    default:
      return "value";
  }
}

function choicesOf(schema: Schema): string[] {
  if (schema.enum) return schema.enum.filter((each) => typeof each === "string");
  // `^(primary|secondary|danger)$` is a choice as well.
  const listed = /^\^\(([a-z_]+(?:\|[a-z_]+)+)\)\$$/.exec(schema.pattern ?? "");
  return listed?.[1]?.split("|") ?? [];
}

const ACRONYMS: Record<string, string> = { url: "URL", id: "ID", json: "JSON", http: "HTTP", api: "API" };

/** Return a title in sentence case; titles that were only made from the name are made anew. */
export function labelOf(name: string, title = ""): string {
  const words = name.replace(/_+$/, "").split("_");
  const made = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
  if (title && title !== made) return title;
  const spoken = words.map((word) => ACRONYMS[word] ?? word).join(" ");
  return spoken.charAt(0).toUpperCase() + spoken.slice(1);
}

/** Return a stored choice in words for people. */
export function choiceWords(choice: string): string {
  if (choice === choice.toUpperCase()) return choice;
  const words = choice.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Return a new entry of a table; ids are made once and never change with the label. */
export function newEntry(columns: readonly Field[], entries: readonly JsonObject[]): JsonObject {
  const entry: JsonObject = {};
  for (const column of columns) {
    if (column.name === "id") entry["id"] = freshId(entries);
    else if (column.required) entry[column.name] = emptyOf(column, entries.length);
  }
  return entry;
}

function emptyOf(column: Field, count: number): Json {
  if (column.widget === "number") return 0;
  if (column.name === "name") return `field_${count + 1}`;
  return column.name === "label" ? `Option ${count + 1}` : "";
}

function freshId(entries: readonly JsonObject[]): string {
  const taken = new Set(entries.map((entry) => entry["id"]));
  for (let number = entries.length + 1; ; number += 1)
    if (!taken.has(`option_${number}`)) return `option_${number}`;
}

/** Return the entries of a table; what is no object is left out. */
export function entriesOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export interface Pair {
  name: string;
  value: Json;
}

export function pairsOf(value: Json | undefined): Pair[] {
  if (isObject(value)) return Object.entries(value).map(([name, each]) => ({ name, value: each }));
  return entriesOf(value).map((entry) => ({
    name: typeof entry["name"] === "string" ? entry["name"] : "",
    value: entry["value"] ?? null,
  }));
}

/** Return pairs as they are stored. Of two with one name an object keeps the later. */
export function storedPairs(pairs: readonly Pair[], asList: boolean): Json {
  if (asList) return pairs.map(({ name, value }) => ({ name, value }));
  return Object.fromEntries(pairs.filter(({ name }) => name).map(({ name, value }) => [name, value]));
}

/** Return a value as a field shows it: texts as they are, anything else as JSON. */
export function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Return why a number does not fit; empty if it does. */
export function numberProblem(field: Field, text: string): string {
  const value = Number(text.replace(",", "."));
  if (!text.trim() || !Number.isFinite(value)) return "Give a number.";
  if (field.integer && !Number.isInteger(value)) return "Give a whole number.";
  if (field.least !== undefined && value < field.least) return `Give at least ${field.least}.`;
  if (field.most !== undefined && value > field.most) return `Give at most ${field.most}.`;
  return "";
}

/** Tell whether a problem of the server is about a field, or about something inside it. */
export function isAbout(problemField: string, name: string): boolean {
  return problemField === name || problemField.startsWith(`${name}.`);
}

/** Return what people call a field of a step, for a key such as `prompt` or `title`. */
export function fieldWords(type: { config_schema: Schema }, key: string): string {
  return labelOf(key, type.config_schema.properties?.[key]?.title);
}

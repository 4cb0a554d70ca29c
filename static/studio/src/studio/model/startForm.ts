// The form that starts a run: made from the start step, filled with defaults and what was given last.

import type { Step } from "./boot";
import { isObject, type Json, type JsonObject } from "./json";
import type { Store } from "./store";

export type InputType = "text" | "paragraph" | "number" | "select" | "bool" | "json";

export interface InputField {
  name: string;
  label: string;
  type: InputType;
  required: boolean;
  fallback: Json;
  options: readonly string[];
}

const TYPES: ReadonlySet<string> = new Set(["text", "paragraph", "number", "select", "bool", "json"]);

/** Return the fields of the workflow's start; none if it takes whatever it is given. */
export function inputFields(store: Store): InputField[] {
  const start = startOf(store);
  const fields = Array.isArray(start?.config["fields"]) ? start.config["fields"] : [];
  return fields.filter(isObject).map((field) => ({
    name: String(field["name"] ?? ""),
    label: String(field["label"] || field["name"] || ""),
    type: (TYPES.has(String(field["type"])) ? field["type"] : "text") as InputType,
    required: field["required"] === true,
    fallback: field["default"] ?? null,
    options: Array.isArray(field["options"]) ? field["options"].map(String) : [],
  }));
}

function startOf(store: Store): Step | undefined {
  for (const step of store.nodes.values()) if (step.type === "core.start") return step;
  return undefined;
}

export type Entries = Record<string, string | boolean>;

/** Return what the form shows at first. */
export function entriesFor(fields: readonly InputField[], last: JsonObject): Entries {
  return Object.fromEntries(
    fields.map((field) => [field.name, entryOf(field, last[field.name] ?? field.fallback)]),
  );
}

function entryOf(field: InputField, value: Json): string | boolean {
  if (field.type === "bool") return value === true;
  if (value === null) return "";
  return typeof value === "string" && field.type !== "json" ? value : JSON.stringify(value, null, 2);
}

export interface Inputs {
  inputs: JsonObject;
  /** What cannot be sent, by field. */
  problems: Record<string, string>;
}

/** Return the inputs of a run; an empty field is left out, so that the start's default counts. */
export function inputsOf(fields: readonly InputField[], entries: Entries): Inputs {
  const inputs: JsonObject = {};
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const entry = entries[field.name] ?? "";
    if (typeof entry === "boolean") inputs[field.name] = entry;
    else if (!entry.trim()) {
      if (field.required && field.fallback === null) problems[field.name] = "This field is required.";
    } else read(field, entry, inputs, problems);
  }
  return { inputs, problems };
}

function read(
  field: InputField,
  entry: string,
  inputs: JsonObject,
  problems: Record<string, string>,
): void {
  if (field.type === "number") {
    const value = Number(entry.trim().replace(",", "."));
    if (Number.isFinite(value)) inputs[field.name] = value;
    else problems[field.name] = "Give a number.";
  } else if (field.type === "json") {
    try {
      inputs[field.name] = JSON.parse(entry) as Json;
    } catch (error) {
      problems[field.name] = `This is not JSON: ${(error as Error).message}`;
    }
  } else inputs[field.name] = entry;
}

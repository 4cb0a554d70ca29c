// The form that starts a run: made from the start step, filled with defaults and what was given last.

import type { Step } from "./boot";
import { isObject, type Json, type JsonObject } from "./json";
import type { Store } from "./store";

export type InputType = "text" | "paragraph" | "number" | "select" | "bool" | "json" | "file";

/** A file as an input: what is text as `text`, anything else as `base64`. */
export type InputFile = { name: string; media_type: string; size: number } & ({ text: string } | { base64: string });

/** The server takes no larger ones. */
export const MAX_FILE = 1 << 20;

export interface InputField {
  name: string;
  label: string;
  type: InputType;
  required: boolean;
  fallback: Json;
  options: readonly string[];
}

const TYPES: ReadonlySet<string> = new Set(["text", "paragraph", "number", "select", "bool", "json", "file"]);

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

/** Return inputs to begin with: each field with its default, else with something empty of its type. */
export function sampleInputs(store: Store): JsonObject {
  return Object.fromEntries(inputFields(store).map(({ name, type, fallback }) => [name, fallback ?? blankOf(type)]));
}

function blankOf(type: InputType): Json {
  if (type === "number") return 0;
  if (type === "bool") return false;
  return type === "json" || type === "file" ? null : "";
}

function startOf(store: Store): Step | undefined {
  for (const step of store.nodes.values()) if (step.type === "core.start") return step;
  return undefined;
}

export type Entry = string | boolean | InputFile;
export type Entries = Record<string, Entry>;

/** Return what the form shows at first. */
export function entriesFor(fields: readonly InputField[], last: JsonObject): Entries {
  return Object.fromEntries(
    fields.map((field) => [field.name, entryOf(field, last[field.name] ?? field.fallback)]),
  );
}

function entryOf(field: InputField, value: Json): Entry {
  if (field.type === "bool") return value === true;
  if (field.type === "file") return ""; // chosen anew each time
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
    if (typeof entry !== "string") inputs[field.name] = entry;
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

/** Return the inputs that are offered again the next time: no files, which may be large and secret. */
export function remembered(fields: readonly InputField[], inputs: JsonObject): JsonObject {
  const files = new Set(fields.filter(({ type }) => type === "file").map(({ name }) => name));
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !files.has(name)));
}

/** Read a file that somebody chose. */
export async function inputFile(file: Blob & { name: string }): Promise<InputFile> {
  const data = new Uint8Array(await file.arrayBuffer());
  const about = { name: file.name.slice(0, 255), media_type: file.type || "application/octet-stream", size: data.length };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    if (!text.includes("\0")) return { ...about, text };
  } catch {
    // no text
  }
  let letters = "";
  for (const byte of data) letters += String.fromCharCode(byte);
  return { ...about, base64: btoa(letters) };
}

/** Return a size as people read it. */
export function sizeWords(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1 << 20 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

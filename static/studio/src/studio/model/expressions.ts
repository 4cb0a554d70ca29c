// `{{ }}` in a text as the form needs it: where expressions begin and end, and what may follow the
// caret. Whether one is right, the server says (`apps/sandbox/expressions.py` is the only parser).

import { isObject, type Json, type JsonObject } from "./json";

export interface Part {
  kind: "text" | "expression";
  start: number;
  end: number;
  /** The text itself, or what stands between the braces. */
  source: string;
  closed: boolean;
}

/** Split a text into literal parts and expressions. An expression that is not closed goes to the end. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let place = 0;
  for (let start = text.indexOf("{{"); start >= 0; start = text.indexOf("{{", place)) {
    if (start > place) parts.push(literal(text, place, start));
    const inner = endOf(text, start + 2);
    const end = inner < 0 ? text.length : inner + 2;
    const source = text.slice(start + 2, inner < 0 ? text.length : inner);
    parts.push({ kind: "expression", start, end, source, closed: inner >= 0 });
    place = end;
  }
  if (place < text.length) parts.push(literal(text, place, text.length));
  return parts;
}

function literal(text: string, start: number, end: number): Part {
  return { kind: "text", start, end, source: text.slice(start, end), closed: true };
}

/** Return where the expression that begins at `start` ends; -1 if it does not. */
function endOf(text: string, start: number): number {
  let depth = 0;
  for (let place = start; place < text.length; ) {
    const sign = text.charAt(place);
    if (sign === "'" || sign === '"') {
      place = endOfString(text, place);
      if (place < 0) return -1;
      continue;
    }
    if (depth === 0 && text.startsWith("}}", place)) return place;
    if ("([{".includes(sign)) depth += 1;
    if (")]}".includes(sign)) depth -= 1;
    place += 1;
  }
  return -1;
}

function endOfString(text: string, start: number): number {
  const sign = text.charAt(start);
  const quote = text.startsWith(sign.repeat(3), start) ? sign.repeat(3) : sign;
  for (let place = start + quote.length; place < text.length; ) {
    if (text.charAt(place) === "\\") place += 2;
    else if (text.startsWith(quote, place)) return place + quote.length;
    else place += 1;
  }
  return -1;
}

/** What is known of the values that an expression may name. */
export interface Scope {
  /** The values by their names; missing keys are simply not known. */
  values: JsonObject;
  /** Steps that come before, nearest first: id and title. */
  steps: readonly { id: string; title: string }[];
}

export interface Suggestion {
  /** What is put in place of the path that is being written. */
  insert: string;
  label: string;
  /** What it is, in a few words: a step's title or the beginning of a value. */
  detail: string;
}

/** What is being written at the caret, inside of braces. */
export interface Writing {
  /** Where the path begins and ends in the text. */
  start: number;
  end: number;
  path: string;
}

const PATH = /(?:[A-Za-z_]\w*(?:\.\w*|\[(?:\d+|"[^"]*"|'[^']*')\])*)?$/;

/** Return the path that is being written at the caret; null outside of expressions. */
export function writingAt(text: string, caret: number): Writing | null {
  const part = partsOf(text).find(
    (each) =>
      each.kind === "expression" &&
      caret >= each.start + 2 &&
      caret <= (each.closed ? each.end - 2 : each.end),
  );
  if (!part) return null;
  const before = text.slice(part.start + 2, caret);
  if (insideString(before)) return null;
  const path = PATH.exec(before)?.[0] ?? "";
  return { start: caret - path.length, end: caret, path };
}

function insideString(source: string): boolean {
  for (let place = 0; place < source.length; ) {
    const sign = source.charAt(place);
    if (sign !== "'" && sign !== '"') {
      place += 1;
      continue;
    }
    const end = endOfString(source, place);
    if (end < 0) return true;
    place = end;
  }
  return false;
}

const MOST = 40;
/** What only steps inside others know. */
const ROUND = [
  ["item", "The item of this round"],
  ["index", "The number of the round, from 0"],
  ["vars", "The variables of the loop"],
] as const;

/** Return what may be written for a path, best first. */
export function suggestions(scope: Scope, path: string): Suggestion[] {
  const dot = Math.max(path.lastIndexOf("."), path.lastIndexOf("]"));
  if (dot < 0) return roots(scope, path);
  const base = path.charAt(dot) === "]" ? path.slice(0, dot + 1) : path.slice(0, dot);
  const begun = path.charAt(dot) === "." ? path.slice(dot + 1).toLowerCase() : "";
  if (base === "nodes") return stepsNamed(scope, begun);
  const value = valueAt(scope.values, base);
  if (Array.isArray(value)) return placesOf(base, value);
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([key]) => key.toLowerCase().includes(begun))
    .sort(([a], [b]) => Number(b.toLowerCase().startsWith(begun)) - Number(a.toLowerCase().startsWith(begun)))
    .slice(0, MOST)
    .map(([key, each]) => ({ insert: base + access(key), label: key, detail: glimpse(each) }));
}

function roots(scope: Scope, begun: string): Suggestion[] {
  const wanted = begun.toLowerCase();
  const found: Suggestion[] = [];
  const input = scope.values["input"];
  if (isObject(input))
    for (const [key, value] of Object.entries(input))
      found.push({ insert: `input${access(key)}`, label: `input.${key}`, detail: glimpse(value) || "Input" });
  if ("prev" in scope.values)
    found.push({ insert: "prev", label: "prev", detail: "Output of the step before" });
  for (const [name, words] of ROUND)
    if (name in scope.values) found.push({ insert: name, label: name, detail: glimpse(scope.values[name]) || words });
  for (const { id, title } of scope.steps)
    found.push({ insert: `nodes.${id}.output`, label: title, detail: `nodes.${id}.output` });
  found.push({ insert: "input", label: "input", detail: "All inputs of the run" });
  return found
    .filter((each) => `${each.label} ${each.insert}`.toLowerCase().includes(wanted))
    .slice(0, MOST);
}

function stepsNamed(scope: Scope, begun: string): Suggestion[] {
  return scope.steps
    .filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes(begun))
    .map(({ id, title }) => ({ insert: `nodes.${id}.output`, label: title, detail: id }));
}

function placesOf(base: string, list: readonly Json[]): Suggestion[] {
  return list
    .slice(0, 5)
    .map((each, index) => ({ insert: `${base}[${index}]`, label: `[${index}]`, detail: glimpse(each) }));
}

/** Return how a key is written after a value. */
export function access(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[A-Za-z]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Return the value at a path such as `nodes.a.output["b c"][0]`; undefined where it is not known. */
export function valueAt(values: JsonObject, path: string): Json | undefined {
  let found: Json | undefined = values;
  for (const [, name, index, quoted] of path.matchAll(/\.?([A-Za-z_]\w*)|\[(\d+)\]|\[["']([^"']*)["']\]/g)) {
    if (index !== undefined) found = Array.isArray(found) ? found[Number(index)] : undefined;
    else found = isObject(found) ? found[name ?? quoted ?? ""] : undefined;
    if (found === undefined) return undefined;
  }
  return found;
}

/** Return the beginning of a value. */
export function glimpse(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.length === 1 ? "1 item" : `${value.length} items`;
  if (isObject(value)) return `{ ${Object.keys(value).slice(0, 4).join(", ")} }`;
  const text = String(value).replace(/\s+/g, " ");
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

/** Return a text with an expression put in at a place: inside of braces as a name, else with its own. */
export function inserted(text: string, start: number, end: number, path: string): { text: string; caret: number } {
  const inside = writingAt(text, start) !== null;
  const added = inside ? path : `{{ ${path} }}`;
  return { text: text.slice(0, start) + added + text.slice(end), caret: start + added.length };
}

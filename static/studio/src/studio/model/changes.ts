// What differs between two values, line by line: in a list or a long text only what changed counts.

import { shown } from "./fields";
import { isObject, type Json } from "./json";

const MOST = 12;
const LENGTH = 240;

/** Return the lines that only one of two values has; empty for a side that has none. */
export function changedLines(before: Json, after: Json): { before: string; after: string } {
  const old = linesOf(before);
  const next = linesOf(after);
  const only = (lines: readonly string[], other: readonly string[]) => {
    const known = new Set(other);
    return cut(lines.filter((line) => !known.has(line)));
  };
  const found = { before: only(old, next), after: only(next, old) };
  // The same lines in another order.
  return found.before || found.after ? found : { before: cut(old), after: cut(next) };
}

function linesOf(value: Json): string[] {
  if (value === null || value === "") return [];
  if (Array.isArray(value)) return value.map(lineOf);
  if (isObject(value)) return Object.entries(value).map(([key, each]) => `${key}: ${inLine(each)}`);
  return shown(value).split("\n");
}

/** Return an entry of a list in one line: led by its name, whatever the order of its keys. */
function lineOf(entry: Json): string {
  if (!isObject(entry)) return inLine(entry);
  const { name, id, ...rest } = entry;
  const lead = name ?? id;
  const parts = Object.keys(rest)
    .sort()
    .filter((key) => rest[key] !== null && rest[key] !== "")
    .map((key) => (key === "value" ? inLine(rest[key] ?? null) : `${key}: ${inLine(rest[key] ?? null)}`));
  return lead === undefined ? parts.join(", ") : `${inLine(lead)}: ${parts.join(", ")}`;
}

function inLine(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function cut(lines: readonly string[]): string {
  const kept = lines.slice(0, MOST).map((line) => (line.length > LENGTH ? `${line.slice(0, LENGTH)}…` : line));
  if (lines.length > MOST) kept.push(`… ${lines.length - MOST} more lines`);
  return kept.join("\n");
}

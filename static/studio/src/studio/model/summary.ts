// The one line under a step's title: what it is set to do, in a few words.

import type { NodeType, Schema, Step } from "./boot";
import type { Json } from "./json";

const MOST = 3;
const IDS: ReadonlySet<string> = new Set(["workflow", "credential"]); // which say nothing to people

/** Return a step's line: its first meaningful settings, or what its type is called. */
export function summary(type: NodeType | undefined, step: Step): string {
  if (!type) return `Unknown type ${step.type}`;
  const words: string[] = [];
  for (const [name, schema] of Object.entries(type.config_schema.properties ?? {})) {
    const word = wordFor(name, schema, step.config[name]);
    if (word) words.push(word);
    if (words.length === MOST) break;
  }
  const own = step.title && step.title !== type.label ? [type.label] : [];
  return (words.length ? words : own.length ? own : [type.description]).join(" · ");
}

function wordFor(name: string, schema: Schema, value: Json | undefined): string {
  if (value === undefined || value === null || value === "" || value === false) return "";
  if (IDS.has(schema["x-widget"] ?? "")) return "";
  if (value === true) return schema.title?.toLowerCase() ?? name.replaceAll("_", " ");
  if (Array.isArray(value)) return value.length ? counted(value.length, schema.title ?? name) : "";
  if (typeof value === "object") return schema.title ?? name.replaceAll("_", " ");
  if (typeof value === "number")
    return schema["x-unit"] ? `${value} ${schema["x-unit"]}` : `${name.replaceAll("_", " ")} ${value}`;
  const line = value.trim().split("\n", 1)[0] ?? "";
  return line.replace(/\{\{\s*(.*?)\s*\}\}/g, "$1").slice(0, 80);
}

/** Return a count with its word, which is given as for many. */
export function counted(count: number, name: string): string {
  const plural = name.replaceAll("_", " ").toLowerCase();
  const single = plural.endsWith("s") ? plural.slice(0, -1) : plural.replace(/s\b/, ""); // “ways on”
  return `${count} ${count === 1 ? single : plural}`;
}

/** Return milliseconds as a person reads them: 0.42 s, 1 m 29 s, 12 m, 3 h 5 m. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`; // else it would stand still while it runs
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} m`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** Return dollars: four digits below one dollar, two from there; a dash for nothing. */
export function money(cost: string | null | undefined): string {
  const value = Number(cost);
  if (cost === null || cost === undefined || !Number.isFinite(value) || value === 0) return "–";
  return `$${value.toFixed(value < 1 ? 4 : 2)}`;
}

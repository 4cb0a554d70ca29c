// What is wrong, in the order in which people put it right; what is wrong in many places is said once.

import type { Problem } from "./boot";
import { fieldWords } from "./fields";
import { topological } from "./graph";
import { isObject } from "./json";
import type { Store } from "./store";

/** From how many places on the same words are said once. */
const MANY = 4;

/** One problem in one place, or the same one in many. */
export type Entry = readonly [Problem, ...Problem[]];

/** Return errors before warnings, of the workflow before those of its steps, steps as they follow each other. */
export function inOrder(store: Store, problems: readonly Problem[]): Entry[] {
  const places = new Map(topological(store).map((id, index) => [id, index]));
  const place = ({ node }: Problem) => places.get(node) ?? -1;
  const sorted = problems.toSorted((a, b) => a.severity.localeCompare(b.severity) || place(a) - place(b));
  const same = Map.groupBy(sorted, ({ severity, code, message, fix }) => JSON.stringify([severity, code, message, fix]));
  const told = new Set<Problem>();
  return sorted.flatMap((problem): Entry[] => {
    const { severity, code, message, fix } = problem;
    const all = same.get(JSON.stringify([severity, code, message, fix])) ?? [];
    if (all.length < MANY) return [[problem]];
    const [first, ...rest] = all;
    if (!first || told.has(first)) return [];
    told.add(first);
    return [[first, ...rest]];
  });
}

const ENTRY_NAMES = ["name", "label", "title"];

/** Return which setting of its step a problem is about, as people call it; empty where it is about none. */
export function settingOf(store: Store, { node, field }: Problem): string {
  const step = store.nodes.get(node);
  const type = step && store.types.get(step.type);
  const [key = "", index] = field.replace(/^config\./, "").split(".");
  if (!step || !type?.config_schema.properties?.[key]) return "";
  const list = step.config[key];
  const entry = Array.isArray(list) ? list[Number(index)] : undefined;
  if (entry === undefined) return fieldWords(type, key);
  const name = isObject(entry) ? ENTRY_NAMES.map((each) => entry[each]).find((each) => typeof each === "string" && each) : "";
  return `${fieldWords(type, key)} · ${typeof name === "string" && name ? name : Number(index) + 1}`;
}

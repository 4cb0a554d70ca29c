// The history of a draft as people read it: who was there, and what changed, in words.

import type { NodeTypes, Person } from "./boot";
import { labelOf } from "./fields";
import { counted } from "./summary";

/** One change of a point; `author` is null where a program of the server corrected something. */
export interface Credit {
  operation: "add" | "remove" | "set" | "clear" | "edit" | "move" | "connect" | "disconnect";
  node: string | null;
  field: string | null;
  author: string | null;
  title: string;
}

/** A moment of the draft: after a burst of changes, or as it was published. */
export interface Point {
  id: string;
  seq: number;
  kind: "editor" | "api" | "import" | "restore" | "publish";
  version: number | null;
  notes: string;
  name: string;
  authors: Person[];
  changes: Credit[];
  change_count: number;
  began_at: string;
  created_at: string;
}

export interface HistoryFilter {
  author: string;
  kind: "" | "named" | "publish";
  q: string;
}
export const EVERYTHING: HistoryFilter = { author: "", kind: "", q: "" };

const ARROW = " → ";
const MOST_NAMED = 2;
const MOST_FIELDS = 3;

/** Return what a moment is called where it stands alone. */
export function titleOf(point: Point): string {
  return point.name || (point.version === null ? `${peopleWords(point)}, ${clock(point.created_at)}` : `Version ${point.version}`);
}

/** Return who changed something, in words. */
export function peopleWords({ authors }: Point): string {
  const names = authors.map(({ name }) => name);
  if (!names.length) return "Auterity";
  if (names.length <= MOST_NAMED) return names.join(" and ");
  return `${names.slice(0, MOST_NAMED).join(", ")} and ${names.length - MOST_NAMED} more`;
}

/** Return what changed, a line for each way in which it did. */
export function changeLines({ changes, change_count }: Point, types: NodeTypes): string[] {
  // A step without a name goes by its type; a connection has both its ends.
  const called = (title: string) => title.split(ARROW).map((end) => types.get(end)?.label ?? end).join(ARROW);
  const about = (...operations: Credit["operation"][]) => changes.filter(({ operation, field }) => operations.includes(operation) && !isEdge(field));
  const edges = (operation: Credit["operation"]) => changes.filter((each) => each.operation === operation && isEdge(each.field));
  const titles = (found: readonly Credit[]) => listed(found.map(({ title }) => called(title)));
  const line = (word: string, found: readonly Credit[]) => (found.length ? [`${word} ${titles(found)}`] : []);
  const moved = about("move").length;
  const lines = [
    ...line("Added", about("add")),
    ...line("Removed", about("remove")),
    ...changedSteps(about("set", "clear", "edit"), called),
    ...line("Connected", edges("connect")),
    ...line("Disconnected", edges("disconnect")),
    ...line("Changed the connection", edges("set")),
    ...wholeWorkflow(about("set", "clear", "edit")),
    ...(moved ? [`Moved ${counted(moved, "steps")}`] : []),
  ];
  if (change_count > changes.length) lines.push(`${change_count} changes in all`);
  return lines;
}

/** Tell what changed of each step: its name alone where that says enough. */
function changedSteps(found: readonly Credit[], called: (title: string) => string): string[] {
  const fields = new Map<string, { title: string; names: string[] }>();
  for (const { node, field, title } of found) {
    if (node === null) continue;
    const own = fields.get(node) ?? { title: called(title), names: [] };
    if (field) own.names.push(labelOf(field.replace(/^config\./, "")).toLowerCase());
    fields.set(node, own);
  }
  const steps = [...fields.values()];
  if (steps.length > MOST_NAMED) return [`Changed ${listed(steps.map(({ title }) => title))}`];
  return steps.map(({ title, names }) => {
    const more = names.length - MOST_FIELDS;
    const told = [...names.slice(0, MOST_FIELDS), ...(more > 0 ? [`${more} more`] : [])].join(", ");
    return `Changed ${title}${told ? `: ${told}` : ""}`;
  });
}

function wholeWorkflow(found: readonly Credit[]): string[] {
  const names = found.flatMap(({ node, field }) => (node === null && field !== null ? [field] : []));
  const settings = names.flatMap((name) => (name.startsWith("settings.") ? [labelOf(name.slice("settings.".length)).toLowerCase()] : []));
  return [
    ...(names.includes("name") ? ["Changed the name"] : []),
    ...(names.includes("description") ? ["Changed the description"] : []),
    ...(settings.length ? [`Changed the settings: ${settings.join(", ")}`] : []),
    ...(names.includes("runbook") ? ["Wrote in the runbook"] : []),
  ];
}

function listed(titles: readonly string[]): string {
  const more = titles.length - MOST_NAMED;
  if (more > 1) return `${titles.slice(0, MOST_NAMED).join(", ")} and ${more} more`;
  return titles.join(", ");
}

function isEdge(field: string | null): boolean {
  return field !== null && field.includes(">") && field.includes(":");
}

/** Return the day of a moment, as the heading above its points. */
export function dayOf(time: string, today = new Date()): string {
  const day = new Date(time);
  const ago = Math.round((startOf(today) - startOf(day)) / 86_400_000);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  return day.toLocaleDateString("en", { day: "numeric", month: "long", year: "numeric" });
}

/** Return the time of day, with the day where that is another one. */
export function clock(time: string, today = new Date()): string {
  const at = new Date(time);
  const hour = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (startOf(at) === startOf(today)) return hour;
  return `${at.toLocaleDateString("en", { day: "numeric", month: "short" })}, ${hour}`;
}

function startOf(day: Date): number {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}

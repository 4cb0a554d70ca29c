// How things lie in the document, and what is read from it: all that can be told without Yjs itself,
// which is fetched after the first paint.

import type * as Y from "yjs";
import type { Definition, Edge, Note, Step } from "./boot";
import { edgeId } from "./ids";
import { isObject, type Json, type JsonObject } from "./json";

/** Where a change comes from; only these are undone. */
export const LOCAL = "local";
export const ASSISTANT = "assistant";
/** What the server sent. */
export const REMOTE = "remote";

export const CONFIG = "c:";
export const NODE_KEYS = [
  "type_version",
  "title",
  "notes",
  "parent",
  "disabled",
  "join",
  "retry",
  "undo",
  "timeout_s",
  "on_error",
  "default_output",
  "cache_ttl_s",
  "data_classes",
] as const;
/** What others should know of a step: a text that people write together, like those of its config. */
export const NOTES = "notes";
export type NodeKey = (typeof NODE_KEYS)[number];

export interface StoredEdge {
  s: string;
  sp: string;
  t: string;
  tp: string;
  label?: string;
  when?: string;
}

export function splitTextKey(key: string): [owner: string, parameter: string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}

export function readStep(
  id: string,
  stored: Y.Map<Json>,
  texts: JsonObject,
  place: readonly number[] | undefined,
): Step {
  const config: JsonObject = {};
  for (const [key, value] of stored)
    if (key.startsWith(CONFIG)) config[key.slice(CONFIG.length)] = value;
  const kept = NODE_KEYS.filter((key) => stored.get(key) !== undefined && stored.get(key) !== null);
  const { [NOTES]: notes, ...written } = texts;
  return {
    type_version: 1,
    title: "",
    notes: "",
    ...Object.fromEntries(kept.map((key) => [key, stored.get(key)])),
    ...(typeof notes === "string" ? { notes } : {}),
    id,
    type: String(stored.get("type")),
    config: { ...config, ...written },
    ...readPlace(place),
  };
}

export function readNote(
  id: string,
  stored: JsonObject,
  text: string,
  place: readonly number[] | undefined,
): Note {
  const { position, size } = readPlace(place);
  const colour = typeof stored["colour"] === "string" ? stored["colour"] : "yellow";
  return { id, text, colour, position, size: size ?? [240, 160], ...(stored["group"] === true ? { group: true } : {}) };
}

function readPlace(place: readonly number[] | undefined): Pick<Step, "position" | "size"> {
  const [x = 0, y = 0, width, height] = place ?? [];
  const position = [x, y] as const;
  return width !== undefined && height !== undefined
    ? { position, size: [width, height] }
    : { position };
}

export function readEdge(stored: StoredEdge): Edge {
  const ends = {
    source: stored.s,
    source_port: stored.sp,
    target: stored.t,
    target_port: stored.tp,
  };
  return { ...ends, id: edgeId(ends), when: stored.when ?? null, label: stored.label ?? "" };
}

/** Return a step of a snapshot or the clipboard with what it leaves out filled in. */
export function wholeStep(step: Definition["nodes"][number]): Step {
  const filled = { type_version: 1, title: "", notes: "", ...step };
  return {
    ...filled,
    config: isObject(filled.config) ? filled.config : {},
    position: filled.position ?? [0, 0],
  };
}

// The draft as a Y document, with the schema of the server (`apps/workflows/document.py`):
//
//   meta    schema, name, description, settings.<key>
//   nodes   <id> -> map: type, type_version, title, ... and c:<parameter> for each of the config
//   text    <id>/<parameter> -> text that people edit together: prompts, code, notes
//   layout  <id> -> [x, y] or [x, y, width, height]
//   edges   <source>:<port>><target>:<port> -> {s, sp, t, tp, label?, when?}
//   notes   <id> -> {colour, group?}

import * as Y from "yjs";
import type { Definition, Edge, NodeTypes, Note, Step } from "./boot";
import { edgeId } from "./ids";
import { isObject, type Json, type JsonObject } from "./json";

/** Where a change comes from; only these are undone. */
export const LOCAL = "local";
export const ASSISTANT = "assistant";
/** What the server sent. */
export const REMOTE = "remote";

export const CONFIG = "c:";
const NODE_KEYS = [
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
] as const;
export type NodeKey = (typeof NODE_KEYS)[number];

export interface StoredEdge {
  s: string;
  sp: string;
  t: string;
  tp: string;
  label?: string;
  when?: string;
}

/** The document with its parts by name, and the node types that say what is a text. */
export class StudioDoc {
  readonly meta: Y.Map<Json>;
  readonly nodes: Y.Map<Y.Map<Json>>;
  readonly text: Y.Map<Y.Text>;
  readonly layout: Y.Map<number[]>;
  readonly edges: Y.Map<StoredEdge>;
  readonly notes: Y.Map<JsonObject>;

  constructor(
    readonly types: NodeTypes,
    readonly ydoc: Y.Doc = new Y.Doc(),
  ) {
    this.meta = ydoc.getMap("meta");
    this.nodes = ydoc.getMap("nodes");
    this.text = ydoc.getMap("text");
    this.layout = ydoc.getMap("layout");
    this.edges = ydoc.getMap("edges");
    this.notes = ydoc.getMap("notes");
  }

  /** Make the changes one transaction: one step of undo, one update to the server. */
  change<T>(body: () => T, origin: string = LOCAL): T {
    return this.ydoc.transact(body, origin);
  }

  /** Tell whether people edit a parameter by the letter. */
  isText(type: string, parameter: string): boolean {
    return this.types.get(type)?.config_schema.properties?.[parameter]?.["x-text"] === true;
  }

  has(id: string): boolean {
    return this.nodes.has(id) || this.notes.has(id);
  }

  step(id: string): Step | undefined {
    const stored = this.nodes.get(id);
    return stored && readStep(id, stored, this.#textsOf(id, stored), this.layout.get(id));
  }

  note(id: string): Note | undefined {
    const stored = this.notes.get(id);
    if (!stored) return undefined;
    return readNote(id, stored, this.text.get(`${id}/text`)?.toString() ?? "", this.layout.get(id));
  }

  edge(id: string): Edge | undefined {
    const stored = this.edges.get(id);
    return stored && readEdge(stored);
  }

  /** The text of a parameter, for an editor that binds to it. */
  textOf(id: string, parameter: string): Y.Text | undefined {
    return this.text.get(`${id}/${parameter}`);
  }

  /** Return everything as a definition's JSON; edges without both ends are left out. */
  definition(): Definition {
    const texts = new Map<string, JsonObject>();
    for (const [key, text] of this.text) {
      const [owner, parameter] = splitTextKey(key);
      texts.set(owner, { ...texts.get(owner), [parameter]: text.toString() });
    }
    const settings: JsonObject = {};
    for (const [key, value] of this.meta)
      if (key.startsWith("settings.")) settings[key.slice("settings.".length)] = value;
    return {
      schema: 1,
      nodes: sorted(this.nodes).map(([id, stored]) =>
        readStep(id, stored, texts.get(id) ?? {}, this.layout.get(id)),
      ),
      edges: sorted(this.edges)
        .map(([, stored]) => stored)
        .filter((stored) => this.nodes.has(stored.s) && this.nodes.has(stored.t))
        .map((stored) => {
          const { id: _, ...edge } = readEdge(stored);
          return edge;
        }),
      notes: sorted(this.notes).map(([id, stored]) => {
        const text = texts.get(id)?.["text"];
        return readNote(id, stored, typeof text === "string" ? text : "", this.layout.get(id));
      }),
      settings,
    };
  }

  #textsOf(id: string, stored: Y.Map<Json>): JsonObject {
    const texts: JsonObject = {};
    const type = this.types.get(String(stored.get("type")));
    for (const parameter of Object.keys(type?.config_schema.properties ?? {})) {
      const text = this.textOf(id, parameter);
      if (text) texts[parameter] = text.toString();
    }
    return texts;
  }
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
  return {
    type_version: 1,
    title: "",
    notes: "",
    ...Object.fromEntries(kept.map((key) => [key, stored.get(key)])),
    id,
    type: String(stored.get("type")),
    config: { ...config, ...texts },
    ...readPlace(place),
  };
}

function readNote(
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

function sorted<T>(map: Y.Map<T>): [string, T][] {
  return [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
}

export { NODE_KEYS };

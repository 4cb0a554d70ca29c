// The draft as a Y document, with the schema of the server (`apps/workflows/document.py`):
//
//   meta    schema, name, description, settings.<key>
//   nodes   <id> -> map: type, type_version, title, ... and c:<parameter> for each of the config
//   text    <id>/<parameter> -> text that people edit together: prompts, code, notes; <id>/notes of a step
//   layout  <id> -> [x, y] or [x, y, width, height]
//   edges   <source>:<port>><target>:<port> -> {s, sp, t, tp, label?, when?}
//   notes   <id> -> {colour, group?}
//   doc     the runbook, which is no part of the definition

import * as Y from "yjs";
import type { Definition, Edge, NodeTypes, Note, Step } from "./boot";
import type { Json, JsonObject } from "./json";
import { undoManager } from "./undo";
import { LOCAL, NOTES, readEdge, readNote, readStep, splitTextKey, type StoredEdge } from "./stored";

/** The document with its parts by name, and the node types that say what is a text. */
export class StudioDoc {
  readonly meta: Y.Map<Json>;
  readonly nodes: Y.Map<Y.Map<Json>>;
  readonly text: Y.Map<Y.Text>;
  readonly layout: Y.Map<number[]>;
  readonly edges: Y.Map<StoredEdge>;
  readonly notes: Y.Map<JsonObject>;
  readonly runbook: Y.XmlFragment;

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
    this.runbook = ydoc.getXmlFragment("doc");
  }

  /** Return what undoes this person's changes, and nobody else's. */
  undoManager(): Y.UndoManager {
    return undoManager(this);
  }

  /** Return a map for the settings of a new step. */
  newMap(): Y.Map<Json> {
    return new Y.Map();
  }

  newText(text: string): Y.Text {
    return new Y.Text(text);
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
    for (const parameter of [NOTES, ...Object.keys(type?.config_schema.properties ?? {})]) {
      const text = this.textOf(id, parameter);
      if (text) texts[parameter] = text.toString();
    }
    return texts;
  }
}

function sorted<T>(map: Y.Map<T>): [string, T][] {
  return [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
}

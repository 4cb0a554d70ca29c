// The graph as the canvas shows it, outside React: first from the page's snapshot, then from the
// document, and after that changed only where the document changed.

import type * as Y from "yjs";
import type { Definition, Edge, NodeTypes, Note, Step } from "./boot";
import { Grid, type Box } from "./grid";
import { edgeId } from "./ids";
import { same, type Json, type JsonObject } from "./json";
import { frameAround, holdsSteps, sizeOf } from "./nesting";
import { Topics, type Listener } from "./topics";
import { splitTextKey, wholeStep } from "./stored";
import type { StudioDoc } from "./ydoc";

const NONE: ReadonlySet<string> = new Set();
const NOTHING: readonly string[] = [];

/** Topics: `node:<id>`, `note:<id>`, `edge:<id>`; `ids` when some came or went; `meta`; `graph` always. */
export class Store {
  readonly nodes = new Map<string, Step>();
  /** Edges with both ends; the others are not shown. */
  readonly edges = new Map<string, Edge>();
  readonly notes = new Map<string, Note>();
  readonly grid = new Grid();
  readonly topics = new Topics();
  /** Counts changes; what was computed for a revision holds as long as it stays. */
  revision = 0;
  meta: { name: string; description: string; settings: JsonObject };
  #from = new Map<string, Set<string>>();
  #into = new Map<string, Set<string>>();
  #inside = new Map<string, Set<string>>();
  /** Frames whose steps changed and whose size is not yet right. */
  #unfit = new Set<string>();

  constructor(
    readonly types: NodeTypes,
    details: { name: string; description: string } = { name: "", description: "" },
  ) {
    this.meta = { ...details, settings: {} };
  }

  on(topic: string, listener: Listener): () => void {
    return this.topics.on(topic, listener);
  }

  /** Ids of the edges that leave a step. */
  edgesFrom(id: string): ReadonlySet<string> {
    return this.#from.get(id) ?? NONE;
  }

  /** Ids of the edges that lead into a step. */
  edgesInto(id: string): ReadonlySet<string> {
    return this.#into.get(id) ?? NONE;
  }

  /** Tell whether other steps may lie in a step. */
  holds(id: string): boolean {
    return holdsSteps(this.types, this.nodes.get(id)?.type ?? "");
  }

  /** The step in which a step lies. Two people can put two loops into each other: then in none. */
  holderOf(id: string): string | undefined {
    const parent = this.#parentOf(id);
    const seen = new Set([id]);
    for (let each = parent; each !== undefined; each = this.#parentOf(each)) {
      if (each === id) return undefined;
      if (seen.has(each)) break;
      seen.add(each);
    }
    return parent;
  }

  /** Ids of the steps that lie directly in a step. */
  insideOf(id: string): readonly string[] {
    const inner = this.#inside.get(id);
    return inner ? [...inner].filter((each) => this.holderOf(each) === id) : NOTHING;
  }

  boxOf(id: string): Box | undefined {
    return this.grid.get(id);
  }

  /** Return what a step is called where it is shown. */
  titleOf(id: string): string {
    const note = this.notes.get(id);
    if (note) return note.group ? note.text || "Group" : "Note";
    const step = this.nodes.get(id);
    return step?.title || this.types.get(step?.type ?? "")?.label || step?.type || id;
  }

  /** Show a definition. What is the same as before stays the same object, so nothing draws twice. */
  load(definition: Definition): void {
    this.topics.batch(() => {
      const nodes = new Set(definition.nodes.map((node) => node.id));
      const notes = new Set((definition.notes ?? []).map((note) => note.id));
      const edges = new Set(definition.edges.map(edgeId));
      for (const id of [...this.edges.keys()]) if (!edges.has(id)) this.#putEdge(id, undefined);
      for (const id of [...this.nodes.keys()]) if (!nodes.has(id)) this.#putNode(id, undefined);
      for (const id of [...this.notes.keys()]) if (!notes.has(id)) this.#putNote(id, undefined);
      for (const node of definition.nodes) this.#putNode(node.id, wholeStep(node));
      for (const note of definition.notes ?? []) this.#putNote(note.id, wholeNote(note));
      for (const edge of definition.edges) {
        const id = edgeId(edge);
        this.#putEdge(id, { ...edge, id, when: edge.when ?? null, label: edge.label ?? "" });
      }
      this.#fitFrames();
      if (!same(this.meta.settings, definition.settings)) {
        this.meta = { ...this.meta, settings: definition.settings };
        this.#changed("meta");
      }
    });
  }

  /** Follow a document from now on; returns how to stop. */
  bind(doc: StudioDoc): () => void {
    this.load(doc.definition());
    this.#readMeta(doc);
    const follow = (events: Y.Transaction) => this.#follow(doc, events);
    doc.ydoc.on("afterTransaction", follow);
    return () => doc.ydoc.off("afterTransaction", follow);
  }

  #follow(doc: StudioDoc, { changed }: Y.Transaction): void {
    if (!changed.size) return;
    const nodes = new Set(keysOf(changed, doc.nodes));
    const notes = new Set(keysOf(changed, doc.notes));
    const edges = new Set(keysOf(changed, doc.edges));
    const both = [...keysOf(changed, doc.layout), ...keysOf(changed, doc.text).map(ownerOf)];
    for (const type of changed.keys()) {
      const key = type._item?.parentSub;
      if (typeof key !== "string") continue;
      if ((type.parent as unknown) === doc.nodes) nodes.add(key);
      if ((type.parent as unknown) === doc.text) both.push(ownerOf(key));
    }
    for (const id of both) (doc.notes.has(id) ? notes : nodes).add(id);
    this.topics.batch(() => {
      for (const id of nodes) {
        if (doc.nodes.has(id) !== this.nodes.has(id))
          for (const edge of touching(doc, id)) edges.add(edge);
        this.#putNode(id, doc.step(id));
      }
      for (const id of notes) this.#putNote(id, doc.note(id));
      for (const id of edges) this.#putEdge(id, doc.edge(id));
      this.#fitFrames();
      if (keysOf(changed, doc.meta).length) this.#readMeta(doc);
    });
  }

  #readMeta(doc: StudioDoc): void {
    const text = (key: string, fallback: string) => {
      const value = doc.meta.get(key);
      return typeof value === "string" ? value : fallback;
    };
    const settings: JsonObject = {};
    for (const [key, value] of doc.meta)
      if (key.startsWith("settings.")) settings[key.slice("settings.".length)] = value as Json;
    const meta = {
      name: text("name", this.meta.name),
      description: text("description", this.meta.description),
      settings,
    };
    if (same(meta, this.meta)) return;
    this.meta = meta;
    this.#changed("meta");
  }

  #putNode(id: string, step: Step | undefined): void {
    const before = this.nodes.get(id);
    if (same(before, step)) return;
    if (before?.parent) this.#inside.get(before.parent)?.delete(id);
    if (step?.parent) addTo(this.#inside, step.parent, id);
    for (const each of [id, before?.parent, step?.parent]) if (each) this.#unfit.add(each);
    if (step) {
      this.nodes.set(id, step);
      const [x, y] = step.position;
      if (!this.holds(id)) this.grid.set(id, { x, y, ...sizeOf(this.types, step) });
    } else {
      this.nodes.delete(id);
      this.grid.delete(id);
      for (const edge of [...this.edgesFrom(id), ...this.edgesInto(id)])
        this.#putEdge(edge, undefined);
    }
    this.#changed(`node:${id}`, ...(before && step ? [] : ["ids"]));
  }

  /** Make the frames as large as what lies in them, and those around them. */
  #fitFrames(): void {
    const depths = new Map<string, number>();
    for (const id of this.#unfit)
      for (let each: string | undefined = id, depth = 0; each !== undefined; each = this.holderOf(each), depth += 1)
        depths.set(each, Math.max(depth, depths.get(each) ?? 0));
    this.#unfit.clear();
    for (const [id] of [...depths].sort(([, a], [, b]) => a - b)) {
      const step = this.nodes.get(id);
      if (!step || !this.holds(id)) continue;
      const inner = this.insideOf(id).flatMap((each) => this.grid.get(each) ?? []);
      const frame = frameAround(this.types, step, inner);
      if (same(frame, this.grid.get(id))) continue;
      this.grid.set(id, frame);
      this.#changed(`node:${id}`);
    }
  }

  #parentOf(id: string): string | undefined {
    const parent = this.nodes.get(id)?.parent;
    return parent !== undefined && this.holds(parent) ? parent : undefined;
  }

  #putNote(id: string, note: Note | undefined): void {
    const before = this.notes.get(id);
    if (same(before, note)) return;
    if (note) {
      this.notes.set(id, note);
      const [x, y] = note.position;
      this.grid.set(id, { x, y, width: note.size[0], height: note.size[1] });
    } else {
      this.notes.delete(id);
      this.grid.delete(id);
    }
    this.#changed(`note:${id}`, ...(before && note ? [] : ["ids"]));
  }

  #putEdge(id: string, edge: Edge | undefined): void {
    const before = this.edges.get(id);
    const shown = edge && this.nodes.has(edge.source) && this.nodes.has(edge.target);
    const next = shown ? edge : undefined;
    if (same(before, next)) return;
    if (before) {
      this.edges.delete(id);
      this.#from.get(before.source)?.delete(id);
      this.#into.get(before.target)?.delete(id);
    }
    if (next) {
      this.edges.set(id, next);
      addTo(this.#from, next.source, id);
      addTo(this.#into, next.target, id);
    }
    const ends = before ?? next;
    this.#changed(
      `edge:${id}`,
      ...(ends ? [`edges:${ends.source}`, `edges:${ends.target}`] : []),
      ...(before && next ? [] : ["ids"]),
    );
  }

  #changed(...topics: string[]): void {
    this.revision += 1;
    this.topics.emit("graph", ...topics);
  }
}

function keysOf(changed: Y.Transaction["changed"], part: unknown): string[] {
  const keys = changed.get(part as Y.AbstractType<Y.YEvent<any>>) ?? [];
  return [...keys].filter((key): key is string => key !== null);
}

function ownerOf(key: string): string {
  return splitTextKey(key)[0];
}

function touching(doc: StudioDoc, id: string): string[] {
  return [...doc.edges].flatMap(([key, edge]) => (edge.s === id || edge.t === id ? [key] : []));
}

function addTo(index: Map<string, Set<string>>, key: string, id: string): void {
  const found = index.get(key);
  if (found) found.add(id);
  else index.set(key, new Set([id]));
}

function wholeNote(note: Partial<Note> & { id: string }): Note {
  return { text: "", colour: "yellow", position: [0, 0], size: [240, 160], ...note };
}

// Every change that a person can make, each one transaction. Pointer, keyboard, palette and outline
// call these same functions, so that save, undo and what others see cannot differ.

import type * as Y from "yjs";
import type { Edge, Note, Step } from "./boot";
import { edgeId, newId } from "./ids";
import { same, type Json, type JsonObject } from "./json";
import { CONFIG, NODE_KEYS, NOTES, splitTextKey, type NodeKey, type StoredEdge } from "./stored";
import type { Store } from "./store";
import type { StudioDoc } from "./ydoc";

type Ends = Pick<Edge, "source" | "source_port" | "target" | "target_port">;
export type Fragment = { nodes: Step[]; edges: Edge[]; notes: Note[] };
type Shown = Pick<Store, "nodes" | "edges" | "notes" | "meta">;

/** Write what is shown into a document that holds nothing yet, and return that. */
export function written(doc: StudioDoc, { nodes, edges, notes, meta }: Shown): StudioDoc {
  doc.change(() => {
    for (const step of nodes.values()) writeStep(doc, step);
    for (const note of notes.values()) writeNote(doc, note);
    for (const edge of edges.values()) connect(doc, edge, { ...(edge.when && { when: edge.when }), ...(edge.label && { label: edge.label }) });
    for (const [key, value] of Object.entries(meta.settings)) setSetting(doc, key, value);
  });
  return doc;
}

/** Add a step; texts are made together with it, because two people making one would lose a text. */
export function addStep(doc: StudioDoc, step: Step): void {
  doc.change(() => {
    writeStep(doc, step);
    sweep(doc);
  });
}

function writeStep(doc: StudioDoc, step: Step): void {
  const stored = doc.newMap();
  stored.set("type", step.type);
  for (const key of NODE_KEYS) {
    const value = key === NOTES ? undefined : (step[key] as Json | undefined);
    if (value !== undefined && value !== null && value !== "") stored.set(key, value);
  }
  doc.nodes.set(step.id, stored);
  writeConfig(doc, stored, step);
  doc.text.set(`${step.id}/${NOTES}`, doc.newText(step.notes));
  doc.layout.set(step.id, [...step.position, ...(step.size ?? [])]);
}

function writeConfig(doc: StudioDoc, stored: Y.Map<Json>, { id, type, config }: Pick<Step, "id" | "type" | "config">): void {
  for (const [name, value] of Object.entries(config))
    if (!(typeof value === "string" && doc.isText(type, name))) stored.set(CONFIG + name, value);
  const properties = Object.keys(doc.types.get(type)?.config_schema.properties ?? {});
  for (const name of properties.filter((each) => doc.isText(type, each))) {
    const value = config[name];
    doc.text.set(`${id}/${name}`, doc.newText(typeof value === "string" ? value : ""));
  }
}

/** Make a step one of another type. Its edges lead from the ports that `ways` names, or go. */
export function retype(
  doc: StudioDoc,
  next: Pick<Step, "id" | "type" | "type_version" | "config">,
  ways: ReadonlyMap<string, string | null>,
): void {
  doc.change(() => {
    const stored = doc.nodes.get(next.id);
    if (!stored) return;
    for (const key of [...stored.keys()]) if (key.startsWith(CONFIG)) stored.delete(key);
    for (const key of [...doc.text.keys()])
      if (splitTextKey(key)[0] === next.id && key !== `${next.id}/${NOTES}`) doc.text.delete(key);
    stored.set("type", next.type);
    stored.set("type_version", next.type_version);
    writeConfig(doc, stored, next);
    const led = [...ways].flatMap(([id, port]) => ({ id, port, edge: doc.edges.get(id) }));
    for (const { id } of led) doc.edges.delete(id);
    for (const { port, edge } of led) if (edge && port !== null) writeEdge(doc, { ...edge, sp: port });
  });
}

/** Move steps and notes; their sizes stay. */
export function move(doc: StudioDoc, places: ReadonlyMap<string, readonly [number, number]>): void {
  doc.change(() => {
    for (const [id, [x, y]] of places) {
      const [oldX, oldY, ...size] = doc.layout.get(id) ?? [];
      if (doc.has(id) && (oldX !== x || oldY !== y)) doc.layout.set(id, [x, y, ...size]);
    }
    sweep(doc);
  });
}

export function resize(doc: StudioDoc, id: string, size: readonly [number, number]): void {
  doc.change(() => {
    const [x = 0, y = 0] = doc.layout.get(id) ?? [];
    doc.layout.set(id, [x, y, ...size]);
  });
}

/** Put steps into another one, or with undefined outside of all; return how many edges that cut. */
export function putInto(doc: StudioDoc, ids: Iterable<string>, into: string | undefined): number {
  return doc.change(() => {
    const moved = new Set(ids);
    for (const id of moved) {
      const stored = doc.nodes.get(id);
      if (!stored || stored.get("parent") === into) continue;
      if (into === undefined) stored.delete("parent");
      else stored.set("parent", into);
    }
    const cut = [...doc.edges].filter(
      ([, edge]) => (moved.has(edge.s) || moved.has(edge.t)) && parentOf(doc, edge.s) !== parentOf(doc, edge.t),
    );
    for (const [id] of cut) doc.edges.delete(id);
    return cut.length;
  });
}

function parentOf(doc: StudioDoc, id: string): Json | undefined {
  return doc.nodes.get(id)?.get("parent");
}

/** Return the ids with those of all steps that lie in them. */
function withInner(doc: StudioDoc, ids: Iterable<string>): Set<string> {
  const all = new Set(ids);
  for (let before = -1; before !== all.size; ) {
    before = all.size;
    for (const [id, stored] of doc.nodes) if (all.has(String(stored.get("parent")))) all.add(id);
  }
  return all;
}

/** Delete steps and notes with everything that lies in them or hangs on them. */
export function remove(doc: StudioDoc, ids: Iterable<string>, edges: Iterable<string> = []): void {
  doc.change(() => {
    const gone = withInner(doc, ids);
    for (const id of gone) {
      doc.nodes.delete(id);
      doc.notes.delete(id);
      doc.layout.delete(id);
    }
    for (const key of [...doc.text.keys()])
      if (gone.has(splitTextKey(key)[0])) doc.text.delete(key);
    for (const id of edges) doc.edges.delete(id);
    sweep(doc);
  });
}

/** Delete steps and lead what came in on to where they led, when that is one way and clear. */
export function removeAndReconnect(doc: StudioDoc, id: string): void {
  doc.change(() => {
    const edges = [...doc.edges.values()];
    const into = edges.filter((edge) => edge.t === id);
    const out = edges.filter((edge) => edge.s === id);
    const after = out.length === 1 ? out[0] : undefined;
    remove(doc, [id]);
    if (after)
      for (const edge of into) writeEdge(doc, { ...edge, t: after.t, tp: after.tp });
  });
}

export function rename(doc: StudioDoc, id: string, title: string): void {
  setMeta(doc, id, "title", title);
}

/** Set one of a step's own settings; undefined takes it back to its default. */
export function setMeta(doc: StudioDoc, id: string, key: NodeKey, value: Json | undefined): void {
  doc.change(() => {
    const stored = doc.nodes.get(id);
    if (key === NOTES && stored) {
      stored.delete(NOTES); // where they stood before people wrote them together
      setText(doc, id, NOTES, typeof value === "string" ? value : "");
      return;
    }
    if (!stored || same(stored.get(key), value)) return;
    if (value === undefined || value === null || value === "") stored.delete(key);
    else stored.set(key, value);
    sweep(doc);
  });
}

/** Set a parameter of a step's config; undefined takes it back to its default. */
export function setParam(
  doc: StudioDoc,
  id: string,
  name: string,
  value: Json | undefined,
): void {
  doc.change(() => {
    const stored = doc.nodes.get(id);
    if (!stored) return;
    const type = String(stored.get("type"));
    if (doc.isText(type, name) && (value === undefined || typeof value === "string")) {
      stored.delete(CONFIG + name);
      setText(doc, id, name, value ?? "");
    } else if (value === undefined) {
      stored.delete(CONFIG + name);
    } else {
      doc.text.delete(`${id}/${name}`);
      if (!same(stored.get(CONFIG + name), value)) stored.set(CONFIG + name, value);
    }
    sweep(doc);
  });
}

/** Change a text between its common start and end, so that letters typed elsewhere stay. */
export function setText(doc: StudioDoc, id: string, name: string, wanted: string): void {
  doc.change(() => {
    const key = `${id}/${name}`;
    const text = doc.text.get(key);
    if (!text) {
      doc.text.set(key, doc.newText(wanted));
      return;
    }
    const current = text.toString();
    const shorter = Math.min(current.length, wanted.length);
    let start = 0;
    while (start < shorter && current[start] === wanted[start]) start += 1;
    let end = 0;
    while (end < shorter - start && current.at(-1 - end) === wanted.at(-1 - end)) end += 1;
    if (start + end < current.length) text.delete(start, current.length - start - end);
    if (start + end < wanted.length) text.insert(start, wanted.slice(start, wanted.length - end));
  });
}

export function connect(doc: StudioDoc, ends: Ends, more: { when?: string; label?: string } = {}): void {
  doc.change(() => {
    writeEdge(doc, {
      s: ends.source,
      sp: ends.source_port,
      t: ends.target,
      tp: ends.target_port,
      ...more,
    });
    sweep(doc);
  });
}

export function disconnect(doc: StudioDoc, ids: Iterable<string>): void {
  doc.change(() => {
    for (const id of ids) doc.edges.delete(id);
    sweep(doc);
  });
}

/** Set an edge's condition and label; empty ones are taken away. */
export function setEdge(doc: StudioDoc, id: string, change: { when?: string; label?: string }): void {
  doc.change(() => {
    const stored = doc.edges.get(id);
    if (!stored) return;
    const { when = stored.when, label = stored.label } = change;
    const { s, sp, t, tp } = stored;
    const next = { s, sp, t, tp, ...(when ? { when } : {}), ...(label ? { label } : {}) };
    if (!same(next, stored)) doc.edges.set(id, next);
  });
}

/** Put a step into an edge: what led from A to B leads through it. */
export function insertOnEdge(
  doc: StudioDoc,
  id: string,
  step: Step,
  ports: { input: string; output: string },
): void {
  doc.change(() => {
    const edge = doc.edges.get(id);
    if (!edge) return;
    writeStep(doc, step);
    doc.edges.delete(id);
    writeEdge(doc, { ...edge, t: step.id, tp: ports.input });
    writeEdge(doc, { s: step.id, sp: ports.output, t: edge.t, tp: edge.tp });
    sweep(doc);
  });
}

/** Put a step that is there already into an edge. */
export function putOnEdge(doc: StudioDoc, id: string, step: string, ports: { input: string; output: string }): void {
  doc.change(() => {
    const edge = doc.edges.get(id);
    if (!edge || !doc.nodes.has(step)) return;
    doc.edges.delete(id);
    writeEdge(doc, { ...edge, t: step, tp: ports.input });
    writeEdge(doc, { s: step, sp: ports.output, t: edge.t, tp: edge.tp });
    sweep(doc);
  });
}

/**
 * Add steps, edges and notes of the clipboard under new ids, moved by an offset; return the ids.
 * Steps keep the one they lie in where that was copied too; the others are put into `into`.
 */
export function paste(
  doc: StudioDoc,
  fragment: Fragment,
  offset: readonly [number, number],
  into?: string,
  named: (id: string, type: string, taken: (id: string) => boolean) => string = (_, type, taken) => newId(type, taken),
): string[] {
  const ids = new Map<string, string>();
  const taken = (id: string) => doc.has(id) || [...ids.values()].includes(id);
  for (const step of fragment.nodes) ids.set(step.id, named(step.id, step.type, taken));
  for (const note of fragment.notes) ids.set(note.id, named(note.id, "note", taken));
  const moved = ([x, y]: readonly [number, number]) => [x + offset[0], y + offset[1]] as const;
  doc.change(() => {
    for (const step of fragment.nodes) {
      const { parent, ...rest } = step;
      const kept = (parent === undefined ? undefined : ids.get(parent)) ?? into;
      writeStep(doc, {
        ...rest,
        ...(kept === undefined ? {} : { parent: kept }),
        id: ids.get(step.id) ?? step.id,
        position: moved(step.position),
        config: renamed(step.config, ids) as JsonObject,
      });
    }
    for (const edge of fragment.edges) {
      const s = ids.get(edge.source);
      const t = ids.get(edge.target);
      if (s === undefined || t === undefined) continue;
      const when = edge.when ? { when: renamed(edge.when, ids) as string } : {};
      const label = edge.label ? { label: edge.label } : {};
      writeEdge(doc, { s, sp: edge.source_port, t, tp: edge.target_port, ...when, ...label });
    }
    for (const note of fragment.notes)
      writeNote(doc, { ...note, id: ids.get(note.id) ?? note.id, position: moved(note.position) });
    sweep(doc);
  });
  return [...ids.values()];
}

/** Write a template into an empty draft: its steps keep their ids, which words about them may use. */
export function begin(doc: StudioDoc, fragment: Fragment): void {
  paste(doc, fragment, [0, 0], undefined, (id, type, taken) => (taken(id) ? newId(type, taken) : id));
}

/** Return a value whose expressions name the copies instead of the originals. */
function renamed(value: Json, ids: ReadonlyMap<string, string>): Json {
  if (typeof value === "string")
    return value.replace(/\bnodes\.([a-z][a-z0-9_]{0,62})\b/g, (whole, id: string) => {
      const copy = ids.get(id);
      return copy === undefined ? whole : `nodes.${copy}`;
    });
  if (Array.isArray(value)) return value.map((each) => renamed(each, ids));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renamed(each, ids)]));
}

export function addNote(doc: StudioDoc, note: Note): void {
  doc.change(() => writeNote(doc, note));
}

function writeNote(doc: StudioDoc, note: Note): void {
  doc.notes.set(note.id, { colour: note.colour, ...(note.group ? { group: true } : {}) });
  doc.text.set(`${note.id}/text`, doc.newText(note.text));
  doc.layout.set(note.id, [...note.position, ...note.size]);
}

export function setNoteColour(doc: StudioDoc, id: string, colour: string): void {
  doc.change(() => {
    const stored = doc.notes.get(id);
    if (stored) doc.notes.set(id, { ...stored, colour });
  });
}

export function setDetail(doc: StudioDoc, key: "name" | "description", value: string): void {
  doc.change(() => {
    if (doc.meta.get(key) !== value) doc.meta.set(key, value);
  });
}

export function setSetting(doc: StudioDoc, key: string, value: Json | undefined): void {
  doc.change(() => {
    if (value === undefined) doc.meta.delete(`settings.${key}`);
    else doc.meta.set(`settings.${key}`, value);
  });
}

function writeEdge(doc: StudioDoc, edge: StoredEdge): void {
  const { s, sp, t, tp } = edge;
  const id = edgeId({ source: s, source_port: sp, target: t, target_port: tp });
  if (s !== t && !doc.edges.has(id)) doc.edges.set(id, edge);
}

/** Delete edges that lost an end to somebody else's deletion. */
function sweep(doc: StudioDoc): void {
  for (const [id, edge] of doc.edges)
    if (!doc.nodes.has(edge.s) || !doc.nodes.has(edge.t)) doc.edges.delete(id);
}

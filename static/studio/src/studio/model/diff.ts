// What differs between the draft and how it was, as the canvas shows it and as one takes it back.

import type { Definition, Step } from "./boot";
import type { Editor } from "./editor";
import { edgeId } from "./ids";
import { same, type Json } from "./json";
import * as ops from "./ops";
import { NODE_KEYS, wholeStep } from "./stored";
import type { StudioDoc } from "./ydoc";

export interface FieldChange {
  field: string;
  before: Json;
  after: Json;
}

export interface Part {
  id: string;
  title?: string;
  type?: string;
}

export interface Changes {
  added: Part[];
  removed: Part[];
  changed: (Part & { fields: FieldChange[] })[];
}

export interface Diff {
  nodes: Changes;
  edges: Changes;
  settings: FieldChange[];
}

export type How = "added" | "removed" | "changed";

/** How the draft was, laid over it; or, where `now` is given, the draft laid over how it was. */
export class Compared {
  readonly steps: ReadonlyMap<string, How>;
  readonly edges: ReadonlyMap<string, How>;
  /** What became of that which the canvas itself does not show. */
  readonly missing: How;
  /** Steps that the canvas itself does not show. */
  readonly ghosts: readonly Step[];

  constructor(
    /** What the moment is called. */
    readonly then: string,
    readonly before: Definition,
    readonly diff: Diff,
    readonly now: Definition | null = null,
  ) {
    this.steps = marksOf(diff.nodes);
    this.edges = marksOf(diff.edges);
    this.missing = now ? "added" : "removed";
    this.ghosts = this.over.nodes.filter(({ id }) => this.steps.get(id) === this.missing).map(wholeStep);
  }

  /** What is laid over the canvas. */
  get over(): Definition {
    return this.now ?? this.before;
  }

  /** Return what changed in words. */
  words(): string {
    const count = (how: How) => [...this.steps.values()].filter((each) => each === how).length;
    const parts = (["added", "changed", "removed"] as const).flatMap((how) => (count(how) ? [`${count(how)} ${how}`] : []));
    if (parts.length) return parts.join(", ");
    return this.edges.size || this.diff.settings.length ? "only connections or settings differ" : "nothing differs";
  }
}

/** Return how many things differ. */
export function sizeOf({ nodes, edges, settings }: Diff): number {
  const count = ({ added, removed, changed }: Changes) => added.length + removed.length + changed.length;
  return count(nodes) + count(edges) + settings.length;
}

function marksOf({ added, removed, changed }: Changes): Map<string, How> {
  const all: [How, Part[]][] = [["added", added], ["removed", removed], ["changed", changed]];
  return new Map(all.flatMap(([how, parts]) => parts.map(({ id }) => [id, how] as const)));
}

/** Make one step what it was then; one that is gone comes back with its connections. */
export function restoreStep(editor: Editor, before: Definition, id: string, then: string): void {
  const found = before.nodes.find((node) => node.id === id);
  if (!found) return;
  const old = wholeStep(found);
  editor.gesture((doc) => doc.change(() => (doc.nodes.has(id) ? takeBack(doc, old) : bringBack(doc, old, before))));
  editor.announcer.say(`${editor.store.titleOf(id)} is as in ${then}`);
}

/** Change only what differs: who edits another field at the same time keeps that. */
function takeBack(doc: StudioDoc, old: Step): void {
  const now = doc.step(old.id);
  if (!now) return;
  if (now.type !== old.type) {
    const { parent: _, ...rest } = old;
    ops.addStep(doc, { ...rest, position: now.position, ...(now.parent ? { parent: now.parent } : {}) });
    return;
  }
  for (const name of new Set([...Object.keys(now.config), ...Object.keys(old.config)]))
    if (!same(now.config[name], old.config[name])) ops.setParam(doc, old.id, name, old.config[name]);
  for (const key of NODE_KEYS) if (key !== "parent") ops.setMeta(doc, old.id, key, old[key] as Json | undefined);
}

function bringBack(doc: StudioDoc, old: Step, before: Definition): void {
  const { parent, ...rest } = old;
  ops.addStep(doc, { ...rest, ...(parent !== undefined && doc.nodes.has(parent) ? { parent } : {}) });
  for (const edge of before.edges) {
    const touches = edge.source === old.id || edge.target === old.id;
    if (!touches || !doc.nodes.has(edge.source) || !doc.nodes.has(edge.target) || doc.edges.has(edgeId(edge))) continue;
    ops.connect(doc, edge, { ...(edge.when ? { when: edge.when } : {}), ...(edge.label ? { label: edge.label } : {}) });
  }
}

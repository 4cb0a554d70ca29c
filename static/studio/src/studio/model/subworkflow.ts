// Steps as a workflow of their own, and back: what they need from outside becomes inputs, what one of
// them gives to outside becomes the answer.

import type { Definition, Edge, Step } from "./boot";
import { partsOf } from "./expressions";
import { isObject, type Json, type JsonObject } from "./json";
import { outermost, withInner } from "./nesting";
import { UNDO_PORT } from "./ports";
import type { Store } from "./store";

/** The steps cannot be a workflow of their own; the message says why. */
export class NotCollapsible extends Error {
  override name = "NotCollapsible";
}

export interface Collapsed {
  /** Everything that goes, with what lies inside. */
  gone: ReadonlySet<string>;
  definition: Definition;
  /** What the step that stands for them hands in. */
  inputs: JsonObject;
  incoming: readonly Edge[];
  outgoing: readonly Edge[];
  /** The step whose output is the answer; undefined where nothing outside follows. */
  exit: string | undefined;
}

const GAP = 320;
const ALL_INPUTS = "run_input";

/** Return the steps as a workflow. Raises NotCollapsible. */
export function collapsed(store: Store, ids: Iterable<string>): Collapsed {
  const chosen = new Set([...ids].filter((id) => store.nodes.has(id)));
  const top = outermost(store, chosen);
  const gone = withInner(store, top);
  checkSteps(store, top);
  const edges = [...store.edges.values()];
  const incoming = edges.filter((edge) => !gone.has(edge.source) && gone.has(edge.target));
  const outgoing = edges.filter((edge) => gone.has(edge.source) && !gone.has(edge.target));
  const exit = exitOf(store, outgoing);
  checkOutside(store, gone, exit?.source);
  const inputs: JsonObject = {};
  const steps = [...gone].flatMap((id) => store.nodes.get(id) ?? []).map((step) => inward(store, step, gone, inputs));
  const inner = edges
    .filter((edge) => gone.has(edge.source) && gone.has(edge.target))
    .map(({ id: _, ...edge }) => ({ ...edge, when: edge.when && inwardSource(edge.when, null, gone, inputs) }));
  return { gone, inputs, incoming, outgoing, exit: exit?.source, definition: definitionOf(store, top, steps, inner, exit, inputs) };
}

function checkSteps(store: Store, top: readonly string[]): void {
  if (!top.length) throw new NotCollapsible("Select the steps first.");
  for (const id of top) {
    const step = store.nodes.get(id);
    if (step?.type === "core.start" || step?.type === "core.respond")
      throw new NotCollapsible("The start and the answer of a workflow stay where they are: select the steps between them.");
    if (store.holderOf(id) !== undefined) throw new NotCollapsible("What lies in a loop cannot leave it. Select the whole loop.");
  }
}

function exitOf(store: Store, outgoing: readonly Edge[]): Edge | undefined {
  const [first] = outgoing;
  for (const edge of outgoing) {
    if (edge.source_port === UNDO_PORT.name) throw new NotCollapsible(`${store.titleOf(edge.source)} is taken back by a step outside.`);
    if (edge.source !== first?.source || edge.source_port !== first.source_port)
      throw new NotCollapsible("Several ways lead out of these steps. A workflow has one answer.");
  }
  return first;
}

/** What outside names must be the answer. */
function checkOutside(store: Store, gone: ReadonlySet<string>, exit: string | undefined): void {
  for (const step of store.nodes.values()) {
    if (gone.has(step.id)) continue;
    for (const name of namesIn(step.config))
      if (gone.has(name) && name !== exit)
        throw new NotCollapsible(`${store.titleOf(step.id)} uses what ${store.titleOf(name)} gives, which is not the last of these steps.`);
  }
}

/** Return a step as it stands inside: what it took from outside is an input there. */
function inward(store: Store, step: Step, gone: ReadonlySet<string>, inputs: JsonObject): Step {
  const sources = [...store.edgesInto(step.id)].flatMap((edge) => store.edges.get(edge)?.source ?? []);
  const [only] = sources;
  const before = new Set(sources).size === 1 && only !== undefined && !gone.has(only) ? only : null;
  const config = changed(step.config, (source) => inwardSource(source, before, gone, inputs)) as JsonObject;
  return { ...step, config };
}

function inwardSource(source: string, before: string | null, gone: ReadonlySet<string>, inputs: JsonObject): string {
  const asInput = (id: string) => {
    inputs[id] = `{{ nodes.${id}.output }}`;
    return `input.${id}`;
  };
  return source
    .replace(/(?<![.\w])input\b(?:\.([a-z][a-z0-9_]*))?/g, (_whole, name: string | undefined) => {
      inputs[name ?? ALL_INPUTS] = name ? `{{ input.${name} }}` : "{{ input }}";
      return `input.${name ?? ALL_INPUTS}`;
    })
    .replace(/\bnodes\.([a-z][a-z0-9_]*)\.output\b/g, (whole, id: string) => (gone.has(id) ? whole : asInput(id)))
    .replace(/(?<![.\w])prev\b/g, (whole) => (before === null ? whole : asInput(before)));
}

function definitionOf(
  store: Store,
  top: readonly string[],
  steps: readonly Step[],
  inner: Definition["edges"],
  exit: Edge | undefined,
  inputs: JsonObject,
): Definition {
  const bounds = store.grid.bounds(top) ?? { x: 0, y: 0, width: 0, height: 0 };
  const targets = new Set(inner.map(({ target }) => target));
  const fields = Object.keys(inputs).map((name) => ({ name, type: "json" }));
  const start = { id: freeId(steps, "start"), type: "core.start", config: { fields }, position: [bounds.x - GAP, bounds.y] as const };
  const answer = exit && {
    id: freeId(steps, "answer"),
    type: "core.respond",
    config: { body: `{{ nodes.${exit.source}.output }}` },
    position: [bounds.x + bounds.width + GAP / 4, bounds.y] as const,
  };
  const port = { source_port: "out", target_port: "in" };
  const begin = top.filter((id) => !targets.has(id)).map((target) => ({ source: start.id, target, ...port }));
  const end = exit && answer ? [{ source: exit.source, source_port: exit.source_port, target: answer.id, target_port: "in" }] : [];
  return { schema: 1, nodes: [start, ...steps, ...(answer ? [answer] : [])], edges: [...begin, ...inner, ...end], notes: [], settings: {} };
}

function freeId(steps: readonly Step[], wanted: string): string {
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? wanted : `${wanted}_${number}`;
    if (!steps.some((step) => step.id === id)) return id;
  }
}

/** Return a config of a step outside, naming what stands for the steps that are gone. */
export function outward(config: JsonObject, exit: string, stand: string, followsIt: boolean): JsonObject {
  return changed(config, (source) => outwardSource(source, exit, stand, followsIt)) as JsonObject;
}

export function outwardSource(source: string, exit: string, stand: string, followsIt: boolean): string {
  const named = source.replace(new RegExp(`\\bnodes\\.${exit}\\.output\\b`, "g"), `nodes.${stand}.output.outputs`);
  return followsIt ? named.replace(/(?<![.\w])prev\b/g, "prev.outputs") : named;
}

export interface Expanded {
  nodes: Step[];
  edges: Edge[];
  /** Ids of the steps that follow the start. */
  entries: readonly string[];
  /** The step and the port that lead to the answer. */
  exit: { source: string; source_port: string } | undefined;
}

/** Return the steps of a workflow as they would stand in the place of the step that runs it. Raises NotCollapsible. */
export function expanded(definition: Definition, inputs: JsonObject): Expanded {
  const start = definition.nodes.find(({ type }) => type === "core.start");
  const answers = definition.nodes.filter(({ type }) => type === "core.respond");
  const [answer] = answers;
  const ends = definition.edges.filter(({ target }) => target === answer?.id);
  const [end] = ends;
  if (answers.length > 1 || ends.length > 1) throw new NotCollapsible("That workflow answers in several ways: it cannot stand here as steps.");
  if (answer && end && !isWhole(answer.config?.["body"], end.source))
    throw new NotCollapsible("That workflow puts its answer together: it cannot stand here as steps.");
  const apart = new Set([start?.id, answer?.id]);
  const entries = definition.edges.filter(({ source }) => source === start?.id).map(({ target }) => target);
  const nodes = definition.nodes.filter(({ id }) => !apart.has(id)).map((node) => {
    const config = changed(node.config ?? {}, (source) => given(source, inputs, entries.includes(node.id))) as JsonObject;
    return { type_version: 1, title: "", notes: "", position: [0, 0], ...node, config } as Step;
  });
  const edges = definition.edges.filter(({ source, target }) => !apart.has(source) && !apart.has(target));
  return {
    nodes,
    edges: edges.map((edge) => ({ ...edge, id: "", when: edge.when ?? null, label: edge.label ?? "" })),
    entries,
    exit: end && { source: end.source, source_port: end.source_port },
  };
}

function isWhole(body: Json | undefined, source: string): boolean {
  const text = typeof body === "string" ? body.replace(/\s/g, "") : "";
  return text === `{{nodes.${source}.output}}` || text === "{{prev}}";
}

/** Put in what was handed in: the expression where it was one, else the value. */
function given(source: string, inputs: JsonObject, follows: boolean): string {
  const put = (whole: string, name: string) => {
    const value = inputs[name];
    if (value === undefined) return whole;
    const inner = typeof value === "string" ? /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(value)?.[1]?.trim() : undefined;
    if (inner === undefined) return JSON.stringify(value);
    return /^[\w.[\]"']+$/.test(inner) ? inner : `(${inner})`;
  };
  const own = source.replace(/(?<![.\w])input\.([a-z][a-z0-9_]*)/g, put);
  return follows ? own.replace(/(?<![.\w])prev\.([a-z][a-z0-9_]*)/g, put) : own;
}

function namesIn(value: Json): string[] {
  const found: string[] = [];
  changed(value, (source) => {
    for (const [, name = ""] of source.matchAll(/\bnodes\.([a-z][a-z0-9_]*)/g)) found.push(name);
    return source;
  });
  return found;
}

/** Return a value with each expression in it changed. */
function changed(value: Json, change: (source: string) => string): Json {
  if (typeof value === "string")
    return value.includes("{{") ? partsOf(value).map((part) => (part.kind === "text" ? part.source : `{{${change(part.source)}${part.closed ? "}}" : ""}`)).join("") : value;
  if (Array.isArray(value)) return value.map((each) => changed(each, change));
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, changed(each, change)])) : value;
}

// What an expression of a step may name: the run's inputs, the step before, and all that come earlier.

import type { Schema, Step } from "./boot";
import type { Scope } from "./expressions";
import { pairsOf, resolved } from "./fields";
import { isObject, type Json, type JsonObject } from "./json";
import { around, withInner } from "./nesting";
import type { Store } from "./store";

/** What a run gave, where one is shown. */
export interface RunData {
  inputs: Json | undefined;
  outputOf(id: string): Json | undefined;
  /** The round of its loop in which a step is shown. */
  roundOf?(id: string): { index: number; item?: Json } | null;
}

/** Return the names and values for a step; what no run gave is known by its keys alone. */
export function scopeOf(store: Store, id: string, run: RunData): Scope {
  const before = known(store, id);
  const nodes: JsonObject = {};
  for (const each of before) nodes[each] = { output: outputOf(store, each, run) };
  const sources = new Set([...store.edgesInto(id)].map((edge) => store.edges.get(edge)?.source));
  const [only] = sources;
  const values: JsonObject = { input: inputOf(store, run), nodes };
  if (sources.size === 1 && only) values["prev"] = outputOf(store, only, run);
  Object.assign(values, ofRound(store, id, run));
  return { values, steps: before.map((each) => ({ id: each, title: store.titleOf(each) })) };
}

/** Return the steps that a step may name: before it, before what it lies in, and those of its rounds. */
function known(store: Store, id: string): string[] {
  const outer = around(store, id).flatMap((each) => earlier(store, each));
  const looks = (store.types.get(store.nodes.get(id)?.type ?? "")?.round_fields.length ?? 0) > 0;
  return [...new Set([...earlier(store, id), ...outer, ...(looks ? withInner(store, store.insideOf(id)) : [])])];
}

/** Inside a loop: the item, the number of the round and the loop's variables. */
function ofRound(store: Store, id: string, run: RunData): JsonObject {
  const holder = store.holderOf(id);
  const loops = [...around(store, id), ...(store.holds(id) ? [id] : [])];
  const vars: JsonObject = {};
  for (const loop of loops)
    for (const { name, value } of pairsOf(store.nodes.get(loop)?.config["variables"])) vars[name] = value;
  const named = Object.keys(vars).length ? { vars } : {};
  if (holder === undefined) return named;
  const round = run.roundOf?.(id) ?? null;
  const items = store.nodes.get(holder)?.config["items"] !== undefined || round?.item !== undefined;
  const item = items ? { item: round?.item ?? null } : {};
  const first = store.edgesInto(id).size ? {} : { prev: round?.item ?? null };
  return { ...named, ...item, ...first, index: round?.index ?? null };
}

/** Return the steps that lead to a step, the nearest first. */
export function earlier(store: Store, id: string): string[] {
  const found = new Set<string>();
  for (let near = [id]; near.length; ) {
    const next = near.flatMap((each) =>
      [...store.edgesInto(each)].flatMap((edge) => store.edges.get(edge)?.source ?? []),
    );
    near = [...new Set(next)].filter((each) => each !== id && !found.has(each));
    for (const each of near) found.add(each);
  }
  return [...found];
}

function inputOf(store: Store, run: RunData): Json {
  const known = isObject(run.inputs) ? run.inputs : {};
  const fields: JsonObject = {};
  for (const step of store.nodes.values())
    if (step.type === "core.start") Object.assign(fields, inputsOfStart(step));
  return { ...fields, ...known };
}

function inputsOfStart(step: Step): JsonObject {
  const fields = Array.isArray(step.config["fields"]) ? step.config["fields"] : [];
  return Object.fromEntries(
    fields.filter(isObject).map((field) => [String(field["name"] ?? ""), field["default"] ?? null]),
  );
}

function outputOf(store: Store, id: string, run: RunData): Json {
  const known = run.outputOf(id);
  if (known !== undefined && known !== null) return known;
  const step = store.nodes.get(id);
  if (!step) return null;
  if (step.type === "core.start") return inputOf(store, run);
  const named = namedFields(step);
  return named ?? keysOf(store.types.get(step.type)?.output_schema);
}

/** A step whose config lists fields hands on just these. */
function namedFields(step: Step): JsonObject | null {
  const fields = step.config["fields"];
  if (!Array.isArray(fields)) return null;
  const names = fields.filter(isObject).map((field) => String(field["name"] ?? ""));
  return Object.fromEntries(names.filter(Boolean).map((name) => [name, null]));
}

function keysOf(schema: Schema | undefined): JsonObject {
  const whole = schema ? resolved(schema, schema.$defs ?? {}) : undefined;
  return Object.fromEntries(Object.keys(whole?.properties ?? {}).map((key) => [key, null]));
}

// Steps as text on the system's clipboard: across workflows, workspaces and text editors.

import type { NodeTypes, Note, Step } from "./boot";
import { edgeId } from "./ids";
import { isObject, type Json, type JsonObject } from "./json";
import { areMarks } from "./marks";
import { withInner } from "./nesting";
import type { Fragment } from "./ops";
import type { Store } from "./store";
import { wholeStep, type NodeKey } from "./stored";

const FORMAT = "auterity.steps/1";
const ID = /^[a-z][a-z0-9_]{0,62}$/;
const MOST = 5_000;
/** What stands where a copy from another workspace named a credential: the server makes it a problem. */
const LEFT_BEHIND = "left-behind";

/** The clipboard holds something that cannot be pasted; the message says why. */
export class NotPasteable extends Error {
  override name = "NotPasteable";
}

/** Return the steps and notes, and the edges among them, as text. Secrets are left out. */
export function copied(store: Store, ids: Iterable<string>): string {
  const chosen = withInner(store, ids);
  const nodes = [...store.nodes.values()].filter((step) => chosen.has(step.id));
  const edges = [...store.edges.values()].filter(
    (edge) => chosen.has(edge.source) && chosen.has(edge.target),
  );
  const notes = [...store.notes.values()].filter((note) => chosen.has(note.id));
  const fragment = {
    format: FORMAT,
    workspace: here(),
    nodes: nodes.map((step) => withoutSecrets(store.types, standing(store, step, chosen))),
    edges: edges.map(({ id: _, ...edge }) => edge),
    ...(notes.length ? { notes } : {}),
  };
  return JSON.stringify(fragment, null, 2);
}

/** The workspace is told by its host: credentials of another one are not known here. */
function here(): string {
  return globalThis.location?.host ?? "";
}

function withoutForeign(types: NodeTypes, step: Step): Step {
  const properties = types.get(step.type)?.config_schema.properties ?? {};
  const config = Object.entries(step.config).map(([name, value]) =>
    value && properties[name]?.["x-widget"] === "credential" ? [name, LEFT_BEHIND] : [name, value],
  );
  return { ...step, config: Object.fromEntries(config) as JsonObject };
}

function withoutSecrets(types: NodeTypes, step: Step): Step {
  const properties = types.get(step.type)?.config_schema.properties ?? {};
  const kept = Object.entries(step.config).filter(
    ([name]) => properties[name]?.["x-widget"] !== "secret",
  );
  return { ...step, config: Object.fromEntries(kept) };
}

/** The copy of a step stands where its frame is seen, and lies in a step only if that is copied too. */
function standing(store: Store, step: Step, chosen: ReadonlySet<string>): Step {
  const { parent, ...rest } = step;
  const box = store.boxOf(step.id);
  const position = box ? ([box.x, box.y] as const) : step.position;
  return { ...rest, position, ...(parent !== undefined && chosen.has(parent) ? { parent } : {}) };
}

/** Read what was copied, or a definition or export of a workflow. Raises NotPasteable. */
export function pasteable(text: string, types: NodeTypes): Fragment {
  const data = parsed(text);
  const format = data["format"];
  if (typeof format === "string" && format !== FORMAT && format !== "auterity.workflow/1")
    throw new NotPasteable(`The clipboard holds “${format}”, which cannot be pasted here.`);
  if (isObject(data["connections"]))
    throw new NotPasteable("The clipboard holds a workflow of n8n. Save it as a file and import that: “Import” stands above the list of workflows.");
  const inner = isObject(data["definition"]) ? data["definition"] : data;
  if (!Array.isArray(inner["nodes"]))
    throw new NotPasteable("The clipboard holds JSON without steps: it has no list “nodes”.");
  if (inner["nodes"].length > MOST) throw new NotPasteable(`More than ${MOST} steps cannot be pasted.`);
  const read = inner["nodes"].map((each, index) => step(each, index, types));
  const foreign = typeof data["workspace"] === "string" && data["workspace"] !== here();
  const nodes = foreign ? read.map((each) => withoutForeign(types, each)) : read;
  const notes = listOf(inner, "notes").flatMap(note);
  if (!nodes.length && !notes.length) throw new NotPasteable("The clipboard holds no steps.");
  return { nodes, notes, edges: listOf(inner, "edges").flatMap(edge) };
}

function parsed(text: string): JsonObject {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new NotPasteable("The clipboard holds no steps. Copy steps first, or a workflow's JSON.");
  }
  if (!isObject(data)) throw new NotPasteable("The clipboard holds JSON, but no steps.");
  return data;
}

function listOf(data: JsonObject, key: string): Json[] {
  const list = data[key];
  return Array.isArray(list) ? list : [];
}

function step(data: Json, index: number, types: NodeTypes): Step {
  if (!isObject(data) || typeof data["id"] !== "string" || !ID.test(data["id"]))
    throw new NotPasteable(`Step ${index + 1} of the clipboard has no valid id.`);
  const type = data["type"];
  if (typeof type !== "string" || !types.has(type))
    throw new NotPasteable(`This workspace has no step type “${String(type)}”.`);
  const place = pair(data["position"]) ?? [0, 0];
  const size = pair(data["size"]);
  const settings = Object.entries(SETTINGS).flatMap(([key, fits]) => {
    const value = data[key];
    return value !== undefined && value !== null && fits(value) ? [[key, value] as const] : [];
  });
  return wholeStep({
    ...(Object.fromEntries(settings) as Partial<Step>),
    id: data["id"],
    type,
    config: isObject(data["config"]) ? data["config"] : {},
    position: place,
    ...(size ? { size } : {}),
  });
}

/** Which values the server takes: one bad value would keep the whole draft from being saved. */
const SETTINGS: Record<NodeKey, (value: Json) => boolean> = {
  type_version: (value) => typeof value === "number" && Number.isInteger(value) && value >= 1,
  title: (value) => typeof value === "string" && value.length <= 200,
  notes: (value) => typeof value === "string" && value.length <= 10_000,
  parent: (value) => typeof value === "string" && ID.test(value),
  disabled: (value) => typeof value === "boolean",
  join: (value) => value === "all" || value === "any" || isObject(value),
  retry: isObject,
  undo: (value) => typeof value === "boolean",
  timeout_s: (value) => typeof value === "number" && value > 0 && value <= 86_400,
  on_error: (value) => ["fail", "branch", "default", "continue"].includes(String(value)),
  default_output: () => true,
  cache_ttl_s: (value) => typeof value === "number" && Number.isInteger(value) && value >= 1,
  data_classes: areMarks,
};

function edge(data: Json): Fragment["edges"] {
  if (!isObject(data)) return [];
  const text = (key: string, otherwise: string) =>
    typeof data[key] === "string" ? data[key] : otherwise;
  const ends = {
    source: text("source", ""),
    source_port: text("source_port", "out"),
    target: text("target", ""),
    target_port: text("target_port", "in"),
  };
  const when = text("when", "") || null;
  return [{ ...ends, id: edgeId(ends), when, label: text("label", "") }];
}

function note(data: Json): Note[] {
  if (!isObject(data) || typeof data["id"] !== "string") return [];
  const text = typeof data["text"] === "string" ? data["text"] : "";
  const colour = typeof data["colour"] === "string" ? data["colour"] : "yellow";
  const position = pair(data["position"]) ?? [0, 0];
  const group = data["group"] === true ? { group: true } : {};
  return [{ id: data["id"], text, colour, position, size: pair(data["size"]) ?? [240, 160], ...group }];
}

function pair(value: Json | undefined): [number, number] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [x, y] = value;
  return typeof x === "number" && typeof y === "number" && Number.isFinite(x + y)
    ? [x, y]
    : undefined;
}

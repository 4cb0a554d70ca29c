// What the page brings along: everything the studio needs to show a workflow without asking again.

import type { Json, JsonObject } from "./json";

export type PortKind = "any" | "text" | "json" | "list" | "control" | "file" | "undo";

export interface Port {
  name: string;
  label: string;
  kind: PortKind;
}

/** Ports that come from the config: one for each entry of the list at `each`. */
export interface PortsOfConfig {
  each: string;
  name: string;
  label: string;
  kind: PortKind;
  always: string[];
}

/** The part of JSON Schema that node types use, with our own hints for the form. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  const?: Json;
  anyOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
  readOnly?: boolean;
  writeOnly?: boolean;
  "x-widget"?: string;
  "x-expression"?: boolean;
  "x-text"?: boolean;
  "x-unit"?: string;
}

export interface NodeType {
  name: string;
  label: string;
  group: string;
  icon: string;
  hue: number;
  version: number;
  effect: "pure" | "idempotent" | "keyed" | "once";
  /** Whether the result of such a step may be used again, at least with some settings. */
  keeps_results: boolean;
  /** Whether other steps may lie inside it. */
  holds_steps: boolean;
  /** Fields that are looked at after each round: these may name the steps inside. */
  round_fields: string[];
  description: string;
  docs: string;
  ports: { inputs: Port[]; outputs: Port[] | PortsOfConfig };
  config_schema: Schema;
  output_schema: Schema;
  example: JsonObject;
}

export type NodeTypes = ReadonlyMap<string, NodeType>;

/** A step as definitions have it; the snapshot and the store use the same form. */
export interface Step {
  id: string;
  type: string;
  type_version: number;
  title: string;
  notes: string;
  config: JsonObject;
  position: readonly [number, number];
  size?: readonly [number, number];
  parent?: string;
  disabled?: boolean;
  join?: "all" | "any" | { n: number };
  retry?: JsonObject;
  /** Whether a port leads to the step that takes this one back. */
  undo?: boolean;
  timeout_s?: number;
  on_error?: "fail" | "branch" | "default" | "continue";
  default_output?: Json;
  cache_ttl_s?: number;
  /** Classes of data by the path of their values, such as `output.email`. */
  data_classes?: Readonly<Record<string, string>>;
}

export interface Edge {
  /** `<source>:<port>><target>:<port>`: connecting twice is the same as once. */
  id: string;
  source: string;
  source_port: string;
  target: string;
  target_port: string;
  when: string | null;
  label: string;
}

export interface Note {
  id: string;
  text: string;
  colour: string;
  position: readonly [number, number];
  size: readonly [number, number];
  /** A frame behind the steps that stand on it, with the text as its title. */
  group?: boolean;
}

/** A definition's JSON, as the server derives it from the document. */
export interface Definition {
  schema: 1;
  nodes: (Omit<Partial<Step>, "id" | "type"> & { id: string; type: string })[];
  edges: (Omit<Edge, "id" | "when" | "label"> & { when?: string | null; label?: string })[];
  notes?: (Partial<Note> & { id: string })[];
  settings: JsonObject;
}

export interface Problem {
  code: string;
  message: string;
  fix: string;
  /** Empty where the problem is about the whole workflow. */
  node: string;
  field: string;
  severity: "error" | "warning";
}

export type NodeStatus =
  | "queued"
  | "running"
  | "waiting"
  | "retrying"
  | "succeeded"
  | "failed"
  | "skipped"
  | "cancelled";

export type RunStatus =
  | "queued"
  | "running"
  | "waiting"
  | "paused"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "timed_out"
  | "needs_attention";

export interface RunError {
  code: string;
  message: string;
  hint?: string;
  node?: string | null;
  frame?: string;
}

/** One step of a run, as `runs/{id}/nodes/` gives it. */
export interface NodeRun {
  node: string;
  /** The round in which it ran, such as `each_1.3`; empty for the workflow's own steps. */
  frame: string;
  title: string;
  type: string;
  status: NodeStatus;
  attempt: number;
  input: Json;
  output: Json;
  error: RunError | null;
  port: string | null;
  started_at: string | null;
  finished_at: string | null;
  cost_usd: string | null;
  tokens: number | null;
  logs: string[];
  /** Whether the output was given, not made. */
  pinned?: boolean;
  /** Where the whole output is, if `output` is its beginning only. */
  output_url?: string | null;
}

/** An output that stands in for a step in test runs. */
export interface Pin {
  node: string;
  output: Json;
  /** By which way the step is left; empty where it has one. */
  port: string;
  pinned_by: string | null;
  pinned_at: string;
}

/** Who somebody is to the others; the colour is the name of a token `--peer-<colour>`. */
export interface Person {
  id: string;
  name: string;
  colour: string;
}

export interface Boot {
  workflow: {
    id: string;
    name: string;
    description: string;
    folder: string | null;
    version: { published: number | null; draft_seq: number; has_unpublished_changes: boolean };
  };
  snapshot: Definition;
  etag: string;
  nodeTypes: NodeType[];
  permissions: { edit: boolean; run: boolean; publish: boolean; comment: boolean; moderate: boolean };
  /** Whether somebody sees credentials, and may make one: in a folder, or in the whole workspace. */
  credentials: { see: boolean; make: boolean; folder: string | null };
  urls: {
    api: string;
    workflow: string;
    updates: string;
    runs: string;
    publish: string;
    versions: string;
    history: string;
    validate: string;
    pins: string;
    dataSets: string;
    images: string;
    runbook: string;
    runbookFile: string;
    usual: string;
    threads: string;
    mentionable: string;
    live: string;
    list: string;
    /** The ways in which a workflow may begin. */
    starts: string;
    /** Where a trigger of this workflow is made, by its kind. */
    triggers: { schedule: string; webhook: string };
    credentials: string;
  };
  user: { id: string; name: string };
  /** Where people meet in the draft, and as whom the others see this one. */
  collab: { url: string; user: Person; canEdit: boolean };
  lastRun: { id: string; status: RunStatus; nodes: NodeRun[] } | null;
  problems: Problem[];
  /** Steps whose output is pinned. */
  pinned: string[];
}

/** Read the boot data out of the page. */
export function readBoot(page: Document): Boot {
  const element = page.getElementById("boot");
  if (!element?.textContent) throw new Error("The page carries no boot data.");
  return JSON.parse(element.textContent) as Boot;
}

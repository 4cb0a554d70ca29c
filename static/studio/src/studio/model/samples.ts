// Node types and definitions that tests share.

import type { Boot, Definition, NodeType, Step } from "./boot";
import { StudioDoc } from "./ydoc";
import { addStep, connect } from "./ops";

function type(name: string, more: Partial<NodeType> = {}): NodeType {
  return {
    name,
    label: name.split(".")[1] ?? name,
    group: "Data",
    icon: "box",
    hue: 195,
    version: 1,
    effect: "pure",
    keeps_results: true,
    holds_steps: false,
    round_fields: [],
    description: `What ${name} does.`,
    docs: "",
    ports: {
      inputs: [{ name: "in", label: "Input", kind: "any" }],
      outputs: [{ name: "out", label: "Output", kind: "any" }],
    },
    config_schema: { type: "object", properties: {} },
    output_schema: {},
    example: {},
    ...more,
  };
}

const one = (kind: "json" | "text" | "list") => ({ name: "out", label: "Output", kind });

export const TYPES: NodeType[] = [
  type("core.start", {
    group: "Start",
    ports: { inputs: [], outputs: [one("json")] },
    config_schema: { properties: { fields: { type: "array", title: "Input fields" } } },
  }),
  type("data.transform"),
  type("ai.generate", {
    version: 2,
    ports: { inputs: [{ name: "in", label: "Input", kind: "any" }], outputs: [one("text")] },
    config_schema: {
      properties: {
        route: { type: "string", default: "default" },
        prompt: { type: "string", "x-text": true },
        secret: { type: "string", "x-widget": "secret" },
        credential: { type: "string", "x-widget": "credential" },
        temperature: { type: "number" },
      },
    },
  }),
  type("logic.switch", {
    ports: {
      inputs: [{ name: "in", label: "Input", kind: "list" }],
      outputs: { each: "/cases", name: "/id", label: "/label", kind: "any", always: ["else"] },
    },
    config_schema: { properties: { cases: { type: "array" } } },
  }),
  type("flow.each", {
    group: "Logic",
    keeps_results: false,
    holds_steps: true,
    ports: { inputs: [{ name: "in", label: "Input", kind: "any" }], outputs: [one("list")] },
    config_schema: { properties: { items: { "x-widget": "expression", "x-expression": true } } },
  }),
  type("flow.loop", {
    group: "Logic",
    holds_steps: true,
    round_fields: ["until", "update"],
    config_schema: {
      properties: { variables: { type: "array" }, until: {}, max_rounds: { type: "integer" } },
      required: ["max_rounds"],
    },
    example: { max_rounds: 10 },
  }),
  type("human.approval", {
    ports: {
      inputs: [{ name: "in", label: "Input", kind: "any" }],
      outputs: { each: "/actions", name: "/id", label: "/label", kind: "any", always: ["expired"] },
    },
    config_schema: { properties: { actions: { type: "array", minItems: 1 } } },
    example: { actions: [{ id: "approved", label: "Approve" }] },
  }),
];

export const BY_NAME = new Map(TYPES.map((each) => [each.name, each]));

export function step(id: string, kind = "data.transform", more: Partial<Step> = {}): Step {
  return { id, type: kind, type_version: 1, title: "", notes: "", config: {}, position: [0, 0], ...more };
}

export const edge = (source: string, target: string, source_port = "out") => ({
  source,
  source_port,
  target,
  target_port: "in",
});

/** start -> a -> b, and start -> c. */
export const CHAIN: Definition = {
  schema: 1,
  nodes: [
    step("start", "core.start", { position: [0, 0] }),
    step("a", "data.transform", { position: [310, 0] }),
    step("b", "data.transform", { position: [620, 0] }),
    step("c", "data.transform", { position: [310, 200] }),
  ],
  edges: [edge("start", "a"), edge("a", "b"), edge("start", "c")],
  notes: [{ id: "memo", text: "Remember", position: [0, 400] }],
  settings: { timeout_s: 60 },
};

/** start -> each -> after; in each: x -> inner, in which y lies; and an empty loop below. */
export const NESTED: Definition = {
  schema: 1,
  nodes: [
    step("start", "core.start", { position: [0, 0] }),
    step("each", "flow.each", { position: [310, 0], config: { items: "{{ input.all }}" } }),
    step("x", "data.transform", { position: [350, 88], parent: "each" }),
    step("inner", "flow.loop", { position: [660, 88], parent: "each" }),
    step("y", "data.transform", { position: [700, 176], parent: "inner" }),
    step("after", "data.transform", { position: [1100, 0] }),
    step("empty", "flow.loop", { position: [310, 600] }),
  ],
  edges: [edge("start", "each"), edge("x", "inner"), edge("each", "after")],
  settings: {},
};

/** A document with the steps of the chain. */
export function chainDoc(): StudioDoc {
  return docOf(CHAIN);
}

export function docOf(definition: Definition): StudioDoc {
  const doc = new StudioDoc(BY_NAME);
  for (const node of definition.nodes) addStep(doc, node as Step);
  for (const each of definition.edges) connect(doc, each);
  return doc;
}

export function boot(more: Partial<Boot> = {}): Boot {
  return {
    workflow: {
      id: "w1",
      name: "Triage",
      description: "",
      folder: null,
      version: { published: null, draft_seq: 1, has_unpublished_changes: true },
    },
    snapshot: CHAIN,
    etag: '"1"',
    nodeTypes: TYPES,
    permissions: { edit: true, run: true, publish: true, comment: true, moderate: false },
    credentials: { see: true, make: true, folder: null },
    urls: {
      api: "/api/v1/",
      workflow: "/api/v1/workflows/w1/",
      updates: "/api/v1/workflows/w1/updates/",
      runs: "/api/v1/workflows/w1/runs/",
      publish: "/api/v1/workflows/w1/publish/",
      versions: "/api/v1/workflows/w1/versions/",
      history: "/api/v1/workflows/w1/history/",
      validate: "/api/v1/workflows/w1/validate/",
      pins: "/api/v1/workflows/w1/pins/",
      dataSets: "/api/v1/workflows/w1/data-sets/",
      images: "/api/v1/workflows/w1/images/",
      runbook: "/workflows/w1/runbook/",
      runbookFile: "/workflows/w1/runbook.md",
      usual: "/api/v1/workflows/w1/usual/",
      threads: "/api/v1/workflows/w1/comment-threads/",
      mentionable: "/api/v1/workflows/w1/mentionable/",
      live: "/ws/live",
      list: "/workflows/",
      starts: "/api/v1/workflow-starts/",
      triggers: { schedule: "/triggers/new/schedule/?workflow=w1", webhook: "/triggers/new/webhook/?workflow=w1" },
      credentials: "/credentials/",
    },
    user: { id: "u1", name: "Ben" },
    collab: { url: "/ws/wf/w1", user: { id: "u1", name: "Ben", colour: "teal" }, canEdit: true },
    lastRun: null,
    problems: [],
    pinned: [],
    ...more,
  };
}

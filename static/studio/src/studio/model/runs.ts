// The run that the canvas shows: folded from its events in their order, whatever order they come in.

import type { NodeRun, NodeStatus, RunError, RunStatus } from "./boot";
import { isObject, type Json, type JsonObject } from "./json";
import { Observable } from "./observable";
import type { NodeOverlay, RunOverlay } from "./overlay";
import { Topics, type Listener } from "./topics";

export interface RunEvent {
  seq: number;
  type: string;
  at: string;
  node?: string;
  /** The round in which it happened; left out for the workflow's own steps. */
  frame?: string;
  attempt?: number;
  data: JsonObject;
}

/** A run as `runs/{id}/` gives it. */
export interface RunDetails {
  id: string;
  workflow: { id: string; name: string };
  version: { id: string; number: number | null };
  status: RunStatus;
  trigger: string;
  inputs: Json;
  outputs: Json;
  error: RunError | null;
  cost_usd: string | null;
  tokens: number | null;
  retry_of: string | null;
  /** Which items of a long list of another run it goes through, for which step. */
  chunk: { node: string; first: number; count: number } | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

const TRIGGERS: Readonly<Record<string, string>> = {
  manual: "By hand",
  api: "API",
  retry: "Retry",
  step: "By a step",
  schedule: "Schedule",
  webhook: "Webhook",
  event: "Event",
};

/** Return what started a run, in the words of the list of runs. */
export function startedBy(trigger: string): string {
  return TRIGGERS[trigger] ?? trigger;
}

/** A question that a run asks people. */
export interface Approval {
  id: string;
  run: string;
  node: string;
  title: string;
  body: string;
  actions: { id: string; label: string; style?: string; require_reason?: boolean }[];
  require_reason: boolean;
  /** What is to be filled in or edited; that is done on the question's own page. */
  form_fields: readonly JsonObject[];
  value: Json;
  status: "open" | "decided" | "expired" | "cancelled";
  expires_at: string | null;
}

export const FINISHED: ReadonlySet<RunStatus> = new Set([
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
]);

const OF_RUN: Record<string, RunStatus> = {
  "run.queued": "queued",
  "run.started": "running",
  "run.waiting": "waiting",
  "run.resumed": "running",
  "run.paused": "paused",
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
  "run.timed_out": "timed_out",
  "run.needs_attention": "needs_attention",
};

const OF_NODE: Record<string, NodeStatus> = {
  "node.started": "running",
  "node.succeeded": "succeeded",
  "node.failed": "failed",
  "node.retrying": "retrying",
  "node.waiting": "waiting",
  "node.skipped": "skipped",
  "node.cancelled": "cancelled",
};

export type Taken = "applied" | "known" | "ahead";

/** Topics of `on`: a step's id when its data or its words changed. */
export class ShownRun {
  readonly details = new Observable<RunDetails | null>(null);
  readonly approvals = new Observable<readonly Approval[]>([]);
  /** By step and frame. */
  #steps = new Map<string, NodeRun>();
  #written = new Map<string, string>();
  #ahead = new Map<number, RunEvent>();
  #last = 0;
  #topics = new Topics();

  constructor(readonly overlay: RunOverlay) {}

  /** The number of the last event that was folded in. */
  get last(): number {
    return this.#last;
  }

  get finished(): boolean {
    const status = this.details.value?.status;
    return status !== undefined && FINISHED.has(status);
  }

  on(topic: string, listener: Listener): () => void {
    return this.#topics.on(topic, listener);
  }

  /** What is stored of a step in the round that is shown, as far as it was fetched. */
  step(id: string): NodeRun | undefined {
    return this.#steps.get(spot(id, this.overlay.rounds.frameOf(id)));
  }

  /** The round in which a step is shown, with the item that it is about where a list is gone through. */
  roundOf(id: string, holder: string | undefined): { index: number; item?: Json } | null {
    const round = this.overlay.rounds.around(id);
    if (!round || holder === undefined) return null;
    const input = this.step(holder)?.input;
    const items = isObject(input) ? input["items"] : undefined;
    const item = Array.isArray(items) ? items[round.index] : undefined;
    return { index: round.index, ...(item === undefined ? {} : { item }) };
  }

  /** What a model is writing in a step right now. */
  written(id: string): string {
    return this.#written.get(spot(id, this.overlay.rounds.frameOf(id))) ?? "";
  }

  /** Show another run, from what is stored of it; its events then follow. */
  begin(details: RunDetails, nodes: readonly NodeRun[] = []): void {
    const written = [...this.#written.keys()].map((key) => key.slice(key.indexOf(":") + 1));
    const before = [...[...this.#steps.values()].map((step) => step.node), ...written];
    this.#last = 0;
    this.#ahead.clear();
    this.#written.clear();
    this.#steps = new Map(nodes.map((node) => [spot(node.node, node.frame), node]));
    this.approvals.set([]);
    this.details.set(details);
    this.overlay.load({ id: details.id, status: details.status }, nodes);
    this.#topics.emit(...before, ...nodes.map((node) => node.node));
  }

  end(): void {
    this.#steps.clear();
    this.#written.clear();
    this.approvals.set([]);
    this.details.set(null);
    this.overlay.clear();
  }

  /** Take what is stored of the steps; the canvas already knows from the events. */
  put(nodes: readonly NodeRun[]): void {
    for (const node of nodes) this.#steps.set(spot(node.node, node.frame), node);
    this.#topics.emit(...nodes.map((node) => node.node));
  }

  /** Take an event of the run; one that is ahead waits for those before it. */
  take(event: RunEvent): Taken {
    if (event.seq <= this.#last) return "known";
    this.#ahead.set(event.seq, event);
    if (event.seq > this.#last + 1) return "ahead";
    for (let next = this.#ahead.get(this.#last + 1); next; next = this.#ahead.get(this.#last + 1)) {
      this.#ahead.delete(next.seq);
      this.#last = next.seq;
      this.#apply(next);
    }
    return this.#ahead.size ? "ahead" : "applied";
  }

  /** Add words that a model wrote; they have no number and are never asked for again. */
  write(node: string, text: string, frame = ""): void {
    const key = spot(node, frame);
    this.#written.set(key, (this.#written.get(key) ?? "") + text);
    this.#topics.emit(node);
  }

  #apply(event: RunEvent): void {
    const status = OF_RUN[event.type];
    if (status) this.#applyToRun(event, status);
    else if (event.node) this.#applyToNode(event, event.node);
  }

  #applyToRun(event: RunEvent, status: RunStatus): void {
    const before = this.details.value;
    if (!before) return;
    const { cost_usd, tokens, error } = event.data;
    this.details.set({
      ...before,
      status,
      ...(status === "running" && !before.started_at ? { started_at: event.at } : {}),
      ...(FINISHED.has(status) ? { finished_at: event.at } : {}),
      ...(typeof cost_usd === "string" ? { cost_usd } : {}),
      ...(typeof tokens === "number" ? { tokens } : {}),
      ...(isObject(error) ? { error: error as unknown as RunError } : {}),
    });
    this.overlay.setRun({ id: before.id, status });
  }

  #applyToNode(event: RunEvent, node: string): void {
    const status = OF_NODE[event.type];
    if (!status) return;
    if (status === "running") {
      this.#written.delete(spot(node, event.frame));
      this.#topics.emit(node);
    }
    // A step that only waits never said that it started.
    const frame = event.frame ?? "";
    const before = this.overlay.at(node, frame);
    const since = before?.startedAt ?? Date.parse(event.at);
    const waiting = status === "waiting" ? { startedAt: since } : {};
    const own = { ...changed(event, status), ...waiting, attempt: event.attempt ?? 1 };
    // The event of a loop, or of a step that waited, knows of its last moment only; it took as long as all of it.
    const path = frame ? `${frame}/${node}` : node;
    const long = this.overlay.rounds.begun(path) > 0 || before?.status === "waiting";
    const whole = typeof own.ms === "number" && long;
    this.overlay.set(node, whole ? { ...own, ms: Date.parse(event.at) - since } : own, frame);
  }
}

/** Return what an event says of a step. */
function changed(event: RunEvent, status: NodeStatus): Partial<NodeOverlay> {
  const { data } = event;
  const error = isObject(data["error"]) ? (data["error"] as unknown as RunError) : null;
  switch (status) {
    case "running":
      return {
        status,
        startedAt: Date.parse(event.at),
        ms: null,
        error: null,
        port: null,
        ...(typeof data["items"] === "number" ? { items: data["items"] } : {}),
      };
    case "succeeded":
      return {
        status,
        ms: numberOr(data["ms"], null),
        cost: typeof data["cost_usd"] === "string" ? data["cost_usd"] : null,
        tokens: numberOr(data["tokens"], null),
        port: typeof data["port"] === "string" && data["port"] ? data["port"] : null,
        preview: typeof data["preview"] === "string" ? data["preview"] : "",
        error: null,
      };
    case "failed":
      return { status, ms: numberOr(data["ms"], null), error, handled: typeof data["handled"] === "string" };
    case "retrying":
      return { status, error };
    default:
      return { status };
  }
}

function spot(node: string, frame = ""): string {
  return `${frame}:${node}`;
}

function numberOr<T>(value: Json | undefined, other: T): number | T {
  return typeof value === "number" ? value : other;
}

// What a run did, beside the graph: a status change wakes one step, not the canvas.

import type { NodeRun, NodeStatus, RunError, RunStatus } from "./boot";
import { Topics, type Listener } from "./topics";

export interface NodeOverlay {
  status: NodeStatus;
  attempt: number;
  /** Milliseconds that the step took; null while it runs. */
  ms: number | null;
  /** When it started, in milliseconds since the epoch; a running step counts from here. */
  startedAt: number | null;
  /** Dollars as the server wrote them, to all digits. */
  cost: string | null;
  tokens: number | null;
  /** The output port that was taken; edges from the others fade. */
  port: string | null;
  preview: string;
  error: RunError | null;
}

export interface RunInfo {
  id: string;
  status: RunStatus;
}

const FRESH: NodeOverlay = {
  status: "queued",
  attempt: 0,
  ms: null,
  startedAt: null,
  cost: null,
  tokens: null,
  port: null,
  preview: "",
  error: null,
};

/** Topics: `<node id>` for one step, `*` for any step, `run` for the run as a whole. */
export class RunOverlay {
  #nodes = new Map<string, NodeOverlay>();
  #run: RunInfo | null = null;
  #topics = new Topics();
  #dirty = new Set<string>();
  #schedule: (flush: () => void) => void;

  /** Changes are told once a frame; `schedule` says when that is. */
  constructor(schedule: (flush: () => void) => void = nextFrame) {
    this.#schedule = schedule;
  }

  get run(): RunInfo | null {
    return this.#run;
  }

  get(id: string): NodeOverlay | undefined {
    return this.#nodes.get(id);
  }

  entries(): IterableIterator<[string, NodeOverlay]> {
    return this.#nodes.entries();
  }

  on(topic: string, listener: Listener): () => void {
    return this.#topics.on(topic, listener);
  }

  setRun(run: RunInfo | null): void {
    this.#run = run;
    this.#mark("run");
  }

  /** Change what is known of a step; what is not named stays. */
  set(id: string, change: Partial<NodeOverlay>): void {
    this.#nodes.set(id, { ...(this.#nodes.get(id) ?? FRESH), ...change });
    this.#mark(id);
  }

  /** Show a run from what the server stored of it. */
  load(run: RunInfo, nodes: readonly NodeRun[]): void {
    this.clear();
    this.setRun(run);
    for (const node of nodes) this.set(node.node, ofNodeRun(node));
  }

  clear(): void {
    for (const id of this.#nodes.keys()) this.#mark(id);
    this.#nodes.clear();
    this.setRun(null);
  }

  #mark(topic: string): void {
    if (!this.#dirty.size) this.#schedule(() => this.#flush());
    this.#dirty.add(topic);
    if (topic !== "run") this.#dirty.add("*");
  }

  #flush(): void {
    const topics = [...this.#dirty];
    this.#dirty.clear();
    this.#topics.emit(...topics);
  }
}

/** Return what the canvas shows of a stored step. */
export function ofNodeRun(node: NodeRun): NodeOverlay {
  const startedAt = node.started_at ? Date.parse(node.started_at) : null;
  const finishedAt = node.finished_at ? Date.parse(node.finished_at) : null;
  return {
    status: node.status,
    attempt: node.attempt,
    startedAt,
    ms: startedAt !== null && finishedAt !== null ? finishedAt - startedAt : null,
    cost: node.cost_usd,
    tokens: node.tokens,
    port: node.port,
    preview: "",
    error: node.error,
  };
}

function nextFrame(flush: () => void): void {
  if (typeof requestAnimationFrame === "function") requestAnimationFrame(flush);
  else queueMicrotask(flush);
}

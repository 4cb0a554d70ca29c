// What a run did, beside the graph: a status change wakes one step, not the canvas.

import type { NodeRun, NodeStatus, RunError, RunStatus } from "./boot";
import { isObject } from "./json";
import { loopOf, Rounds } from "./rounds";
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
  /** Whether the step dealt with its failure itself: the run went on. */
  handled: boolean;
  /** How many items a step goes through; null where that is not known before. */
  items: number | null;
}

/** How far the rounds of a step are. */
export interface Progress {
  done: number;
  failed: readonly number[];
  begun: number;
  /** Null where it is not known how many there will be. */
  total: number | null;
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
  handled: false,
  items: null,
};

const OPEN: ReadonlySet<NodeStatus> = new Set(["queued", "running", "waiting", "retrying"]);

/** Topics: `<node id>` for one step, `*` for any step, `run` for the run as a whole. */
export class RunOverlay {
  /** What is known of each step, by the frame in which it ran. */
  #nodes = new Map<string, Map<string, NodeOverlay>>();
  readonly rounds = new Rounds();
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

  /** What is shown of a step: how it stands in the round that is shown. */
  get(id: string): NodeOverlay | undefined {
    return this.at(id, this.rounds.frameOf(id));
  }

  at(id: string, frame: string): NodeOverlay | undefined {
    return this.#nodes.get(id)?.get(frame);
  }

  /** What is shown of all steps. */
  *entries(): Generator<[string, NodeOverlay]> {
    for (const id of this.#nodes.keys()) {
      const shown = this.get(id);
      if (shown) yield [id, shown];
    }
  }

  /** What happened in any round. */
  *everywhere(): Generator<[id: string, frame: string, NodeOverlay]> {
    for (const [id, frames] of this.#nodes)
      for (const [frame, each] of frames) yield [id, frame, each];
  }

  /** Show the rounds of a frame. */
  choose(frame: string): void {
    this.rounds.choose(frame);
    this.#markInner();
  }

  /** Show the latest round of a loop again, and go on with each that begins. */
  follow(loop: string): void {
    this.rounds.follow(loop);
    this.#markInner();
  }

  /** Tell how far a step is with the rounds of the steps inside; null if none has begun. */
  progress(holder: string, inner: readonly string[]): Progress | null {
    const own = this.get(holder);
    const loop = this.rounds.pathOf(holder);
    const begun = this.rounds.begun(loop);
    const total = own?.items ?? null;
    if (!own || (!begun && total === null)) return null;
    const failed: number[] = [];
    let done = 0;
    for (let index = 0; index < begun; index += 1) {
      const states = inner.flatMap((id) => this.at(id, `${loop}.${index}`) ?? []);
      const isOpen = states.some(({ status }) => OPEN.has(status));
      const broke = states.some(({ status, handled }) => status === "failed" && !handled);
      if (broke) failed.push(index);
      if (!isOpen && (states.length >= inner.length || broke)) done += 1;
    }
    const over = own.status === "succeeded" && total !== null;
    return { done: over ? total : done, failed, begun, total };
  }

  on(topic: string, listener: Listener): () => void {
    return this.#topics.on(topic, listener);
  }

  setRun(run: RunInfo | null): void {
    this.#run = run;
    this.#mark("run");
  }

  /** Change what is known of a step; what is not named stays. */
  set(id: string, change: Partial<NodeOverlay>, frame = ""): void {
    const frames = this.#nodes.get(id) ?? new Map<string, NodeOverlay>();
    frames.set(frame, { ...(frames.get(frame) ?? FRESH), ...change });
    this.#nodes.set(id, frames);
    if (this.rounds.note(id, frame)) this.#markInner();
    this.#mark(id);
    for (const part of frame ? frame.split("/") : []) this.#mark(loopOf(part).loop);
  }

  /** Show a run from what the server stored of it. */
  load(run: RunInfo, nodes: readonly NodeRun[]): void {
    this.clear();
    this.setRun(run);
    for (const node of nodes) this.set(node.node, ofNodeRun(node), node.frame);
  }

  clear(): void {
    for (const id of this.#nodes.keys()) this.#mark(id);
    this.#nodes.clear();
    this.rounds.clear();
    this.setRun(null);
  }

  #markInner(): void {
    for (const id of this.rounds.inner()) this.#mark(id);
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
    handled: node.status === "failed" && (node.port === "error" || node.output !== null),
    items: isObject(node.output) && typeof node.output["count"] === "number" ? node.output["count"] : null,
  };
}

/** Return in words how far the rounds of a step are. */
export function progressWords({ done, begun, total, failed }: Progress): string {
  const far = total === null ? (begun === 1 ? "1 round" : `${begun} rounds`) : `${done} of ${total}`;
  return failed.length ? `${far}, ${failed.length} failed` : far;
}

function nextFrame(flush: () => void): void {
  if (typeof requestAnimationFrame === "function") requestAnimationFrame(flush);
  else queueMicrotask(flush);
}

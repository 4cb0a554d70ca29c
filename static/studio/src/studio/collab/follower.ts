// Starts and steers runs, and keeps the shown one up to date: by the socket, and by asking while the
// socket is away.

import { ApiError } from "../../lib/api";
import type { Editor } from "../model/editor";
import type { JsonObject } from "../model/json";
import { around } from "../model/nesting";
import { Observable } from "../model/observable";
import { framesAround } from "../model/rounds";
import { Replay } from "../model/replay";
import { FINISHED, type Approval, type RunDetails } from "../model/runs";
import { money } from "../model/summary";
import { Usual } from "../model/usual";
import { RunApi, type RunPart } from "./runApi";
import { socketOf, type Frame, type LiveSocket } from "./socket";
import { Stage } from "./stage";

const ASKING = 2_000; // between two questions while the socket is away
const SETTLING = 300; // what finishes this close together is fetched at once

const WORDS: Partial<Record<RunDetails["status"], string>> = {
  succeeded: "Run finished",
  failed: "Run failed",
  cancelled: "Run cancelled",
  timed_out: "Run took too long and was stopped",
  needs_attention: "Run needs a decision: a step may have happened already",
};

export class Follower {
  readonly api: RunApi;
  /** The newest runs of the workflow; null until they were asked for. */
  readonly recent = new Observable<readonly RunDetails[] | null>(null);
  /** Why the newest runs could not be fetched; empty where they were. */
  readonly recentProblem = new Observable("");
  /** Whether frames come by the socket. */
  readonly live = new Observable(false);
  #socket: LiveSocket;
  #stage: Stage;
  #asking: ReturnType<typeof setTimeout> | null = null;
  #fetching: ReturnType<typeof setTimeout> | null = null;
  #isFollowing = false;
  #wanted = 0;

  constructor(readonly editor: Editor) {
    this.api = new RunApi(editor.boot.urls);
    this.#stage = new Stage((frame) => this.#take(frame));
    this.#socket = socketOf(editor);
    this.#socket.listen({
      onFrame: (frame) => this.#concerns(frame) && this.#stage.push(frame),
      onOpen: (open) => this.live.set(open && this.#isFollowing),
      onRefused: () => editor.say("You may no longer see this run.", "bad"),
    });
  }

  /** Others than the shown run are watched by the same socket. */
  #concerns(frame: Frame): boolean {
    return frame.type === "error" || ("run" in frame && frame.run === this.editor.shown.details.value?.id);
  }

  /** Show the run that the page brought along. */
  async open(): Promise<void> {
    const last = this.editor.boot.lastRun;
    if (last && !this.editor.shown.details.value) await this.show(last.id);
  }

  /** Start a run of what is on the canvas, or of the published version where one may not edit. */
  async start(inputs: JsonObject, part: RunPart = {}): Promise<void> {
    const { editor } = this;
    if (!editor.readOnly) await editor.sync?.();
    const started = await this.api.start(inputs, editor.readOnly ? null : "draft", part);
    editor.announcer.say("Run started");
    await this.#follow(started.id);
  }

  /** Put a run that starts just now on the canvas: its events tell everything, from the first on. */
  async #follow(id: string): Promise<void> {
    this.editor.replay.set(null);
    this.#wanted += 1;
    const own = this.#wanted;
    const details = await this.api.run(id);
    if (own !== this.#wanted) return;
    this.editor.shown.begin({ ...details, status: "queued" });
    this.#go(id);
    void this.refreshRecent();
  }

  /** Put a run on the canvas and follow it to its end; a fresh one is told of when it is over already. */
  async show(id: string, fresh = false): Promise<void> {
    this.editor.replay.set(null);
    this.#wanted += 1;
    const own = this.#wanted;
    const [details, outermost] = await Promise.all([this.api.run(id), this.api.nodes(id, [""])]);
    const events = await this.api.events(id, 0);
    // The events tell of all rounds; where they were removed, only the rows still do.
    const nodes = events.length ? outermost : await this.api.nodes(id);
    if (own !== this.#wanted) return; // another one was asked for meanwhile
    const { shown } = this.editor;
    shown.begin(details, nodes);
    for (const event of events) shown.take(event);
    if (shown.finished) this.#stop();
    else this.#go(id);
    if (fresh && shown.finished) this.#statusChanged();
    else void this.refreshRecent();
  }

  /** Tell the shown run once more; it is over, so that nothing is missed meanwhile. */
  async replay(): Promise<void> {
    const { editor } = this;
    const run = editor.shown.details.value;
    if (!run || !editor.shown.finished) return;
    await this.#tried(async () => {
      const [nodes, events] = await Promise.all([this.api.nodes(run.id), this.api.events(run.id, 0)]);
      if (editor.shown.details.value?.id === run.id) editor.replay.set(new Replay(editor.shown, run, nodes, events));
    });
  }

  async steer(how: "cancel" | "pause" | "resume"): Promise<void> {
    const run = this.editor.shown.details.value;
    if (run) await this.#tried(async () => void (await this.api.steer(run.id, how)));
    await this.#ask();
  }

  /** Start a new run of the shown one's version at a step, or where it failed. */
  async retry(fromNode: string | null): Promise<void> {
    const run = this.editor.shown.details.value;
    if (!run) return;
    // A run goes on at one of the workflow's own steps: for what lies in a loop, at the loop.
    const from = fromNode && (around(this.editor.store, fromNode).at(-1) ?? fromNode);
    await this.#tried(async () => {
      const again = await this.api.retry(run.id, from);
      this.editor.announcer.say("Run started");
      await this.show(again.id, true); // what it took over from the old run is in no event
    });
  }

  async decide(approval: Approval, decision: string, comment: string): Promise<boolean> {
    const done = await this.#tried(async () => {
      await this.api.decide(approval.id, decision, comment);
      this.editor.announcer.say("Decision sent");
    });
    await this.#refreshApprovals();
    return done;
  }

  /** Ask what runs usually take. Nobody waits for that: where it fails, nothing is said of it. */
  async askUsual(): Promise<void> {
    const { editor } = this;
    try {
      editor.usual.set(new Usual(await this.api.usual()));
    } catch {
      editor.usual.set(editor.usual.value);
    }
  }

  async refreshRecent(): Promise<void> {
    try {
      this.recent.set(await this.api.recent());
      this.recentProblem.set("");
    } catch (error) {
      this.recentProblem.set(reason(error)); // what is known already stays
    }
  }

  /** Fetch what is stored of the steps, once for all that ask in the same moment. */
  refreshSteps(): void {
    if (this.#fetching !== null) return;
    this.#fetching = setTimeout(() => {
      this.#fetching = null;
      void this.#fetchSteps();
    }, SETTLING);
  }

  /** Fetch the workflow's own steps, and the rounds that are shown of the selected one. */
  async #fetchSteps(): Promise<void> {
    const { overlay, selection, shown } = this.editor;
    const frames = framesAround(selection.single === null ? "" : overlay.rounds.frameOf(selection.single));
    const id = shown.details.value?.id;
    if (!id) return;
    const ended = shown.finished;
    try {
      const [nodes, details] = await Promise.all([this.api.nodes(id, frames), ended ? this.api.run(id) : null]);
      if (shown.details.value?.id !== id) return;
      shown.put(nodes);
      if (details) shown.details.set(details);
    } catch {
      // The canvas is right without it; the next change asks again.
    }
  }

  #go(id: string): void {
    this.#isFollowing = true;
    this.#socket.follow(id, () => this.editor.shown.last);
    this.live.set(this.#socket.isOpen);
    this.#askSoon();
    this.#statusChanged();
  }

  #stop(): void {
    this.#stage.clear();
    if (this.#asking !== null) clearTimeout(this.#asking);
    this.#asking = null;
    this.#isFollowing = false;
    this.#socket.leave();
    this.live.set(false);
  }

  #take(frame: Frame): void {
    const { shown } = this.editor;
    const id = shown.details.value?.id;
    if (frame.type === "error") void this.#ask();
    else if (!("run" in frame) || frame.run !== id) return;
    else if (frame.type === "token") shown.write(frame.node, frame.text, frame.frame);
    else {
      const before = shown.details.value?.status;
      const taken = shown.take(frame.event);
      if (taken === "ahead") void this.#ask();
      if (frame.event.node && /succeeded|failed/.test(frame.event.type)) this.#stepEnded(frame.event.node);
      if (shown.details.value?.status !== before) this.#statusChanged();
    }
  }

  /** Only what somebody looks at is fetched while the run goes on. */
  #stepEnded(node: string): void {
    if (this.editor.selection.single === node) this.refreshSteps();
  }

  #statusChanged(): void {
    const run = this.editor.shown.details.value;
    if (!run) return;
    if (run.status === "waiting") void this.#refreshApprovals();
    else this.editor.shown.approvals.set([]);
    if (run.status !== "running" && run.status !== "queued") this.refreshSteps();
    const words = WORDS[run.status];
    if (!words) return;
    const cost = money(run.cost_usd);
    const text = run.error ? `${words}: ${run.error.message}` : words;
    // A failure stands above the run bar; saying it in a toast as well would cover that.
    if (run.status === "failed") this.editor.announcer.error(text);
    else this.editor.say(cost === "–" ? text : `${text} · ${cost}`);
    if (FINISHED.has(run.status)) this.#stop();
    if (run.status === "succeeded") void this.askUsual();
    void this.refreshRecent();
  }

  async #refreshApprovals(): Promise<void> {
    const id = this.editor.shown.details.value?.id;
    if (!id) return;
    const open = await this.api.approvals(id).catch(() => []);
    if (this.editor.shown.details.value?.id === id) this.editor.shown.approvals.set(open);
  }

  /** Read over HTTP what the socket did not bring. */
  async #ask(): Promise<void> {
    const { shown } = this.editor;
    const run = shown.details.value;
    if (!run || shown.finished) return;
    try {
      for (const event of await this.api.events(run.id, shown.last))
        this.#take({ type: "event", run: run.id, event });
    } catch {
      // Asked again soon.
    }
  }

  #askSoon(): void {
    if (this.#asking !== null) clearTimeout(this.#asking);
    this.#asking = setTimeout(() => {
      const again = () => this.#asking !== null && !this.editor.shown.finished && this.#askSoon();
      if (this.live.value) again();
      else void this.#ask().then(again);
    }, ASKING);
  }

  async #tried(action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.editor.say(reason(error), "bad");
      return false;
    }
  }
}

/** Return why something did not work, in the server's words. */
export function reason(error: unknown): string {
  return error instanceof ApiError || error instanceof Error ? error.message : String(error);
}

const followers = new WeakMap<Editor, Follower>();

/** Return the follower of the open workflow. */
export function followerOf(editor: Editor): Follower {
  const known = followers.get(editor);
  if (known) return known;
  const made = new Follower(editor);
  followers.set(editor, made);
  return made;
}

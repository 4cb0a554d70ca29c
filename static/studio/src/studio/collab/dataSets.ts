// Running the draft with every data set, and saying what came out.

import { Observable } from "../model/observable";
import type { Editor } from "../model/editor";
import { same, type Json } from "../model/json";
import { FINISHED, type RunDetails } from "../model/runs";
import { followerOf, reason } from "./follower";
import type { RunPart } from "./runApi";
import { pinsForRun } from "./trying";
import { TryingApi, type DataSet } from "./tryingApi";

const AT_ONCE = 3;
const WAIT_S = 55;

/** What became of one set; `none` where nothing says what should come out. */
export type Verdict = "running" | "passed" | "differs" | "none" | "failed" | "open";

export interface Outcome {
  verdict: Verdict;
  run: string | null;
  outputs: Json;
  ms: number | null;
  cost: string | null;
  /** Why there is no answer, where there is none. */
  problem: string;
}

const RUNNING: Outcome = { verdict: "running", run: null, outputs: null, ms: null, cost: null, problem: "" };

export class DataSets {
  readonly sets = new Observable<readonly DataSet[] | null>(null);
  /** By the id of the set; of this visit only. */
  readonly outcomes = new Observable<ReadonlyMap<string, Outcome>>(new Map());
  readonly api: TryingApi;

  constructor(readonly editor: Editor) {
    this.api = new TryingApi(editor.boot.urls);
  }

  async load(): Promise<void> {
    this.sets.set(await this.api.dataSets());
  }

  async add(name: string, inputs: DataSet["inputs"]): Promise<void> {
    const made = await this.api.addDataSet({ name, inputs });
    this.sets.set([...(this.sets.value ?? []), made]);
  }

  async change(id: string, change: Partial<Omit<DataSet, "id">>): Promise<void> {
    const changed = await this.api.changeDataSet(id, change);
    this.sets.set((this.sets.value ?? []).map((set) => (set.id === id ? changed : set)));
    const outcome = this.outcomes.value.get(id);
    if (outcome && FINISHED_VERDICTS.has(outcome.verdict)) this.#note(id, { ...outcome, verdict: judged(changed, outcome.outputs) });
  }

  /** Take a set away; for a while that can be taken back. */
  async remove(id: string): Promise<void> {
    const gone = this.sets.value?.find((set) => set.id === id);
    await this.api.removeDataSet(id);
    this.sets.set((this.sets.value ?? []).filter((set) => set.id !== id));
    const back = (set: DataSet) => void this.#again(set).catch((error: unknown) => this.editor.say(reason(error), "bad"));
    if (gone) this.editor.offer(`Removed ${gone.name}.`, "Undo", () => back(gone));
  }

  async #again({ id: _, name, inputs, ...expectation }: DataSet): Promise<void> {
    const made = await this.api.addDataSet({ name, inputs });
    this.sets.set([...(this.sets.value ?? []), made]);
    if (expectation.compares) await this.change(made.id, expectation);
  }

  /** Run the draft with each of the sets, a few at a time. */
  async run(sets: readonly DataSet[]): Promise<void> {
    if (!this.editor.readOnly) await this.editor.sync?.();
    const part = await pinsForRun(this.editor);
    for (const { id } of sets) this.#note(id, RUNNING);
    const waiting = [...sets];
    const work = async () => {
      for (let set = waiting.shift(); set; set = waiting.shift()) this.#note(set.id, await this.#tried(set, part));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    void followerOf(this.editor).refreshRecent();
    this.editor.announcer.say(this.words());
  }

  /** Return in words how the sets stand. */
  words(): string {
    const verdicts = [...this.outcomes.value.values()].map(({ verdict }) => verdict);
    const count = (wanted: Verdict) => verdicts.filter((each) => each === wanted).length;
    const parts: [Verdict, string][] = [["passed", "as expected"], ["differs", "differ"], ["failed", "failed"], ["open", "not finished"], ["none", "without an expectation"]];
    return parts.flatMap(([verdict, words]) => (count(verdict) ? [`${count(verdict)} ${words}`] : [])).join(", ");
  }

  async #tried(set: DataSet, part: RunPart): Promise<Outcome> {
    const { api } = followerOf(this.editor);
    try {
      const started = await api.start(set.inputs, "draft", { ...part, wait: WAIT_S });
      return outcomeOf(set, await api.run(started.id));
    } catch (error) {
      return { ...RUNNING, verdict: "failed", problem: reason(error) };
    }
  }

  #note(id: string, outcome: Outcome): void {
    this.outcomes.set(new Map(this.outcomes.value).set(id, outcome));
  }
}

const FINISHED_VERDICTS: ReadonlySet<Verdict> = new Set(["passed", "differs", "none"]);

/** Return what a run says of a set. */
export function outcomeOf(set: DataSet, run: RunDetails): Outcome {
  const ms = run.started_at && run.finished_at ? Date.parse(run.finished_at) - Date.parse(run.started_at) : null;
  const own = { run: run.id, outputs: run.outputs, ms, cost: run.cost_usd };
  if (!FINISHED.has(run.status)) return { ...own, verdict: "open", problem: "The run goes on: it waits, or takes longer." };
  if (run.status !== "succeeded") return { ...own, verdict: "failed", problem: run.error?.message ?? "The run did not succeed." };
  return { ...own, verdict: judged(set, run.outputs), problem: "" };
}

function judged(set: DataSet, outputs: Json): Verdict {
  if (!set.compares) return "none";
  return same(set.expected, outputs) ? "passed" : "differs";
}

const known = new WeakMap<Editor, DataSets>();

/** Return the data sets of the open workflow. */
export function dataSetsOf(editor: Editor): DataSets {
  const found = known.get(editor) ?? new DataSets(editor);
  known.set(editor, found);
  return found;
}

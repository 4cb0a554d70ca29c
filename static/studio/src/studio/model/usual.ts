// What runs of a workflow usually take, in words.

import { duration, money } from "./summary";

interface Took {
  ms: number | null;
  cost_usd: string | null;
}

export interface UsualAnswer extends Took {
  runs: number;
  nodes: readonly (Took & { node: string })[];
}

/** One run is no custom. */
const LEAST = 2;

export class Usual {
  #steps: ReadonlyMap<string, Took>;

  constructor(readonly answer: UsualAnswer) {
    this.#steps = new Map(answer.nodes.map((each) => [each.node, each]));
  }

  /** Return what a run usually takes; empty where too few are known. */
  ofRuns(): string {
    return this.answer.runs < LEAST ? "" : wordsOf(this.answer);
  }

  ofStep(id: string): string {
    const took = this.#steps.get(id);
    return this.answer.runs < LEAST || !took ? "" : wordsOf(took);
  }
}

function wordsOf({ ms, cost_usd }: Took): string {
  const cost = money(cost_usd);
  return [ms === null ? "" : duration(ms), cost === "–" ? "" : cost].filter(Boolean).join(", ");
}

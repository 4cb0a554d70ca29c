// Runs and approvals over HTTP, as the studio asks for them.

import { ApiError, get, post } from "../../lib/api";
import type { Boot, NodeRun } from "../model/boot";
import type { Json, JsonObject } from "../model/json";
import type { Approval, RunDetails, RunEvent } from "../model/runs";
import type { UsualAnswer } from "../model/usual";

const PAGE = 1000; // events in one answer

/** Which steps run, and what stands in for others. */
export interface RunPart {
  only?: string;
  until?: string;
  pins?: JsonObject;
  exits?: Record<string, string>;
  /** Seconds to wait for the end before the answer comes. */
  wait?: number;
}

export class RunApi {
  constructor(readonly urls: Boot["urls"]) {}

  start(inputs: JsonObject, version: "draft" | null, part: RunPart = {}): Promise<Pick<RunDetails, "id" | "status">> {
    const key = crypto.randomUUID(); // a repeated request starts nothing twice
    const body = version ? { inputs, version, ...part } : { inputs };
    return post(this.urls.runs, body, { headers: { "Idempotency-Key": key } });
  }

  run(id: string): Promise<RunDetails> {
    return get(this.#url(id));
  }

  /** Return what is stored of the steps, of all rounds or of those of some frames. */
  async nodes(id: string, frames: readonly string[] = []): Promise<NodeRun[]> {
    const found: NodeRun[] = [];
    const asked = new URLSearchParams([["page_size", "500"], ...frames.map((frame) => ["frame", frame])]);
    for (let url: string | null = `${this.#url(id)}nodes/?${asked}`; url; ) {
      const page: { results: NodeRun[]; next: string | null } = await get(url);
      found.push(...page.results);
      url = page.next;
    }
    return found;
  }

  /** Return the events after a number, all of them. */
  async events(id: string, after: number): Promise<RunEvent[]> {
    const found: RunEvent[] = [];
    for (let last = after; ; ) {
      const url = `${this.#url(id)}events/?after=${last}`;
      const { results } = await get<{ results: RunEvent[] }>(url);
      found.push(...results);
      last = results.at(-1)?.seq ?? last;
      if (results.length < PAGE) return found;
    }
  }

  steer(id: string, how: "cancel" | "pause" | "resume"): Promise<RunDetails> {
    return post(`${this.#url(id)}${how}/`);
  }

  retry(id: string, fromNode: string | null): Promise<RunDetails> {
    return post(`${this.#url(id)}retry/`, fromNode ? { from_node: fromNode } : {});
  }

  /** Return the newest runs of this workflow. */
  async recent(): Promise<RunDetails[]> {
    return (await get<{ results: RunDetails[] }>(`${this.urls.runs}?page_size=20`)).results;
  }

  /** Return the runs that go through the parts of a long list of a run. */
  async parts(id: string): Promise<RunDetails[]> {
    return (await get<{ results: RunDetails[] }>(`${this.urls.api}runs/?parent=${id}&page_size=100`)).results;
  }

  /** Return the workflows that one may see, the newest first. */
  async workflows(): Promise<{ id: string; name: string; description: string }[]> {
    const found = await get<{ results: { id: string; name: string; description: string }[] }>(`${this.urls.api}workflows/?page_size=100`);
    return found.results;
  }

  /** Return what the last runs took. */
  usual(): Promise<UsualAnswer> {
    return get(this.urls.usual);
  }

  /** Return the open questions of a run; none where one may not see them. */
  async approvals(run: string): Promise<Approval[]> {
    try {
      const url = `${this.urls.api}approvals/?status=open`;
      const { results } = await get<{ results: Approval[] }>(url);
      return results.filter((each) => each.run === run);
    } catch (error) {
      if (error instanceof ApiError && error.status === 403) return [];
      throw error;
    }
  }

  decide(id: string, decision: string, comment: string): Promise<Approval> {
    return post(`${this.urls.api}approvals/${id}/decide/`, { decision, comment });
  }

  /** Return what a text with expressions gives for these values. */
  preview(text: string, values: JsonObject, signal: AbortSignal): Promise<{ value: Json; problem: string }> {
    return post(`${this.urls.workflow}preview/`, { text, values }, { signal });
  }

  #url(id: string): string {
    return `${this.urls.api}runs/${id}/`;
  }
}

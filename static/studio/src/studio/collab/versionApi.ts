// Versions over HTTP: list, compare, publish, restore.

import { call, get, post } from "../../lib/api";
import type { Boot, Definition } from "../model/boot";
import type { Diff } from "../model/diff";

export interface Version {
  id: string;
  number: number;
  sha256: string;
  notes: string;
  created_by: string | null;
  created_at: string;
}

export interface Review {
  id: string;
  status: "open" | "approved" | "refused" | "withdrawn" | "published";
  notes: string;
  needed: number;
  requested_by: string | null;
  opinions: { reviewer: string; approves: boolean; comment: string; created_at: string }[];
}

/** How many approvals publishing needs, and whether the newest review gives them. */
export interface ReviewNeed {
  needed: number;
  may_publish: boolean;
  review: Review | null;
}

export class VersionApi {
  constructor(readonly urls: Boot["urls"]) {}

  async list(): Promise<Version[]> {
    return (await get<{ results: Version[] }>(this.urls.versions)).results;
  }

  async definition(number: number): Promise<Definition> {
    return (await get<{ definition: Definition }>(`${this.urls.versions}${number}/`)).definition;
  }

  diff(from: number | "draft", to: number | "draft"): Promise<Diff> {
    return get(`${this.urls.workflow}diff/?from=${from}&to=${to}`);
  }

  review(): Promise<ReviewNeed> {
    return get(`${this.urls.workflow}review/`);
  }

  /** Ask others to look at the draft as it is now. */
  async requestReview(notes: string): Promise<ReviewNeed> {
    const review = await post<Review>(`${this.urls.workflow}review/`, { notes });
    return { needed: review.needed, may_publish: false, review };
  }

  publish(notes: string): Promise<Version> {
    return post(this.urls.publish, { notes });
  }

  restore(number: number): Promise<unknown> {
    return post(`${this.urls.versions}${number}/restore/`);
  }

  /** Make the draft what it was before a restore. */
  putBack(definition: Definition): Promise<unknown> {
    const headers = { "If-Match": "*" };
    return call("PATCH", this.urls.workflow, { body: { definition }, headers });
  }
}

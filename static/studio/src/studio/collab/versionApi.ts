// Publishing over HTTP: what it would change, the review that it needs, and doing it.

import { get, post } from "../../lib/api";
import type { Boot, Person } from "../model/boot";
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

/** What one person changed; `author` is null where nobody knows. */
export interface Share extends Diff {
  author: Person | null;
  through_api: boolean;
  is_you: boolean;
}

/** What differs from the published version; `version` is null before the first one. */
export interface Unpublished {
  version: number | null;
  contributions: Share[];
}

export class VersionApi {
  constructor(readonly urls: Boot["urls"]) {}

  unpublished(): Promise<Unpublished> {
    return get(`${this.urls.workflow}contributions/`);
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
}

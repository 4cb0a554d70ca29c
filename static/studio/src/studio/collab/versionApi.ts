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

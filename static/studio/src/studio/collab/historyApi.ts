// The history of the draft over HTTP.

import { call, get, post, sent } from "../../lib/api";
import type { Boot, Definition, Person } from "../model/boot";
import type { Diff } from "../model/diff";
import type { HistoryFilter, Point } from "../model/history";

interface Page {
  next: string | null;
  results: Point[];
}

const PAGE = 25;

export class HistoryApi {
  constructor(readonly urls: Boot["urls"]) {}

  list(filter: HistoryFilter): Promise<Page> {
    const asked = Object.entries(filter).filter(([, value]) => value !== "");
    return this.more(`${this.urls.history}?${new URLSearchParams([["page_size", `${PAGE}`], ...asked])}`);
  }

  async more(url: string): Promise<Page> {
    const page = await get<Page>(url);
    // The same page's own host: what stands before the server may tell it another.
    return { ...page, next: page.next && page.next.replace(/^https?:\/\/[^/]+/, "") };
  }

  async authors(): Promise<Person[]> {
    return (await get<{ results: Person[] }>(`${this.urls.history}authors/`)).results;
  }

  async definition(id: string): Promise<Definition> {
    return (await get<{ definition: Definition }>(this.#of(id))).definition;
  }

  /** With `layout`, a step that stands elsewhere has changed too. */
  diff(id: string, other: "before" | "now", layout = false): Promise<Diff> {
    return get(`${this.#of(id)}diff/?with=${other}${layout ? "&layout=true" : ""}`);
  }

  between(from: number, to: number): Promise<Diff> {
    return get(`${this.urls.workflow}diff/?from=${from}&to=${to}`);
  }

  name(id: string, name: string): Promise<Point> {
    return call("PATCH", this.#of(id), { body: { name } });
  }

  namePresent(name: string): Promise<Point> {
    return post(this.urls.history, { name });
  }

  /** Make the draft what it was; return the tag of the draft that this makes. */
  async restore(id: string): Promise<string> {
    const answer = await sent("POST", `${this.#of(id)}restore/`, { headers: { Accept: "application/json" } }, {});
    return answer.headers.get("ETag") ?? "";
  }

  /** Return the tag of the draft as it is. */
  async tag(): Promise<string> {
    const answer = await sent("GET", this.urls.workflow, { headers: { Accept: "application/json" } }, {});
    return answer.headers.get("ETag") ?? "";
  }

  /** Make the draft what it was before a restore, unless it was edited since. */
  putBack(definition: Definition, tag: string): Promise<unknown> {
    return call("PATCH", this.urls.workflow, { body: { definition }, headers: { "If-Match": tag } });
  }

  #of(id: string): string {
    return `${this.urls.history}${id}/`;
  }
}

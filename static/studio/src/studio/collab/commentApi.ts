// Comments over HTTP.

import { call, get, post } from "../../lib/api";
import type { Boot, Person } from "../model/boot";
import type { Comment, Thread, Unsent } from "../model/comments";

interface Page<T> {
  next: string | null;
  results: T[];
}

const MOST_PAGES = 10;

export class CommentApi {
  constructor(readonly urls: Boot["urls"]) {}

  /** All threads of a kind: those that are open are few, of the others the newest. */
  threads(query: string): Promise<Thread[]> {
    return everyPage(`${this.urls.threads}?page_size=100&${query}`);
  }

  thread(id: string): Promise<Thread> {
    return get(this.#of(id));
  }

  comments(id: string): Promise<Comment[]> {
    return everyPage(`${this.#of(id)}comments/?page_size=100`);
  }

  async people(text: string): Promise<Person[]> {
    return (await get<{ results: Person[] }>(`${this.urls.mentionable}?q=${encodeURIComponent(text)}`)).results;
  }

  /** Say something; repeated after a lost answer, it is said once. */
  say({ key, thread, anchor, text, mentions }: Unsent): Promise<Thread | Comment> {
    const body = { text, mentions: mentions.map(({ id }) => id) };
    const options = { headers: { "Idempotency-Key": key } };
    if (thread) return post(`${this.#of(thread)}comments/`, body, options);
    const spot = anchor?.at ? { at: anchor.at } : { node: anchor?.node, field: anchor?.field };
    return post(this.urls.threads, { ...body, ...spot }, options);
  }

  change(thread: string, id: string, text: string, mentions: readonly Person[]): Promise<Comment> {
    const body = { text, mentions: mentions.map((each) => each.id) };
    return call("PATCH", `${this.#of(thread)}comments/${id}/`, { body });
  }

  remove(thread: string, id: string): Promise<void> {
    return call("DELETE", `${this.#of(thread)}comments/${id}/`);
  }

  mark(id: string, how: "resolve" | "reopen" | "read"): Promise<Thread> {
    return post(`${this.#of(id)}${how}/`);
  }

  readAll(): Promise<void> {
    return post(`${this.urls.threads}read/`);
  }

  #of(id: string): string {
    return `${this.urls.api}comment-threads/${id}/`;
  }
}

async function everyPage<T>(first: string): Promise<T[]> {
  const found: T[] = [];
  let url: string | null = first;
  for (let page = 0; url && page < MOST_PAGES; page += 1) {
    const answer: Page<T> = await get<Page<T>>(url);
    found.push(...answer.results);
    url = answer.next && pathOf(answer.next);
  }
  return found;
}

/** The same page's own host: what stands before the server may tell it another. */
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/, "");
}

// What is said of the workflow: threads at steps and points. They are no part of the document; the
// server tells of them, and what this browser could not send yet stands among them.

import type { Person } from "./boot";
import type { Box } from "./grid";
import { Observable } from "./observable";
import type { Store } from "./store";

export interface Comment {
  id: string;
  /** Null for a former member. */
  author: Person | null;
  text: string;
  mentions: Person[];
  created_at: string;
  edited_at: string | null;
  deleted: boolean;
}

export interface Anchor {
  node: string;
  /** One setting of the step, as `config.url`. */
  field: string;
  at: readonly [number, number] | null;
}

export interface Thread extends Anchor {
  id: string;
  workflow: string;
  /** What the step was called last. */
  node_title: string;
  detached: boolean;
  resolved: boolean;
  resolved_by: Person | null;
  created_at: string;
  last_at: string;
  comment_count: number;
  unread: number;
  first: Comment | null;
  /** Not at the server yet. */
  waiting?: boolean;
}

/** Something that was written and is not at the server yet. */
export interface Unsent {
  key: string;
  /** The thread that it answers; a new one begins at `anchor`. */
  thread: string | null;
  anchor: Anchor | null;
  text: string;
  mentions: Person[];
  at: string;
}

/** What the popup shows: a thread, the threads of a step, or a new one. */
export type Opened =
  | { kind: "thread"; id: string }
  | { kind: "step"; node: string }
  | { kind: "new"; anchor: Anchor };

export type Loading = "waiting" | "loading" | "ready" | "failed" | "forbidden";

/** A sign on the canvas: of all open threads of a step, or of one point. */
export interface Pin {
  key: string;
  at: readonly [number, number];
  node: string;
  threads: readonly Thread[];
  count: number;
  unread: number;
}

export const PIN = 28; // pixels of the window, at any zoom
const MOST_REAL = 60; // pins in sight that are elements; more are painted

export class Comments {
  readonly threads = new Observable<ReadonlyMap<string, Thread>>(new Map());
  readonly state = new Observable<Loading>("waiting");
  /** Why the threads could not be read. */
  readonly problem = new Observable("");
  readonly opened = new Observable<Opened | null>(null);
  /** Whether a press on the canvas begins a thread there. */
  readonly placing = new Observable(false);
  readonly unsent = new Observable<readonly Unsent[]>([]);
  /** What is being written, by what it answers: a closed popup loses nothing. */
  readonly drafts = new Map<string, { text: string; mentions: Person[] }>();

  put(thread: Thread): void {
    this.threads.set(new Map(this.threads.value).set(thread.id, thread));
  }

  remove(id: string): void {
    const left = new Map(this.threads.value);
    if (left.delete(id)) this.threads.set(left);
    const { value } = this.opened;
    if (value?.kind === "thread" && value.id === id) this.opened.set(null);
  }

  /** All threads, what waits to be sent among them, the newest first. */
  all(): Thread[] {
    const waiting = this.unsent.value.flatMap((each) => (each.anchor ? [threadOf(each, each.anchor)] : []));
    const known = [...this.threads.value.values()];
    return [...waiting, ...known.sort((a, b) => b.last_at.localeCompare(a.last_at))];
  }

  /** Open threads of a step. */
  ofStep(node: string): Thread[] {
    return this.all().filter((thread) => thread.node === node && !thread.resolved);
  }

  /** How much is said of a step, in words. */
  wordsOf(node: string): string {
    const threads = this.ofStep(node);
    const sum = (key: "comment_count" | "unread") => threads.reduce((all, thread) => all + thread[key], 0);
    const [count, unread] = [sum("comment_count"), sum("unread")];
    if (!count) return "";
    return `${commentWords(count)}${unread ? `, ${unread} unread` : ""}`;
  }

  /** Show what a pin stands for. */
  openPin({ threads, node }: Pin): void {
    const [only, other] = threads;
    if (only) this.opened.set(other ? { kind: "step", node } : { kind: "thread", id: only.id });
  }

  /** Show what is said of a step, or begin. */
  openStep(node: string): void {
    const [only, other] = this.ofStep(node);
    if (other) this.opened.set({ kind: "step", node });
    else this.opened.set(only ? { kind: "thread", id: only.id } : { kind: "new", anchor: { node, field: "", at: null } });
  }

  /** Begin a thread at a point. */
  beginAt([x, y]: readonly [number, number]): void {
    this.placing.set(false);
    this.opened.set({ kind: "new", anchor: { node: "", field: "", at: [Math.round(x), Math.round(y)] } });
  }

  /** Begin a thread about a step, or one of its settings. */
  beginOn(node: string, field = ""): void {
    this.placing.set(false);
    this.opened.set({ kind: "new", anchor: { node, field, at: null } });
  }

  get unread(): number {
    let found = 0;
    for (const thread of this.threads.value.values()) if (!thread.resolved && thread.unread) found += 1;
    return found;
  }
}

/** Return the thread that somebody began who could not send it yet. */
function threadOf({ key, text, mentions, at }: Unsent, anchor: Anchor): Thread {
  const first = { id: key, author: null, text, mentions, created_at: at, edited_at: null, deleted: false };
  return {
    ...anchor, id: key, workflow: "", node_title: "", detached: false, resolved: false, resolved_by: null,
    created_at: at, last_at: at, comment_count: 1, unread: 0, first, waiting: true,
  };
}

/** What a draft is kept under. */
export function placeOf(opened: Opened): string {
  if (opened.kind !== "new") return opened.kind === "thread" ? opened.id : opened.node;
  const { node, field, at } = opened.anchor;
  return `new ${node} ${field} ${at?.join(" ") ?? ""}`;
}

/** Whether the step is gone: the canvas knows at once, the server a little later. */
export function isDetached(thread: Thread, store: Store): boolean {
  return thread.node !== "" && !store.nodes.has(thread.node);
}

/** What a thread is about, in words. */
export function aboutWords(thread: Anchor & { node_title?: string }, store: Store): string {
  if (!thread.node) return "A place on the canvas";
  const title = store.nodes.has(thread.node) ? store.titleOf(thread.node) : thread.node_title || thread.node;
  const field = thread.field.replace(/^config\./, "");
  return field ? `${title} · ${field}` : title;
}

/** Return the pins of the open threads that have a place on the canvas. */
export function pinsOf(comments: Comments, store: Store): Pin[] {
  const pins = new Map<string, Pin>();
  for (const thread of comments.all()) {
    const at = thread.resolved ? null : spotOf(thread, store);
    if (!at) continue;
    const key = thread.node || thread.id;
    const before = pins.get(key);
    pins.set(key, {
      key,
      at,
      node: thread.node,
      threads: [...(before?.threads ?? []), thread],
      count: (before?.count ?? 0) + thread.comment_count,
      unread: (before?.unread ?? 0) + thread.unread,
    });
  }
  return [...pins.values()];
}

/** Return where a thread is on the canvas: at its point, or at the corner of its step. */
export function spotOf(thread: Anchor, store: Store): readonly [number, number] | null {
  if (thread.at) return thread.at;
  const box = store.boxOf(thread.node);
  return box ? [box.x + box.width, box.y] : null;
}

/** Return the pins in sight, and whether they are to be painted because they are many. */
export function inSight(pins: readonly Pin[], seen: Box): { pins: Pin[]; painted: boolean } {
  const found = pins.filter(
    ({ at: [x, y] }) => x >= seen.x && x <= seen.x + seen.width && y >= seen.y && y <= seen.y + seen.height,
  );
  return { pins: found, painted: found.length > MOST_REAL };
}

export interface Filter {
  state: "open" | "resolved" | "all";
  mine: boolean;
  unread: boolean;
  text: string;
}

/** Return the threads of a list, as the filter has them. */
export function filtered(threads: readonly Thread[], filter: Filter, self: Person, store: Store): Thread[] {
  const text = filter.text.trim().toLowerCase();
  return threads.filter((thread) => {
    if (filter.state !== "all" && thread.resolved !== (filter.state === "resolved")) return false;
    if (filter.unread && !thread.unread) return false;
    if (filter.mine && !takesPart(thread, self)) return false;
    const words = `${thread.first?.text ?? ""} ${thread.first?.author?.name ?? ""} ${aboutWords(thread, store)}`;
    return !text || words.toLowerCase().includes(text);
  });
}

/** Whether the first words are somebody's own, or name them; of the rest only the server knows. */
function takesPart({ first, waiting }: Thread, self: Person): boolean {
  return waiting === true || first?.author?.id === self.id || !!first?.mentions.some(({ id }) => id === self.id);
}

/** A text in parts: what mentions somebody, and what does not. */
export function partsOf(text: string, mentions: readonly Person[]): { text: string; person: Person | null }[] {
  const named = [...mentions].sort((a, b) => b.name.length - a.name.length);
  const parts: { text: string; person: Person | null }[] = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const person = text[at] === "@" ? named.find(({ name }) => text.startsWith(name, at + 1)) : undefined;
    if (!person) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain) parts.push({ text: plain, person: null });
    plain = "";
    parts.push({ text: `@${person.name}`, person });
    at += person.name.length + 1;
  }
  if (plain) parts.push({ text: plain, person: null });
  return parts;
}

/** Return the name that is being written behind an @ before the caret; null where there is none. */
export function nameBeingWritten(text: string, caret: number): { from: number; query: string } | null {
  const found = /(?:^|[\s(])@([^\s@][^@\n]{0,40}|)$/.exec(text.slice(0, caret));
  if (!found) return null;
  const query = found[1] ?? "";
  return { from: caret - query.length - 1, query };
}

/** Keep of those who were chosen whom the text still names. */
export function stillNamed(text: string, people: readonly Person[]): Person[] {
  const named = new Set(partsOf(text, people).map(({ person }) => person?.id));
  return people.filter(({ id }, index) => named.has(id) && people.findIndex((each) => each.id === id) === index);
}

export function commentWords(count: number): string {
  return count === 1 ? "1 comment" : `${count} comments`;
}

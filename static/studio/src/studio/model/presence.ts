// Who else is in the workflow and where: cursors, selections, drags, fields. Not in the document, and
// gone when they go. What this person shows to the others is in `own`.

import type { Person } from "./boot";
import { same } from "./json";
import { Observable } from "./observable";
import type { Store } from "./store";
import { Topics, type Listener } from "./topics";

/** Places in a text that stay between the same letters whatever is written around them. */
export interface Caret {
  anchor: unknown;
  head: unknown;
}

/** What everybody shows; places are in the canvas's own units. */
export interface Shown {
  cursor: readonly [number, number] | null;
  sel: readonly string[];
  /** Around all that is selected, where that is too much to name. */
  box: readonly [x: number, y: number, width: number, height: number] | null;
  drag: { dx: number; dy: number } | null;
  /** `<step or note>/<field>`. */
  field: string | null;
  caret: Caret | null;
}

export interface Peer extends Shown {
  client: number;
  user: Person;
  /** When the cursor last moved. */
  moved: number;
}

export const NOTHING_SHOWN: Shown = { cursor: null, sel: [], box: null, drag: null, field: null, caret: null };
export const MOST_SELECTED = 50;

/** Topics: `people` when somebody came or went; `canvas` for cursors, selections and drags; `field:<key>`. */
export class Presence {
  readonly peers = new Map<number, Peer>();
  readonly own = new Observable<Shown>(NOTHING_SHOWN);
  /** The person whose cursor the canvas keeps in view. */
  readonly following = new Observable<string | null>(null);
  /** Counts changes; what was read at a revision holds as long as it stays. */
  revision = 0;
  #topics = new Topics();
  #people: readonly Person[] = [];
  #names = new Map<number, string>();

  constructor(readonly self: Person) {}

  on(topic: string, listener: Listener): () => void {
    return this.#topics.on(topic, listener);
  }

  /** Everybody else once, however many windows they have; the list is replaced, never changed. */
  get people(): readonly Person[] {
    return this.#people;
  }

  /** Who wrote something, also after they left; empty for what no window here has shown. */
  nameOf(client: number): string {
    return this.#names.get(client) ?? "";
  }

  /** The windows of others whose keyboard is in a field. */
  inField(key: string): Peer[] {
    return [...this.peers.values()].filter((peer) => peer.field === key);
  }

  /** Where a person was last: the window whose cursor moved last. */
  latest(id: string): Peer | undefined {
    const windows = [...this.peers.values()].filter((peer) => peer.user.id === id);
    return windows.sort((a, b) => b.moved - a.moved)[0];
  }

  show(part: Partial<Shown>): void {
    const next = { ...this.own.value, ...part };
    if (!same(next, this.own.value)) this.own.set(next);
  }

  follow(id: string | null): void {
    this.following.set(id === this.following.value ? null : id);
  }

  /** Take over what the others show now; who is not in it has gone. */
  put(shown: ReadonlyMap<number, unknown>, now: number): void {
    this.revision += 1;
    this.#topics.batch(() => {
      for (const [client, peer] of [...this.peers])
        if (!shown.has(client)) this.#replace(client, peer, undefined);
      for (const [client, raw] of shown) {
        const before = this.peers.get(client);
        this.#replace(client, before, readPeer(client, raw, before, now));
      }
      this.#count();
    });
  }

  #replace(client: number, before: Peer | undefined, next: Peer | undefined): void {
    if (next) {
      this.peers.set(client, next);
      this.#names.set(client, next.user.name);
    } else this.peers.delete(client);
    if (!same(canvasPart(before), canvasPart(next))) this.#topics.emit("canvas");
    if (same(fieldPart(before), fieldPart(next))) return;
    for (const key of [before?.field, next?.field]) if (key) this.#topics.emit(`field:${key}`);
  }

  #count(): void {
    const others = [...this.peers.values()].filter(({ user }) => user.id !== this.self.id);
    const people = [...new Map(others.map(({ user }) => [user.id, user])).values()];
    people.sort((a, b) => a.name.localeCompare(b.name));
    if (same(people, this.#people)) return;
    this.#people = people;
    if (!people.some(({ id }) => id === this.following.value)) this.following.set(null);
    this.#topics.emit("people");
  }
}

/** What travels of what is selected or dragged: its ids, or of very much the box around it. */
export function selectionOf(ids: Iterable<string>, store: Store): Pick<Shown, "sel" | "box"> {
  const sel = [...ids];
  if (sel.length <= MOST_SELECTED) return { sel, box: null };
  const box = store.grid.bounds(sel);
  return { sel: [], box: box && [box.x, box.y, box.width, box.height] };
}

function canvasPart(peer: Peer | undefined) {
  return peer && [peer.user, peer.cursor, peer.sel, peer.box, peer.drag, peer.field, peer.moved];
}

function fieldPart(peer: Peer | undefined) {
  return peer && [peer.user, peer.field, peer.caret];
}

/** Read what a window shows; undefined for what is none. The server says who it is. */
function readPeer(client: number, raw: unknown, before: Peer | undefined, now: number): Peer | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const { user, cursor, sel, box, drag, field, caret } = raw as Record<string, unknown>;
  const person = readPerson(user);
  if (!person) return undefined;
  const at = readNumbers(cursor, 2) as Peer["cursor"];
  return {
    client,
    user: person,
    cursor: at,
    sel: Array.isArray(sel) ? sel.filter((id) => typeof id === "string").slice(0, MOST_SELECTED) : [],
    box: readNumbers(box, 4) as Peer["box"],
    drag: readDrag(drag),
    field: typeof field === "string" ? field : null,
    caret: typeof caret === "object" && caret !== null ? (caret as Caret) : null,
    moved: same(at, before?.cursor ?? null) ? (before?.moved ?? now) : now,
  };
}

function readPerson(raw: unknown): Person | undefined {
  const { id, name, colour } = (raw ?? {}) as Partial<Person>;
  if (typeof id !== "string" || typeof name !== "string") return undefined;
  return { id, name, colour: /^[a-z]+$/.test(colour ?? "") ? String(colour) : "blue" };
}

function readNumbers(raw: unknown, count: number): number[] | null {
  return Array.isArray(raw) && raw.length === count && raw.every(Number.isFinite) ? raw : null;
}

function readDrag(raw: unknown): Peer["drag"] {
  const { dx, dy } = (raw ?? {}) as { dx?: unknown; dy?: unknown };
  return Number.isFinite(dx) && Number.isFinite(dy) ? { dx: Number(dx), dy: Number(dy) } : null;
}

/** Return the letters of a person's avatar. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase() || "?";
}

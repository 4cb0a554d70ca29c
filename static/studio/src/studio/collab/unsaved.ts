// What is in this page and not known to be on the server: clocks that the server's state vector must
// reach, and deletions, which state vectors do not tell of.

import * as Y from "yjs";

type Range = readonly [start: number, end: number];
type Deletion = { client: number; range: Range };

export interface Owed {
  clocks: ReadonlyMap<number, number>;
  deletions: readonly Deletion[];
}

export class Unsaved {
  #clocks = new Map<number, number>();
  #deletions: Deletion[] = [];

  get any(): boolean {
    return this.#clocks.size > 0 || this.#deletions.length > 0;
  }

  /** Whether only a whole answer of the server can tell: a state vector does not. */
  get needsAnswer(): boolean {
    return this.#deletions.length > 0;
  }

  /** Owe the server what an update holds. */
  owe(update: Uint8Array): void {
    const { structs, ds } = Y.decodeUpdate(update);
    for (const { id, length } of structs)
      this.#clocks.set(id.client, Math.max(this.#clocks.get(id.client) ?? 0, id.clock + length));
    // Deletions that come with something new are taken over together with it.
    if (structs.length) return;
    for (const [client, ranges] of rangesOf(ds))
      for (const range of ranges) this.#deletions.push({ client, range });
  }

  /** Owe what this document has and a server with this state lacks, deletions all of them. */
  oweBeyond(doc: Y.Doc, state: Uint8Array): void {
    const known = Y.decodeStateVector(state);
    for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc)))
      if (clock > (known.get(client) ?? 0)) this.#clocks.set(client, clock);
    this.owe(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc)));
  }

  /** The server has stored everything up to this state. */
  reached(state: Uint8Array): void {
    const known = Y.decodeStateVector(state);
    for (const [client, clock] of this.#clocks)
      if ((known.get(client) ?? 0) >= clock) this.#clocks.delete(client);
  }

  /** The server answered with this update, which holds all deletions that it knows. */
  answered(update: Uint8Array): void {
    if (!this.#deletions.length) return;
    const known = rangesOf(Y.decodeUpdate(update).ds);
    const covers = (client: number, [start, end]: Range) =>
      known.get(client)?.some(([from, to]) => from <= start && end <= to) ?? false;
    this.#deletions = this.#deletions.filter(({ client, range }) => !covers(client, range));
  }

  /** Return what is owed now, for `settle` once all of it arrived. */
  owed(): Owed {
    return { clocks: new Map(this.#clocks), deletions: [...this.#deletions] };
  }

  settle({ clocks, deletions }: Owed): void {
    for (const [client, clock] of clocks)
      if ((this.#clocks.get(client) ?? Infinity) <= clock) this.#clocks.delete(client);
    this.#deletions = this.#deletions.filter((each) => !deletions.includes(each));
  }
}

/** Return the deleted ranges of each client, neighbours as one. */
function rangesOf(deleted: ReturnType<typeof Y.decodeUpdate>["ds"]): Map<number, Range[]> {
  const found = new Map<number, Range[]>();
  for (const [client, items] of deleted.clients) {
    const sorted = items.map(({ clock, len }): Range => [clock, clock + len]).sort(([a], [b]) => a - b);
    const merged: Range[] = [];
    for (const [start, end] of sorted) {
      const last = merged.at(-1);
      if (last && start <= last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], end)];
      else merged.push([start, end]);
    }
    found.set(client, merged);
  }
  return found;
}

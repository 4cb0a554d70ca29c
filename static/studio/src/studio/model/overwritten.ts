// What this person set and somebody else set after them: the last one wins, but never in silence.

import type * as Y from "yjs";
import { same, type Json } from "./json";
import { REMOTE } from "./stored";
import { Topics, type Listener } from "./topics";
import type { StudioDoc } from "./ydoc";

/** How long a field tells of it. */
export const TOLD_MS = 60_000;

export interface Overwrite {
  /** Who it was; empty where nobody here knows. */
  by: string;
  at: number;
  /** What this person had set; undefined where they had taken it back to its default. */
  mine: Json | undefined;
}

/** The part of an event that is looked at. */
interface Changed {
  target: unknown;
  changes: { keys: ReadonlyMap<string, unknown> };
}

/**
 * Topics: `<step>/<key>` with the key as the document has it, such as `title` and `c:url`;
 * `edges/<edge>` and `meta/<key>`.
 */
export class Overwritten {
  #mine = new Map<string, Json | undefined>();
  #told = new Map<string, Overwrite>();
  #topics = new Topics();

  constructor(
    readonly nameOf: (client: number) => string,
    readonly now: () => number = Date.now,
  ) {}

  on(topic: string, listener: Listener): () => void {
    return this.#topics.on(topic, listener);
  }

  /** Return what happened to a field lately. */
  get(field: string): Overwrite | undefined {
    const found = this.#told.get(field);
    return found && this.now() - found.at < TOLD_MS ? found : undefined;
  }

  dismiss(field: string): void {
    if (this.#told.delete(field)) this.#topics.emit(field);
  }

  follow(doc: StudioDoc): void {
    doc.nodes.observeDeep((events, { origin }) => {
      for (const event of events) {
        const step = event.path[0];
        if (typeof step === "string") this.#take(step, event, origin);
        else this.#forget(event.changes.keys.keys());
      }
    });
    doc.edges.observe((event, { origin }) => this.#take("edges", event, origin));
    doc.meta.observe((event, { origin }) => this.#take("meta", event, origin));
  }

  #take(owner: string, event: Changed, origin: unknown): void {
    const map = event.target as Y.Map<Json>;
    for (const [key] of event.changes.keys) this.#changed(`${owner}/${key}`, map, key, origin);
  }

  #changed(field: string, map: Y.Map<Json>, key: string, origin: unknown): void {
    if (origin !== REMOTE) {
      this.#mine.set(field, map.get(key));
      this.dismiss(field);
      return;
    }
    if (!this.#mine.has(field)) return;
    const mine = this.#mine.get(field);
    if (same(mine, map.get(key))) return;
    this.#mine.delete(field);
    this.#told.set(field, { by: this.nameOf(writerOf(map, key)), at: this.now(), mine });
    this.#topics.emit(field);
  }

  /** A step that went away, or came back by undo, tells of nothing. */
  #forget(steps: Iterable<string>): void {
    for (const step of steps)
      for (const field of [...this.#mine.keys()]) if (field.startsWith(`${step}/`)) this.#mine.delete(field);
  }
}

/** The window that wrote a key. After a deletion that is who wrote what was deleted: nobody is named. */
function writerOf(map: Y.Map<Json>, key: string): number {
  return map.has(key) ? (map._map.get(key)?.id.client ?? -1) : -1;
}

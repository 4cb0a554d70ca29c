// What is selected, hovered and has the canvas's keyboard focus. Not in the document.

import { Topics, type Listener } from "./topics";

/** Topics: `selection`, `selected:<id>`, `focus`, `edge`. */
export class Selection {
  #ids: ReadonlySet<string> = new Set();
  #edge: string | null = null;
  #focus: string | null = null;
  #topics = new Topics();

  on(topic: string, listener: Listener): () => void {
    return this.#topics.on(topic, listener);
  }

  /** Selected steps and notes; the set is replaced, never changed. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** The selected edge; steps and an edge are never selected together. */
  get edge(): string | null {
    return this.#edge;
  }

  /** The step that the keyboard is on. */
  get focus(): string | null {
    return this.#focus;
  }

  /** The step that the inspector shows: the only one selected. */
  get single(): string | null {
    const [first, second] = this.#ids;
    return second === undefined ? (first ?? null) : null;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Select these. The keyboard goes where they are: its next key is meant for what is seen to be selected. */
  set(ids: Iterable<string>): void {
    const next = new Set(ids);
    const [first] = next;
    this.#topics.batch(() => {
      this.#replace(next);
      if (first !== undefined && (this.#focus === null || !next.has(this.#focus))) this.setFocus(first);
    });
  }

  #replace(next: ReadonlySet<string>): void {
    this.#topics.batch(() => {
      if (next.size) this.selectEdge(null);
      const before = this.#ids;
      this.#ids = next;
      for (const id of [...before, ...next])
        if (before.has(id) !== next.has(id)) this.#topics.emit(`selected:${id}`, "selection");
    });
  }

  toggle(id: string): void {
    const next = new Set(this.#ids);
    if (!next.delete(id)) next.add(id);
    this.#replace(next); // the keyboard stays where it is
  }

  selectEdge(id: string | null): void {
    if (id === this.#edge) return;
    this.#topics.batch(() => {
      this.#edge = id;
      if (id) this.set([]);
      this.#topics.emit("edge");
    });
  }

  setFocus(id: string | null): void {
    if (id === this.#focus) return;
    const before = this.#focus;
    this.#focus = id;
    this.#topics.emit("focus", `selected:${before}`, `selected:${id}`);
  }

  /** Forget what is no longer there. */
  keep(exists: (id: string) => boolean, edgeExists: (id: string) => boolean): void {
    if ([...this.#ids].some((id) => !exists(id))) this.set([...this.#ids].filter(exists));
    if (this.#focus && !exists(this.#focus)) this.setFocus(null);
    if (this.#edge && !edgeExists(this.#edge)) this.selectEdge(null);
  }
}

// What the server did for this person, undone in its turn among what was edited here.

/** Something that is undone and redone by asking the server. */
export interface Act {
  undo(): void;
  redo(): void;
}

interface Placed {
  act: Act;
  /** How many edits could be undone when it was done. */
  depth: number;
}

export class Acts {
  #done: Placed[] = [];
  #undone: Placed[] = [];

  get some(): { undo: boolean; redo: boolean } {
    return { undo: this.#done.length > 0, redo: this.#undone.length > 0 };
  }

  did(act: Act, depth: number): void {
    this.#done.push({ act, depth });
  }

  undid(act: Act, depth: number): void {
    this.#undone.push({ act, depth });
  }

  /** Take what is undone next, if it is no edit that came after it. */
  toUndo(depth: number): Act | null {
    const last = this.#done.at(-1);
    return last && last.depth >= depth ? (this.#done.pop()?.act ?? null) : null;
  }

  /** Take what is redone next, if no edit before it has to come first. */
  toRedo(depth: number): Act | null {
    const last = this.#undone.at(-1);
    return last && last.depth <= depth ? (this.#undone.pop()?.act ?? null) : null;
  }

  /** It was undone another way. */
  drop(act: Act): void {
    this.#done = this.#done.filter((each) => each.act !== act);
  }

  /** Whoever edits anew redoes nothing. */
  edited(): void {
    this.#undone = [];
  }
}

// Rounds of steps that hold others. A frame names one: `each_1.3/loop_2.0` is the first round of
// loop_2 in the fourth of each_1. Which round the canvas shows is chosen for each loop; until
// somebody chooses, it is the latest.

/** The loop of a frame's last round, with the rounds around it: `each_1.3/loop_2`. */
export function loopOf(frame: string): { loop: string; index: number } {
  const dot = frame.lastIndexOf(".");
  return { loop: frame.slice(0, dot), index: Number(frame.slice(dot + 1)) };
}

/** The frames whose steps can be named in a frame: itself and those around it, the outermost first. */
export function framesAround(frame: string): string[] {
  const parts = frame ? frame.split("/") : [];
  return ["", ...parts.map((_, depth) => parts.slice(0, depth + 1).join("/"))];
}

export class Rounds {
  /** The highest round of each loop, and of each step the loops that it lies in. */
  #latest = new Map<string, number>();
  #chosen = new Map<string, number>();
  #loops = new Map<string, readonly string[]>();

  /** Take note that a step runs in a frame; tell whether another round is shown because of it. */
  note(node: string, frame: string): boolean {
    if (!this.#loops.has(node)) this.#loops.set(node, frame ? frame.split("/").map((part) => loopOf(part).loop) : []);
    let moved = false;
    for (let path = frame; path; ) {
      const { loop, index } = loopOf(path);
      if (index > (this.#latest.get(loop) ?? -1)) {
        this.#latest.set(loop, index);
        moved ||= !this.#chosen.has(loop);
      }
      path = loop.slice(0, Math.max(0, loop.lastIndexOf("/")));
    }
    return moved;
  }

  /** The frame in which a step is shown: the chosen or latest round of each loop around it. */
  frameOf(node: string): string {
    return (this.#loops.get(node) ?? []).reduce((path, holder) => {
      const loop = path ? `${path}/${holder}` : holder;
      return `${loop}.${this.#chosen.get(loop) ?? this.#latest.get(loop) ?? 0}`;
    }, "");
  }

  /** The loop whose rounds a step's own is one of; null for a step that lies in none. */
  around(node: string): { loop: string; index: number } | null {
    const frame = this.frameOf(node);
    return frame ? loopOf(frame) : null;
  }

  /** The path of a step that holds others, from which those of its rounds are made. */
  pathOf(holder: string): string {
    const frame = this.frameOf(holder);
    return frame ? `${frame}/${holder}` : holder;
  }

  /** How many rounds of a loop have begun. */
  begun(loop: string): number {
    return (this.#latest.get(loop) ?? -1) + 1;
  }

  /** Show the rounds of a frame from now on, or the latest of a loop again. */
  choose(frame: string): void {
    for (let path = frame; path; ) {
      const { loop, index } = loopOf(path);
      this.#chosen.set(loop, index);
      path = loop.slice(0, Math.max(0, loop.lastIndexOf("/")));
    }
  }

  follow(loop: string): void {
    this.#chosen.delete(loop);
  }

  isChosen(loop: string): boolean {
    return this.#chosen.has(loop);
  }

  /** The steps that lie in loops: another round may change what is shown of them. */
  inner(): string[] {
    return [...this.#loops].flatMap(([node, loops]) => (loops.length ? [node] : []));
  }

  clear(): void {
    this.#latest.clear();
    this.#chosen.clear();
    this.#loops.clear();
  }
}

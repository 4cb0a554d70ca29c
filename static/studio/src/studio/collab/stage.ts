// Lets people see what goes too fast: a step that starts and ends between two paints is shown running
// for one paint all the same, and what came after it waits that long.

import type { RunEvent } from "../model/runs";
import type { Frame } from "./socket";

const MOST = 60; // past this many waiting frames, being up to date matters more

export class Stage {
  #waiting: Frame[] = [];
  #started = new Set<string>();
  #scheduled = false;

  constructor(
    readonly show: (frame: Frame) => void,
    readonly nextPaint: (go: () => void) => void = afterPaint,
  ) {}

  push(frame: Frame): void {
    this.#waiting.push(frame);
    if (!this.#scheduled || this.#waiting.length > MOST) this.#play();
  }

  /** Forget what was not shown yet. */
  clear(): void {
    this.#waiting = [];
    this.#started.clear();
  }

  #play(): void {
    while (this.#waiting.length) {
      const frame = this.#waiting[0] as Frame;
      if (this.#endsUnseen(frame) && this.#waiting.length < MOST) break;
      this.#waiting.shift();
      if (frame.type === "event" && frame.event.type === "node.started" && frame.event.node)
        this.#started.add(spotOf(frame.event));
      this.show(frame);
    }
    if (!this.#started.size || this.#scheduled) return;
    this.#scheduled = true;
    this.nextPaint(() => {
      this.#scheduled = false;
      this.#started.clear();
      this.#play();
    });
  }

  #endsUnseen(frame: Frame): boolean {
    if (frame.type !== "event" || !frame.event.node) return false;
    return frame.event.type !== "node.started" && this.#started.has(spotOf(frame.event));
  }
}

/** A step in a round is one, the same step in another round another. */
function spotOf({ node, frame = "" }: RunEvent): string {
  return `${frame}:${node}`;
}

/** Two animation frames: the first comes before the paint, the second after it. */
function afterPaint(go: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(go));
}

// A finished run told once more: the canvas shows how things stood at a moment.

import type { NodeRun } from "./boot";
import { Observable } from "./observable";
import type { RunDetails, RunEvent, ShownRun } from "./runs";
import { Scale } from "./scale";

export const SPEEDS = [1, 4, 16] as const;
/** A run that waited for days is not waited for again: a pause is played as this long at most. */
const LONGEST_PAUSE = 1500;

export class Replay {
  /** Milliseconds since the first event. */
  readonly at = new Observable(0);
  /** How many times as fast as it was; null while it stands. */
  readonly speed = new Observable<number | null>(null);
  readonly begin: number;
  readonly length: number;
  /** How it is drawn over time. */
  readonly scale: Scale;
  /** How many events are told. */
  #told = 0;

  constructor(
    readonly shown: ShownRun,
    readonly details: RunDetails,
    readonly nodes: readonly NodeRun[],
    readonly events: readonly RunEvent[],
  ) {
    this.begin = Date.parse(events[0]?.at ?? details.created_at);
    this.length = Math.max(0, this.#timeOf(events.length - 1));
    this.scale = new Scale(events, (index) => this.#timeOf(index), this.length);
    this.seek(this.length);
  }

  /** The moment that is shown, in milliseconds since the epoch. */
  get now(): number {
    return this.begin + this.at.value;
  }

  /** The event that was told last. */
  get last(): RunEvent | undefined {
    return this.events[this.#told - 1];
  }

  /** Show how things stood at a moment. */
  seek(at: number): void {
    const wanted = Math.min(this.length, Math.max(0, at));
    let count = 0;
    while (count < this.events.length && this.#timeOf(count) <= wanted) count += 1;
    this.#tell(count);
    this.at.set(wanted);
  }

  /** Go to the next event, or to the one before. */
  step(by: 1 | -1): void {
    const count = Math.min(this.events.length, Math.max(1, this.#told + by));
    this.#tell(count);
    this.at.set(this.#timeOf(count - 1));
  }

  play(speed: number): void {
    if (this.at.value >= this.length) this.seek(0);
    this.speed.set(speed);
  }

  pause(): void {
    this.speed.set(null);
  }

  /** Let time pass; at the end it stands. */
  tick(passed: number): void {
    const speed = this.speed.value;
    if (speed === null) return;
    const next = this.#told < this.events.length ? this.#timeOf(this.#told) : this.length;
    const skipped = Math.max(0, next - this.at.value - LONGEST_PAUSE * speed);
    this.seek(this.at.value + skipped + passed * speed);
    if (this.at.value >= this.length) this.pause();
  }

  /** Show the run as it ended. */
  leave(): void {
    this.pause();
    this.shown.begin(this.details, this.nodes);
    for (const event of this.events) this.shown.take(event);
  }

  #tell(count: number): void {
    if (count < this.#told || !this.#told) {
      this.shown.begin({ ...this.details, status: "queued", started_at: null, finished_at: null });
      this.shown.put(this.nodes);
      this.#told = 0;
    }
    for (; this.#told < count; this.#told += 1) {
      const event = this.events[this.#told];
      if (event) this.shown.take(event);
    }
  }

  #timeOf(index: number): number {
    const event = this.events[index];
    return event ? Date.parse(event.at) - this.begin : 0;
  }
}

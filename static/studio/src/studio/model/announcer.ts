// What a screen reader is told: at most one message a second, errors at once.

import { Observable } from "./observable";

export class Announcer {
  readonly polite = new Observable("");
  readonly assertive = new Observable("");
  #next = "";
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Say something; what is said within the same second, only the last of it. */
  say(message: string): void {
    this.#next = message;
    if (this.#timer !== null) return;
    this.#speak();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#next) this.say(this.#next);
    }, 1000);
  }

  error(message: string): void {
    this.assertive.set("");
    this.assertive.set(message);
  }

  #speak(): void {
    // The same words twice are heard only if they differ for the reader.
    const again = this.polite.value === this.#next;
    this.polite.set(again ? `${this.#next}\u00a0` : this.#next);
    this.#next = "";
  }
}

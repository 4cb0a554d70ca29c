// The tokens' colours as the painter needs them: resolved for the theme that is shown.

import { Observable } from "../model/observable";

export type Token =
  | "surface"
  | "sunken"
  | "line"
  | "line-strong"
  | "ink"
  | "ink-2"
  | "ink-3"
  | "accent"
  | "ok"
  | "bad"
  | "warn"
  | "wait"
  | "accent-soft"
  | "ok-soft"
  | "bad-soft"
  | "warn-soft"
  | "wait-soft";

/** Resolves colours once and forgets them when the theme changes. */
export class Colours {
  /** Counts changes of the theme, for whoever paints with them. */
  readonly changed = new Observable(0);
  #probe: HTMLElement;
  #known = new Map<string, string>();

  constructor(parent: HTMLElement) {
    this.#probe = document.createElement("span");
    this.#probe.className = "kind visually-hidden";
    this.#probe.setAttribute("aria-hidden", "true");
    // Where the system forces its colours, all would be one: a picture in one colour says nothing.
    this.#probe.style.setProperty("forced-color-adjust", "none");
    parent.append(this.#probe);
  }

  token(name: Token): string {
    return this.#resolve(name, () => {
      this.#probe.style.color = `var(--${name})`;
      return getComputedStyle(this.#probe).color;
    });
  }

  /** The ground of a kind's tile. */
  kind(hue: number): string {
    return this.#resolve(`hue ${hue}`, () => {
      this.#probe.style.setProperty("--hue", String(hue));
      return getComputedStyle(this.#probe).backgroundColor;
    });
  }

  forget(): void {
    this.#known.clear();
    this.changed.set(this.changed.value + 1);
  }

  remove(): void {
    this.#probe.remove();
  }

  #resolve(key: string, read: () => string): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = read();
    this.#known.set(key, found);
    return found;
  }
}

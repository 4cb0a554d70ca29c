// Comments that could not be sent: kept in this browser, for this person and this workflow.

import type { Boot } from "../model/boot";
import type { Unsent } from "../model/comments";
import { keptUnder } from "../model/keptHere";

export class UnsentBox {
  readonly #key: string;

  constructor(boot: Boot) {
    this.#key = keptUnder("comments", boot, boot.workflow.id);
  }

  read(): Unsent[] {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.#key) ?? "[]");
      return Array.isArray(kept) ? (kept as Unsent[]).filter(({ key, text }) => key && typeof text === "string") : [];
    } catch {
      return [];
    }
  }

  /** Keep them; return whether the browser did. */
  write(unsent: readonly Unsent[]): boolean {
    try {
      if (unsent.length) localStorage.setItem(this.#key, JSON.stringify(unsent));
      else localStorage.removeItem(this.#key);
      return true;
    } catch {
      return false;
    }
  }
}

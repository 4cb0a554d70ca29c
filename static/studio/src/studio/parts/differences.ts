import type { How } from "../model/diff";

/** How a step differs, for eyes and ears: colour is never the only sign. */
export const DIFFERENCES: Record<How, { icon: string; word: string; tone: "ok" | "warn" | "bad" }> = {
  added: { icon: "plus", word: "Added", tone: "ok" },
  changed: { icon: "pencil", word: "Changed", tone: "warn" },
  removed: { icon: "minus", word: "Removed", tone: "bad" },
};

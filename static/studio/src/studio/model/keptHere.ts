// What this browser keeps of somebody's work beside the documents: inputs of test runs, comments that
// could not be sent, where they looked, which commands they used. It is theirs, so that the name says
// whose; sizes of panels, the theme and the like are the browser's own.

import type { Boot } from "./boot";

const OURS = "auterity-"; // `site/js/sign-out.js` knows it as well
const THEIRS = /^auterity-(?:inputs|comments|view|recent)-/;

type What = "inputs" | "comments" | "view" | "recent";

/** Return the name under which something of a person is kept, of one workflow or of all. */
export function keptUnder(what: What, { user }: Boot, workflow = ""): string {
  return [`${OURS}${what}`, user.id, workflow].filter(Boolean).join("-");
}

/** Forget what is another person's, or nobody says whose. */
export function forgetOthers(user: string): void {
  forget((key) => THEIRS.test(key) && !key.includes(`-${user}`));
}

export function forgetEverybody(): void {
  forget((key) => key.startsWith(OURS));
}

function forget(which: (key: string) => boolean): void {
  for (const key of Object.keys(localStorage).filter(which)) localStorage.removeItem(key);
}

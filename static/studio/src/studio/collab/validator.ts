// What is wrong with the draft, asked of the server a moment after each save.

import { post } from "../../lib/api";
import type { Problem } from "../model/boot";
import type { Observable } from "../model/observable";

const PAUSE = 500;

/** Return what to call after a change. A late answer never replaces that to a later question. */
export function validator(url: string, problems: Observable<readonly Problem[]>): (pause?: number) => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let asked = 0;
  const ask = async () => {
    asked += 1;
    const own = asked;
    try {
      const answer = await post<{ problems: Problem[] }>(url);
      if (own === asked) problems.set(answer.problems);
    } catch {
      // The old list stays: saving tells of a server that cannot be reached.
    }
  };
  return (pause = PAUSE) => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void ask(), pause);
  };
}

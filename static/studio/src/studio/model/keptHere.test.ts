// @vitest-environment jsdom
// What this browser keeps of people's work names them, and goes with them.

import { beforeEach, expect, test } from "vitest";
import { forgetEverybody, forgetOthers, keptUnder } from "./keptHere";
import { boot } from "./samples";

const of = (id: string) => boot({ user: { id, name: id } });

beforeEach(() => {
  localStorage.clear();
  for (const [what, id] of [["inputs", "ana"], ["comments", "ana"], ["view", "ben"]] as const)
    localStorage.setItem(keptUnder(what, of(id), "w1"), "x");
  for (const key of ["auterity-inputs-w1", "auterity-theme", "another"]) localStorage.setItem(key, "x");
});

const kept = () => Object.keys(localStorage).toSorted();

test("the name says whose it is", () => {
  expect(keptUnder("inputs", of("ana"), "w1")).not.toBe(keptUnder("inputs", of("ben"), "w1"));
  expect(keptUnder("recent", of("ana"))).toBe("auterity-recent-ana");
});

test("what is another's goes when somebody works here, and what names nobody", () => {
  forgetOthers("ana");
  expect(kept()).toEqual(["another", "auterity-comments-ana-w1", "auterity-inputs-ana-w1", "auterity-theme"]);
});

test("signing out leaves nothing of ours", () => {
  forgetEverybody();
  expect(kept()).toEqual(["another"]);
});

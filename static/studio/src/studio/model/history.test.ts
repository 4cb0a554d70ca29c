// What happened to a draft, in words.

import { expect, test } from "vitest";
import { changeLines, clock, dayOf, peopleWords, titleOf, type Credit, type Point } from "./history";
import { BY_NAME } from "./samples";

const ANA = { id: "ana", name: "Ana", colour: "teal" };
const credit = (operation: Credit["operation"], more: Partial<Credit> = {}): Credit => ({ operation, node: "n1", field: null, author: "ana", title: "Reply", ...more });
const point = (more: Partial<Point> = {}): Point => ({
  id: "p1", seq: 4, kind: "editor", version: null, notes: "", name: "", authors: [ANA], changes: [], change_count: more.changes?.length ?? 0,
  began_at: "2026-05-04T10:00:00Z", created_at: "2026-05-04T10:05:00Z", ...more,
});
const lines = (...changes: Credit[]) => changeLines(point({ changes }), BY_NAME);

test("steps that came, went and moved are named; a type stands for a step without a name", () => {
  expect(lines(credit("add", { title: "ai.generate" }), credit("remove", { node: "n2", title: "Old" }), credit("move", { node: "n3" }), credit("move", { node: "n4" }))).toEqual([
    "Added generate", "Removed Old", "Moved 2 steps",
  ]);
});

test("changed steps tell their fields, and many only their names", () => {
  const fields = ["config.prompt", "title", "config.route", "config.temperature"].map((field) => credit("set", { field }));
  expect(lines(...fields)).toEqual(["Changed Reply: prompt, title, route, 1 more"]);
  const many = ["A", "B", "C", "D"].map((title) => credit("edit", { node: title, title, field: "config.prompt" }));
  expect(lines(...many)).toEqual(["Changed A, B and 2 more"]);
});

test("connections, settings, the runbook and the name are told apart", () => {
  const edge = { field: "a:out>b:in", title: "A → B" };
  const whole = { node: null, title: "" };
  expect(lines(
    credit("connect", { ...edge, title: "core.start → B" }), credit("disconnect", edge), credit("set", edge), credit("set", { ...whole, field: "settings.timeout_s" }),
    credit("set", { ...whole, field: "name" }), credit("set", { ...whole, field: "description" }), credit("edit", { ...whole, field: "runbook" }),
  )).toEqual(["Connected start → B", "Disconnected A → B", "Changed the connection A → B", "Changed the name", "Changed the description", "Changed the settings: timeout s", "Wrote in the runbook"]);
  expect(changeLines(point({ changes: [credit("add")], change_count: 90 }), BY_NAME)).toEqual(["Added Reply", "90 changes in all"]);
});

test("people and moments have their words", () => {
  const people = ["Ana", "Ben", "Cy", "Di"].map((name) => ({ ...ANA, name }));
  expect([0, 1, 2, 4].map((count) => peopleWords(point({ authors: people.slice(0, count) })))).toEqual(["Auterity", "Ana", "Ana and Ben", "Ana, Ben and 2 more"]);
  expect([titleOf(point({ name: "Before" })), titleOf(point({ version: 3 }))]).toEqual(["Before", "Version 3"]);
  expect(titleOf(point())).toContain("Ana, ");
});

test("days and times are those of the reader", () => {
  const today = new Date(2026, 4, 4, 12);
  const at = (day: number, hour = 9) => new Date(2026, 4, day, hour, 7).toISOString();
  expect([4, 3, 1].map((day) => dayOf(at(day), today))).toEqual(["Today", "Yesterday", "May 1, 2026"]);
  expect([clock(at(4), today), clock(at(1), today)]).toEqual(["09:07", "May 1, 09:07"]);
});

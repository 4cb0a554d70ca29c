import { expect, test } from "vitest";
import { matching } from "./SearchList";
import { STATUS } from "./StatusPill";

const ITEMS = [
  { id: "1", label: "HTTP request", detail: "Call an address", words: "http.request" },
  { id: "2", label: "Transform", detail: "Set fields of a request" },
  { id: "3", label: "Request approval", group: "People" },
];

test.each([
  ["", ["1", "2", "3"]],
  ["request", ["3", "1", "2"]],
  ["set field", ["2"]],
  ["people", ["3"]],
  ["nothing", []],
])("“%s” finds %o", (query, ids) => {
  expect(matching(ITEMS, query).map((item) => item.id)).toEqual(ids);
});

test("every status has a word and an icon", () => {
  for (const { word, icon } of Object.values(STATUS)) expect([word, icon].every(Boolean)).toBe(true);
});

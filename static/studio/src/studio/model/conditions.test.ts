import { expect, test } from "vitest";
import { conditionWords } from "./conditions";

test.each([
  ["prev.x == 1", "x is 1"],
  ["prev.amount < 50", "amount is less than 50"],
  ["prev.amount>=12.5", "amount is at least 12.5"],
  ["nodes.classify.output.label != 'refund'", "label is not refund"],
  ['input.customer_kind == "new"', "customer kind is new"],
  ["prev.is_open == true", "is open"],
  ["prev.open == false", "not open"],
  ["prev.answer == null", "answer is empty"],
  ['prev.queue in ["billing", "legal"]', "queue is one of billing, legal"],
  ["prev.queue not in ['spam']", "queue is none of spam"],
  ["prev.urgent", "urgent"],
  ["not prev.urgent", "not urgent"],
  ["prev.x == 1 and prev.y > 2", "x is 1 and y is more than 2"],
  ["prev.x == 1 or not prev.done", "x is 1 or not done"],
])("%s says %s", (when, words) => expect(conditionWords(when)).toBe(words));

test.each([
  "len(prev.items) > 3",
  "prev.x + 1 == 2",
  "prev.a == 1 and prev.b == 2 or prev.c == 3",
  "(prev.x == 1)",
  "prev.x == prev.y",
  'prev.name == "this and that"',
  "prev.items[0] == 1",
  "",
])("%s stays as it is written", (when) => expect(conditionWords(when)).toBe(when));

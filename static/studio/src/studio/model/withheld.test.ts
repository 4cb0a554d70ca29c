// People read the class of a withheld value; texts that only look similar stay as they are.

import { expect, test } from "vitest";
import { isWithheld, readable, readableValue } from "./withheld";

const NAME = "izxhlcyqlw2oav2b";

test("a placeholder is read as its class", () => {
  expect(readable(`Dear [personal:${NAME}], about [health:${NAME}.c12]`)).toBe("Dear [personal], about [health]");
  expect(readable("[note: see below] [personal:short]")).toBe("[note: see below] [personal:short]");
});

test("a value is read the same way, at any depth", () => {
  const value = { to: `[personal:${NAME}]`, rows: [{ n: 1, note: null }, `x [own-class:${NAME}]`] };
  expect(readableValue(value)).toEqual({ to: "[personal]", rows: [{ n: 1, note: null }, "x [own-class]"] });
  expect([isWithheld(value), isWithheld({ to: "Ada", n: [1, null] })]).toEqual([true, false]);
});

// Places, views and words: what the canvas computes before it draws.

import { describe, expect, test } from "vitest";
import { freePlace, snapped } from "./place";
import { BY_NAME, CHAIN, step } from "./samples";
import { Store } from "./store";
import { duration, money, summary } from "./summary";
import { fitting, MIN_ZOOM, View } from "./view";

describe("a free place", () => {
  const store = new Store(BY_NAME);
  store.load(CHAIN);
  const size = { width: 236, height: 98 };

  test("is the wanted one where nothing lies", () =>
    expect(freePlace(store, [1000, 1000], size)).toEqual([1000, 1000]));

  test("is below what lies there", () => {
    const [x, y] = freePlace(store, [620, 0], size);
    expect([x, y >= 98 + 24]).toEqual([620, true]);
  });

  test("is the wanted one when all around is full", () => {
    const full = new Store(BY_NAME);
    full.load({ ...CHAIN, nodes: [], edges: [], notes: [{ id: "n", position: [-9e4, -9e4], size: [2e5, 2e5] }] });
    expect(freePlace(full, [0, 0], size)).toEqual([0, 0]);
  });
});

test("the grid has steps of twenty", () => expect(snapped([29, 31])).toEqual([20, 40]));

describe("the view", () => {
  test("knows what is seen", () => {
    const view = new View();
    view.viewport.set({ x: -100, y: 50, zoom: 0.5 });
    view.size.set({ width: 400, height: 200 });
    expect(view.seen()).toEqual({ x: 200, y: -100, width: 800, height: 400 });
    expect(view.seen(10)).toEqual({ x: 190, y: -110, width: 820, height: 420 });
    expect(view.origin()).toEqual([0, 0]);
  });

  test("fits a box into the middle, no larger than life, no smaller than can be", () => {
    const size = { width: 1000, height: 500 };
    expect(fitting({ x: 0, y: 0, width: 100, height: 100 }, size)).toEqual({ x: 450, y: 200, zoom: 1 });
    const wide = fitting({ x: 0, y: 0, width: 1808, height: 10 }, size);
    expect([wide.zoom, wide.x]).toEqual([0.5, 48]);
    expect(fitting({ x: 0, y: 0, width: 1e6, height: 1 }, size).zoom).toBe(MIN_ZOOM);
  });
});

describe("a step's line", () => {
  const schema = {
    properties: {
      method: { type: "string" },
      url: { type: "string" },
      cases: { type: "array" },
      strict: { type: "boolean", title: "Strict" },
      plain: { type: "boolean" },
      limit: { type: "number" },
      wait: { type: "number", "x-unit": "s" },
      json_schema: { type: "object" },
      named: { type: "object", title: "JSON schema" },
    },
  };
  const base = BY_NAME.get("data.transform");
  if (!base) throw new Error("no type");
  const type = { ...base, config_schema: schema };

  test.each([
    [{ method: "GET", url: "{{ input.url }}" }, "GET · input.url"],
    [{ cases: [1], limit: 3, wait: 5 }, "1 case · limit 3 · 5 s"],
    [{ cases: [1, 2], strict: true, plain: true }, "2 cases · strict · plain"],
    [{ json_schema: {}, named: {} }, "json schema · JSON schema"],
    [{ method: "", cases: [], strict: false, url: null }, "What data.transform does."],
    [{ url: "first\nsecond" }, "first"],
  ])("%o: %s", (config, line) => expect(summary(type, step("x", "data.transform", { config }))).toBe(line));

  test("of a step with a name of its own says its type", () =>
    expect(summary(type, step("x", "data.transform", { title: "Clean" }))).toBe("transform"));

  test("of an unknown type says so", () =>
    expect(summary(undefined, step("x", "no.such"))).toBe("Unknown type no.such"));
});

test.each([
  [420, "0.42 s"],
  [31_400, "31.4 s"],
  [60_000, "1 m 0 s"],
  [89_000, "1 m 29 s"],
  [720_000, "12 m"],
  [11_100_000, "3 h 5 m"],
])("%d ms: %s", (ms, words) => expect(duration(ms)).toBe(words));

test.each([
  ["0.00081", "$0.0008"],
  ["12.5", "$12.50"],
  ["0", "–"],
  [null, "–"],
  [undefined, "–"],
  ["x", "–"],
])("%s: %s", (cost, words) => expect(money(cost)).toBe(words));

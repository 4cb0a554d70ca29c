import { expect, test } from "vitest";
import { Grid, touches } from "./grid";

const box = (x: number, y: number, width = 100, height = 100) => ({ x, y, width, height });

test("finds what lies in or touches a rectangle, across cells", () => {
  const grid = new Grid();
  grid.set("a", box(550, 550));
  grid.set("b", box(-700, 0));
  grid.set("c", box(5000, 5000));
  expect(grid.within(box(0, 0, 600, 600))).toEqual(["a"]);
  expect(grid.within(box(-1e5, -1e5, 2e5, 2e5)).sort()).toEqual(["a", "b", "c"]);
  expect(grid.within(box(651, 651, 10, 10))).toEqual([]);
});

test("forgets where something was", () => {
  const grid = new Grid();
  grid.set("a", box(0, 0));
  grid.set("a", box(2000, 0));
  expect(grid.within(box(0, 0))).toEqual([]);
  grid.delete("a");
  grid.delete("a");
  expect([grid.get("a"), grid.bounds()]).toEqual([undefined, null]);
});

test("bounds of some and of all", () => {
  const grid = new Grid();
  grid.set("a", box(0, 0));
  grid.set("b", box(300, -50));
  expect(grid.bounds()).toEqual(box(0, -50, 400, 150));
  expect(grid.bounds(["a", "gone"])).toEqual(box(0, 0));
});

test("boxes that only share a border touch", () => {
  expect([touches(box(0, 0), box(100, 0)), touches(box(0, 0), box(101, 0))]).toEqual([true, false]);
});

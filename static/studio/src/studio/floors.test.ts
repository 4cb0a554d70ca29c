// The floors of the studio: a folder imports only from folders below it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = import.meta.dirname;
/** From top to bottom; neighbours on one floor do not import each other. */
const FLOORS = [
  ["ui"],
  ["canvas", "inspector", "run", "versions", "palette", "outline", "runbook", "comments"],
  ["parts"],
  ["collab"],
  ["model"],
  ["../lib"],
];

const floorOf = (folder: string) => FLOORS.findIndex((floor) => floor.includes(folder));

function folderOf(file: string): string {
  const path = relative(ROOT, file);
  return path.startsWith("../lib") ? "../lib" : (path.split("/")[0] ?? "");
}

const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && name.includes("/"))
  .map((name) => join(ROOT, name));

test("every folder has a floor", () => {
  const without = files.map(folderOf).filter((folder) => floorOf(folder) < 0);
  expect([...new Set(without)]).toEqual([]);
});

test("imports only point downwards", () => {
  const wrong: string[] = [];
  for (const file of files)
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const own = folderOf(file);
      const other = folderOf(resolve(dirname(file), path));
      if (own !== other && floorOf(other) <= floorOf(own))
        wrong.push(`${relative(ROOT, file)} -> ${path}`);
    }
  expect(wrong).toEqual([]);
});

test("React stays out of the model, but for its hooks", () => {
  const model = files.filter((file) => folderOf(file) === "model" && !file.includes(".test."));
  const wrong = model.filter((file) => / from "react"/.test(readFileSync(file, "utf8")));
  expect(wrong.map((file) => relative(ROOT, file))).toEqual(["model/hooks.ts"]);
});

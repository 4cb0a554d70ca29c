// Which values of a step are of a class of data: marks by the path of a value in what it is given or gives.

import { isObject, type Json } from "./json";

export type Marks = Readonly<Record<string, string>>;

export const MOST_MARKS = 50;
const PATH = /^(input|output)(\.([A-Za-z0-9_-]{1,63}|\*)){0,8}$/;
const CLASS = /^[a-z][a-z0-9-]{0,30}$/;

/** Return what keeps a path from being one; empty where nothing does. */
export function pathProblem(path: string, marks: Marks): string {
  if (!PATH.test(path)) return "Begin with output or input, such as output.email or output.rows.*.name.";
  return path in marks ? "This value is marked already." : "";
}

/** Tell whether the server takes marks. */
export function areMarks(value: Json): boolean {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MOST_MARKS && entries.every(([path, name]) => PATH.test(path) && CLASS.test(String(name)));
}

/** Return marks with one more, or without one; without any there is nothing to store. */
export function withMark(marks: Marks, path: string, name: string | null): Marks | undefined {
  const { [path]: _, ...rest } = marks;
  const next = name === null ? rest : { ...rest, [path]: name };
  return Object.keys(next).length ? next : undefined;
}

// Withheld values as people read them: their class, without the name by which the server finds the value.

import { isObject, type Json } from "./json";

const PLACEHOLDER = /\[([a-z][a-z0-9-]{0,30}):[a-z2-7]{16}(?:\.[a-z]\d{0,9})?\]/g;

/** Return a text with the class alone where a value was withheld. */
export function readable(text: string): string {
  return text.replace(PLACEHOLDER, "[$1]");
}

/** Return a value of a run the same way, at any depth; keys stay, as two of them may be of one class. */
export function readableValue(value: Json): Json {
  if (typeof value === "string") return readable(value);
  if (Array.isArray(value)) return value.map(readableValue);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, readableValue(each)]));
}

/** Tell whether something was withheld in a value. */
export function isWithheld(value: Json): boolean {
  if (typeof value === "string") return readable(value) !== value;
  if (Array.isArray(value)) return value.some(isWithheld);
  return isObject(value) && Object.entries(value).some(([key, each]) => isWithheld(key) || isWithheld(each));
}

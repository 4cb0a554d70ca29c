// Conditions of connections as people say them, where they are simple; else as they are written.

const WORDS: Record<string, string> = {
  "==": "is",
  "!=": "is not",
  ">": "is more than",
  ">=": "is at least",
  "<": "is less than",
  "<=": "is at most",
  in: "is one of",
  "not in": "is none of",
};
const NAME = String.raw`(?:prev|input|nodes|loop|item)(?:\.[a-z_][a-z0-9_]*)+`;
const TEXT = String.raw`"[^"\\]*"|'[^'\\]*'`;
const ONE = String.raw`-?\d+(?:\.\d+)?|true|false|null|none|${TEXT}`;
const COMPARED = new RegExp(String.raw`^(${NAME})\s*(==|!=|>=|<=|>|<)\s*(${ONE})$`, "i");
const LISTED = new RegExp(String.raw`^(${NAME})\s+(in|not in)\s+\[\s*((?:${ONE})(?:\s*,\s*(?:${ONE}))*)\s*\]$`, "i");
const WHETHER = new RegExp(String.raw`^(not\s+)?(${NAME})$`, "i");
const YES_OR_NO = /^(?:true|false)$/i;
const SAID: Record<string, string> = { true: "true", false: "false", null: "empty", none: "empty" };

/** Return a condition in words: "amount is less than 50"; one that is not simple, as it is written. */
export function conditionWords(when: string): string {
  const parts = when.trim().split(/\s+(and|or)\s+/);
  const said = parts.map((part, index) => (index % 2 ? part : simple(part)));
  // What mixes both says something else than it reads like.
  const mixed = parts.includes("and") && parts.includes("or");
  return mixed || said.includes(null) ? when : said.join(" ");
}

function simple(part: string): string | null {
  const [, name, sign, value] = COMPARED.exec(part) ?? LISTED.exec(part) ?? [];
  if (name && value && sign === "==" && YES_OR_NO.test(value)) return `${/false/i.test(value) ? "not " : ""}${called(name)}`;
  if (name && sign && value) return `${called(name)} ${WORDS[sign.toLowerCase()] ?? sign} ${valuesOf(value)}`;
  const [whole, negated, flag] = WHETHER.exec(part) ?? [];
  return whole && flag ? `${negated ? "not " : ""}${called(flag)}` : null;
}

/** What a value is called by itself: the last of its names. */
function called(name: string): string {
  return (name.split(".").at(-1) ?? name).replaceAll("_", " ");
}

function valuesOf(text: string): string {
  return text.replace(new RegExp(ONE, "gi"), (value) => SAID[value.toLowerCase()] ?? value.replace(/^(["'])(.*)\1$/, "$2"));
}

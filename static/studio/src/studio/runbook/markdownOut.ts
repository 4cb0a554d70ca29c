// A runbook as Markdown, as the server writes it (`apps/workflows/runbook/markdown.py`).

import type { Fragment, Mark, Node } from "prosemirror-model";

/** What stands for something that lives elsewhere: the words, and the address. */
export type Reference = (node: Node) => readonly [words: string, address: string];

const SIGNS = /[\\`*[\]<~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g;
const BEGINNING = /^(?=#{1,6}(\s|$)|[-+>](\s|$)|---)/;
const NUMBERED = /^(\d+)(?=[.)]\s)/;
const WRAPPED: Record<string, string> = { strike: "~~", strong: "**", em: "*" };
const ORDER = ["link", "strike", "strong", "em", "code"];

/** Return a runbook as Markdown; live blocks become links. */
export function markdownOf(content: Fragment, reference: Reference): string {
  const text = blocks(content, reference);
  return text && `${text}\n`;
}

function blocks(content: Fragment, reference: Reference): string {
  if (content.firstChild?.isInline) return inline(content.content);
  return content.content.map((node) => block(node, reference)).join("\n\n");
}

function block(node: Node, reference: Reference): string {
  const { content } = node;
  switch (node.type.name) {
    case "paragraph":
      return safeBeginning(inline(content.content));
    case "heading":
      return `${"#".repeat(Number(node.attrs["level"]))} ${inline(content.content)}`.trimEnd();
    case "blockquote":
      return blocks(content, reference).split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
    case "code_block":
      return code(node);
    case "horizontal_rule":
      return "---";
    case "table":
      return table(node, reference);
    case "bullet_list":
    case "ordered_list":
    case "check_list":
      return list(node, reference);
    case "image":
    case "node_block":
    case "run_block":
    case "approval_block": {
      const [words, address] = reference(node);
      return `${node.type.name === "image" ? "!" : ""}[${escaped(words)}](${address})`;
    }
    default: // a part of a list or a table that was copied alone
      return blocks(content, reference);
  }
}

function list(node: Node, reference: Reference): string {
  const first = Number(node.attrs["order"] ?? 1);
  return node.content.content.map((item, at) => listItem(node.type.name, item, first + at, reference)).join("\n");
}

function listItem(kind: string, item: Node, number: number, reference: Reference): string {
  const mark = kind === "ordered_list" ? `${number}. ` : "- ";
  const check = kind === "check_list" ? (item.attrs["checked"] ? "[x] " : "[ ] ") : "";
  const [first = "", ...rest] = blocks(item.content, reference).split("\n");
  const lines = rest.map((line) => (" ".repeat(mark.length) + line).trimEnd());
  return [`${mark}${check}${first}`.trimEnd(), ...lines].join("\n");
}

function table(node: Node, reference: Reference): string {
  const rows = node.content.content;
  const written = rows.map((row) => row.content.content.map((cell) => cellText(cell, reference)));
  const width = Math.max(...written.map((row) => row.length));
  const hasHead = rows[0]?.content.content.every((cell) => cell.type.name === "table_header");
  const head = (hasHead && written.shift()) || [];
  const line = (cells: readonly string[]) =>
    `| ${[...cells, ...Array<string>(width - cells.length).fill("")].join(" | ")} |`;
  return [head, Array<string>(width).fill("---"), ...written].map(line).join("\n");
}

function cellText(cell: Node, reference: Reference): string {
  return blocks(cell.content, reference).replace(/\s*\\?\n\s*/g, " ").replaceAll("|", "\\|");
}

function escaped(text: string): string {
  return text.replace(SIGNS, "\\$&");
}

function safeBeginning(text: string): string {
  return text.replace(BEGINNING, "\\").replace(NUMBERED, "$1\\");
}

function code(node: Node): string {
  const text = node.textContent;
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${String(node.attrs["language"])}\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** Return a line; what is marked alike in a row is written as one. */
function inline(nodes: readonly Node[], marks: readonly string[] = ORDER): string {
  const [name, ...inner] = marks;
  if (name === undefined) return nodes.map((node) => (node.isText ? escaped(node.text ?? "") : "\\\n")).join("");
  return runsOf(nodes, name)
    .map(([mark, alike]) => {
      if (!mark) return inline(alike, inner);
      if (name === "code") return codeSpan(alike.map((node) => node.text ?? " ").join(""));
      return marked(mark, inline(alike, inner));
    })
    .join("");
}

/** Return neighbours that have the same mark, or all lack it, together. */
function runsOf(nodes: readonly Node[], name: string): [Mark | undefined, Node[]][] {
  const runs: [Mark | undefined, Node[]][] = [];
  for (const node of nodes) {
    const mark = node.marks.find(({ type }) => type.name === name);
    const last = runs.at(-1);
    if (last && (mark ? last[0] && mark.eq(last[0]) : !last[0])) last[1].push(node);
    else runs.push([mark, [node]]);
  }
  return runs;
}

/** Return a text between the signs of a mark, which must not stand beside a blank. */
function marked(mark: Mark, text: string): string {
  const inside = text.trim();
  if (!inside) return text;
  const [before, after] = [text.slice(0, text.indexOf(inside)), text.slice(text.indexOf(inside) + inside.length)];
  if (mark.type.name === "link") return `${before}[${inside}](${addressOf(String(mark.attrs["href"]))})${after}`;
  const sign = WRAPPED[mark.type.name] ?? "";
  return before + sign + inside + sign + after;
}

function addressOf(href: string): string {
  return href.replaceAll("\\", "%5C").replaceAll("(", "%28").replaceAll(")", "%29");
}

function codeSpan(text: string): string {
  const longest = longestRun(text);
  const fence = "`".repeat(longest + 1);
  const pad = longest ? " " : "";
  return fence + pad + text + pad + fence;
}

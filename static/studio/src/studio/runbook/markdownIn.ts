// Markdown that is pasted, as blocks of a runbook. Nothing of it is ever HTML.

import type { Mark, Node } from "prosemirror-model";
import { isSafeHref, make, markOf, schema } from "./schema";

const FENCE = /^\s{0,3}(`{3,})\s*([A-Za-z0-9+#.-]{0,30})[^`]*$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|(\d{1,6})[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;
const RUN = /^\/runs\/([0-9a-f-]{36})\/?$/;
const APPROVAL = /^\/approvals\/([0-9a-f-]{36})\/?$/;
const STEP = /^\/workflows\/([0-9a-f-]{36})\/\?step=([a-z][a-z0-9_]{0,62})$/;
const DEEPEST = 12;

/** What is known of the place: links to it and to its runs are more than links. */
export interface Here {
  origin: string;
  workflow: string;
}

/** Return a text's blocks; at least one. */
export function blocksOfMarkdown(text: string, here: Here): Node[] {
  const found = blocks(text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n"), here, 0);
  return found.length ? found : [make("paragraph")];
}

function blocks(lines: readonly string[], here: Here, depth: number): Node[] {
  const found: Node[] = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = blockAt(lines, at, here, depth);
    if (block) found.push(block);
    at = next;
  }
  return found;
}

function blockAt(lines: readonly string[], at: number, here: Here, depth: number): [Node | null, number] {
  const line = lines[at] ?? "";
  if (!line.trim()) return [null, at + 1];
  const fence = FENCE.exec(line);
  if (fence) return codeAt(lines, at, fence[1] ?? "```", fence[2] ?? "");
  const heading = HEADING.exec(line);
  if (heading) return [make("heading", { level: Math.min(3, heading[1]?.length ?? 1) }, inline(heading[2] ?? "")), at + 1];
  if (RULE.test(line)) return [make("horizontal_rule"), at + 1];
  if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "")) return tableAt(lines, at);
  if (depth < DEEPEST && ITEM.test(line)) return listAt(lines, at, here, depth);
  if (depth < DEEPEST && line.startsWith(">")) {
    const end = until(lines, at, (each) => !each.startsWith(">"));
    const inner = blocks(lines.slice(at, end).map((each) => each.replace(/^> ?/, "")), here, depth + 1);
    return [inner.length ? make("blockquote", null, inner) : null, end];
  }
  const end = until(lines, at + 1, (each) => !each.trim() || startsBlock(each));
  return [paragraphOf(lines.slice(at, end).join("\n"), here), end];
}

function startsBlock(line: string): boolean {
  return /^(#{1,6}\s|>|\s{0,3}```)/.test(line) || ITEM.test(line) || RULE.test(line);
}

function until(lines: readonly string[], from: number, ends: (line: string) => boolean): number {
  const at = lines.findIndex((line, index) => index >= from && ends(line));
  return at < 0 ? lines.length : at;
}

function codeAt(lines: readonly string[], at: number, fence: string, language: string): [Node, number] {
  const end = until(lines, at + 1, (line) => line.trim() === fence);
  const text = lines.slice(at + 1, end).join("\n");
  return [make("code_block", { language }, text ? schema.text(text) : []), end + 1];
}

type Kind = "bullet_list" | "ordered_list" | "check_list";

function kindOf(item: RegExpExecArray): Kind {
  return item[4] !== undefined ? "check_list" : item[3] !== undefined ? "ordered_list" : "bullet_list";
}

/** An item reaches as far as lines are indented below it. */
function listAt(lines: readonly string[], from: number, here: Here, depth: number): [Node, number] {
  const first = ITEM.exec(lines[from] ?? "") as RegExpExecArray;
  const kind = kindOf(first);
  const indent = first[1]?.length ?? 0;
  const items: Node[] = [];
  let at = from;
  for (;;) {
    const item = ITEM.exec(lines[at] ?? "");
    if (!item || kindOf(item) !== kind || (item[1]?.length ?? 0) !== indent) break;
    const inside = indent + (item[2]?.length ?? 1) + 1;
    const end = until(lines, at + 1, (line) => line.trim() !== "" && line.search(/\S/) < Math.min(inside, indent + 2));
    const text = [item[5] ?? "", ...lines.slice(at + 1, end).map((line) => line.slice(Math.min(inside, Math.max(0, line.search(/\S/)))))];
    const inner = blocks(text, here, depth + 1);
    const content = inner.length ? inner : [make("paragraph")];
    items.push(kind === "check_list" ? make("check_item", { checked: item[4] !== " " }, content) : make("list_item", null, content));
    at = end;
  }
  return [make(kind, kind === "ordered_list" ? { order: Number(first[3]) } : null, items), at];
}

function tableAt(lines: readonly string[], at: number): [Node, number] {
  const end = until(lines, at + 2, (line) => !line.includes("|"));
  const head = cellsOf(lines[at] ?? "");
  const rows = lines.slice(at + 2, end).map(cellsOf);
  const width = Math.max(head.length, ...rows.map((row) => row.length));
  const row = (type: string, cells: readonly string[]) =>
    make("table_row", null, Array.from({ length: width }, (_, place) => make(type, null, make("paragraph", null, inline(cells[place] ?? "")))));
  const hasHead = head.some((cell) => cell !== "");
  const body = rows.map((cells) => row("table_cell", cells));
  return [make("table", null, hasHead || !body.length ? [row("table_header", head), ...body] : body), end];
}

function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** A paragraph; alone in it, a link to a run, an approval or a step of this workflow is a live block. */
function paragraphOf(text: string, here: Here): Node {
  const content = inline(text);
  const [only] = content;
  const link = content.length === 1 && only?.marks.find(({ type }) => type.name === "link");
  const href = link ? String(link.attrs["href"]) : "";
  return (href && liveBlockOf(href, here)) || make("paragraph", null, content);
}

function liveBlockOf(href: string, { origin, workflow }: Here): Node | null {
  const path = href.startsWith(`${origin}/`) ? href.slice(origin.length) : href;
  const run = RUN.exec(path);
  if (run) return make("run_block", { run: run[1] });
  const approval = APPROVAL.exec(path);
  if (approval) return make("approval_block", { approval: approval[1] });
  const step = STEP.exec(path);
  return step && step[1] === workflow ? make("node_block", { node: step[2] }) : null;
}

const URLS = /^https?:\/\/[^\s<>"\\]*[^\s<>"\\.,;:!?)\]'*_~]/;

/** Return a line's letters with their marks. */
function inline(text: string, marks: readonly Mark[] = []): Node[] {
  const nodes: Node[] = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(schema.text(plain, [...marks]));
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const found = spanAt(text, at, marks);
    if (found) {
      flush();
      nodes.push(...found.nodes);
      at = found.end;
    } else {
      const escape = text[at] === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "");
      plain += text[escape ? at + 1 : at] === "\n" ? " " : (text[escape ? at + 1 : at] ?? "");
      at += escape ? 2 : 1;
    }
  }
  flush();
  return nodes;
}

interface Span {
  nodes: Node[];
  end: number;
}

function spanAt(text: string, at: number, marks: readonly Mark[]): Span | null {
  switch (text[at]) {
    case "\\":
      return text[at + 1] === "\n" ? { nodes: [make("hard_break")], end: at + 2 } : null;
    case "`":
      return codeSpanAt(text, at, marks);
    case "[":
      return linkAt(text, at, marks);
    case "*":
    case "~":
    case "_":
      return emphasisAt(text, at, marks);
    case "h":
      return addressAt(text, at, marks);
    default:
      return null;
  }
}

function codeSpanAt(text: string, at: number, marks: readonly Mark[]): Span | null {
  const fence = /^`+/.exec(text.slice(at))?.[0] ?? "`";
  const match = new RegExp(`^${fence}(?!\`)([^]*?[^\`])${fence}(?!\`)`).exec(text.slice(at));
  if (!match) return null;
  const inner = match[1] ?? "";
  const code = fence.length > 1 ? inner.replace(/^ ([^]*) $/, "$1") : inner;
  return { nodes: [schema.text(code.replaceAll("\n", " "), withMark(marks, markOf("code").create()))], end: at + match[0].length };
}

function linkAt(text: string, at: number, marks: readonly Mark[]): Span | null {
  const match = /^\[((?:\\.|[^\\[\]]|`[^`]*`)+)\]\(\s*<?([^\s()<>]+)>?(?:\s+"[^"]*")?\s*\)/.exec(text.slice(at));
  if (!match) return null;
  const [whole, words = "", href = ""] = match;
  const link = isSafeHref(href) ? withMark(marks, markOf("link").create({ href })) : marks;
  return { nodes: inline(words, link), end: at + whole.length };
}

function addressAt(text: string, at: number, marks: readonly Mark[]): Span | null {
  if (/[A-Za-z0-9]/.test(text[at - 1] ?? "") || marks.some(({ type }) => type.name === "link")) return null;
  const href = URLS.exec(text.slice(at))?.[0];
  if (!href || !isSafeHref(href)) return null;
  return { nodes: [schema.text(href, withMark(marks, markOf("link").create({ href })))], end: at + href.length };
}

function emphasisAt(text: string, at: number, marks: readonly Mark[]): Span | null {
  const sign = text.slice(at).match(/^(\*\*|~~|__|\*|_)(?=\S)/)?.[1];
  if (!sign || (sign.startsWith("_") && /[A-Za-z0-9]/.test(text[at - 1] ?? ""))) return null;
  const end = closing(text, at + sign.length, sign);
  if (end < 0) return null;
  const name = sign === "~~" ? "strike" : sign.length === 2 ? "strong" : "em";
  return { nodes: inline(text.slice(at + sign.length, end), withMark(marks, markOf(name).create())), end: end + sign.length };
}

/** Return where a sign closes: after a letter, and not inside of another run of the same letter. */
function closing(text: string, from: number, sign: string): number {
  const letter = sign[0] ?? "*";
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === letter && /\S/.test(text[at - 1] ?? "")) {
      let length = 1;
      while (text[at + length] === letter) length += 1;
      const closes = length === sign.length || length === 3;
      const wordGoesOn = letter === "_" && /[A-Za-z0-9]/.test(text[at + length] ?? "");
      if (closes && at > from && !wordGoesOn) return at + length - sign.length;
      at += length - 1;
    }
  }
  return -1;
}

function withMark(marks: readonly Mark[], mark: Mark): Mark[] {
  return [...mark.addToSet(marks)];
}

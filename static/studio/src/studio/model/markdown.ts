// The Markdown that models and steps write, as blocks: headings, lists, tables, code, quotes, text.
// Nothing of it is ever HTML.

export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "paragraph" | "quote"; text: string }
  | { kind: "code"; text: string }
  | { kind: "list"; ordered: boolean; items: string[] }
  | { kind: "table"; head: string[]; rows: string[][] }
  | { kind: "rule" };

export interface Span {
  kind: "text" | "strong" | "em" | "code" | "link";
  text: string;
  href?: string;
}

const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;

/** Return the first line of a text as it is read, without signs. */
export function headline(text: string): string {
  const line = text.trimStart().split("\n", 1)[0] ?? "";
  return spansOf(line.replace(/^(#{1,6}|[-*+]|>)\s+/, "")).map((span) => span.text).join("");
}

/** Split a text into blocks. */
export function blocksOf(text: string): Block[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = blockAt(lines, at);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

function blockAt(lines: readonly string[], at: number): [Block | null, number] {
  const line = lines[at] ?? "";
  if (!line.trim()) return [null, at + 1];
  if (line.trimStart().startsWith("```")) return codeAt(lines, at);
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" }, at + 1];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [{ kind: "rule" }, at + 1];
  if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "")) return tableAt(lines, at);
  if (ITEM.test(line)) return listAt(lines, at);
  if (line.startsWith(">")) {
    const end = untilNot(lines, at, (each) => each.startsWith(">"));
    const text = lines.slice(at, end).map((each) => each.replace(/^>\s?/, "")).join("\n");
    return [{ kind: "quote", text }, end];
  }
  const end = untilNot(lines, at, (each, index) => each.trim() !== "" && (index === at || !startsBlock(each)));
  return [{ kind: "paragraph", text: lines.slice(at, end).join("\n") }, end];
}

function startsBlock(line: string): boolean {
  return /^(#{1,6}\s|>|\s*```)/.test(line) || ITEM.test(line);
}

function codeAt(lines: readonly string[], at: number): [Block, number] {
  const end = untilNot(lines, at + 1, (each) => !each.trimStart().startsWith("```"));
  return [{ kind: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

function listAt(lines: readonly string[], at: number): [Block, number] {
  const ordered = ITEM.exec(lines[at] ?? "")?.[1] !== undefined;
  const end = untilNot(lines, at, (each) => ITEM.test(each));
  const items = lines.slice(at, end).map((each) => ITEM.exec(each)?.[2] ?? "");
  return [{ kind: "list", ordered, items }, end];
}

function tableAt(lines: readonly string[], at: number): [Block, number] {
  const end = untilNot(lines, at + 2, (each) => each.includes("|"));
  const rows = lines.slice(at + 2, end).map(cellsOf);
  return [{ kind: "table", head: cellsOf(lines[at] ?? ""), rows }, end];
}

function cellsOf(line: string): string[] {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

function untilNot(
  lines: readonly string[],
  from: number,
  holds: (line: string, index: number) => boolean,
): number {
  let at = from;
  while (at < lines.length && holds(lines[at] ?? "", at)) at += 1;
  return at;
}

const SPAN = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

/** Split a line into what is emphasised and what is not; only web addresses become links. */
export function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let place = 0;
  for (const match of text.matchAll(SPAN)) {
    if (match.index > place) spans.push({ kind: "text", text: text.slice(place, match.index) });
    const [whole, code, strong, em, link, href] = match;
    if (code !== undefined) spans.push({ kind: "code", text: code });
    else if (strong !== undefined) spans.push({ kind: "strong", text: strong });
    else if (em !== undefined) spans.push({ kind: "em", text: em });
    else if (link !== undefined && href) spans.push({ kind: "link", text: link, href });
    place = match.index + whole.length;
  }
  if (place < text.length) spans.push({ kind: "text", text: text.slice(place) });
  return spans;
}

// What a runbook may consist of. The server has the same schema (`apps/workflows/runbook/schema.py`),
// and `tests/runbook.json` holds the two to it.

import { Schema, type Attrs, type DOMOutputSpec, type MarkSpec, type Node, type NodeSpec } from "prosemirror-model";
import { tableNodes } from "prosemirror-tables";

const MOST_HREF = 2_048;
// A browser reads these out of an address, or takes them for the end of its beginning.
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]/;

/** Tell whether a link may lead there: to the web, to a mailbox or to a page of this host. */
export function isSafeHref(value: unknown): value is string {
  if (typeof value !== "string" || !value || value.length > MOST_HREF || UNSEEN.test(value)) return false;
  if (value.startsWith("/")) return !/^\/[/\\]/.test(value);
  if (/^mailto:[^@?]*@/i.test(value)) return true;
  return /^https?:\/\/[^/?#\\]/i.test(value) && URL.canParse(value);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const STEP = /^[a-z][a-z0-9_]{0,62}$/;
const LANGUAGE = /^[A-Za-z0-9+#.-]{0,30}$/;
export const MOST_ALT = 500;

/** The blocks that stand for something that lives elsewhere, and the attribute that names it. */
export const LIVE = { node_block: "node", run_block: "run", approval_block: "approval" } as const;
export type LiveBlock = keyof typeof LIVE;

const level = (node: Node) => Math.min(3, Math.max(1, Number(node.attrs["level"]) || 1));

function live(name: LiveBlock, form: RegExp): NodeSpec {
  const key = LIVE[name];
  const marked = `data-${key}-block`;
  return {
    group: "block",
    atom: true,
    draggable: true,
    attrs: { [key]: { default: "" } },
    parseDOM: [
      {
        tag: `div[${marked}]`,
        getAttrs: (dom) => (form.test(dom.getAttribute(marked) ?? "") ? { [key]: dom.getAttribute(marked) } : false),
      },
    ],
    toDOM: (node) => ["div", { [marked]: String(node.attrs[key]) }],
  };
}

function list(tag: "ul" | "ol", item: string): NodeSpec {
  return { group: "block", content: `${item}+`, parseDOM: [{ tag }], toDOM: () => [tag, 0] };
}

const cells = tableNodes({ tableGroup: "block", cellContent: "block+", cellAttributes: {} });

const nodes: Record<string, NodeSpec> = {
  doc: { content: "block+" },
  paragraph: { group: "block", content: "inline*", parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
  heading: {
    group: "block",
    content: "inline*",
    defining: true,
    attrs: { level: { default: 1 } },
    parseDOM: ["h1", "h2", "h3", "h4", "h5", "h6"].map((tag, at) => ({ tag, attrs: { level: Math.min(3, at + 1) } })),
    // Below the headings of the page.
    toDOM: (node) => [`h${level(node) + 1}`, { "data-level": String(level(node)) }, 0],
  },
  blockquote: {
    group: "block",
    content: "block+",
    defining: true,
    parseDOM: [{ tag: "blockquote" }],
    toDOM: () => ["blockquote", 0],
  },
  check_list: {
    ...list("ul", "check_item"),
    parseDOM: [{ tag: "ul[data-checks]", priority: 60 }],
    toDOM: () => ["ul", { "data-checks": "", class: "checks" }, 0],
  },
  bullet_list: list("ul", "list_item"),
  ordered_list: {
    ...list("ol", "list_item"),
    attrs: { order: { default: 1 } },
    parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ order: (dom as HTMLOListElement).start ?? 1 }) }],
    toDOM: (node) => ["ol", { start: String(Number(node.attrs["order"]) || 1) }, 0],
  },
  list_item: { content: "block+", defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
  check_item: {
    content: "block+",
    defining: true,
    attrs: { checked: { default: false } },
    parseDOM: [
      { tag: "li[data-checked]", priority: 60, getAttrs: (dom) => ({ checked: dom.getAttribute("data-checked") === "true" }) },
    ],
    toDOM: (node) => ["li", { "data-checked": String(node.attrs["checked"] === true) }, 0],
  },
  code_block: {
    group: "block",
    content: "text*",
    marks: "",
    code: true,
    defining: true,
    attrs: { language: { default: "" } },
    parseDOM: [
      {
        tag: "pre",
        preserveWhitespace: "full",
        getAttrs: (dom) => ({ language: LANGUAGE.test(dom.dataset["language"] ?? "") ? (dom.dataset["language"] ?? "") : "" }),
      },
    ],
    toDOM: (node) => ["pre", { "data-language": String(node.attrs["language"]) }, ["code", 0]],
  },
  horizontal_rule: { group: "block", parseDOM: [{ tag: "hr" }], toDOM: () => ["hr"] },
  image: {
    group: "block",
    atom: true,
    draggable: true,
    attrs: { image: { default: "" }, alt: { default: "" } },
    parseDOM: [
      {
        tag: "figure[data-image]",
        getAttrs: (dom) => {
          const { image = "", alt = "" } = dom.dataset;
          return UUID.test(image) ? { image, alt: alt.slice(0, MOST_ALT) } : false;
        },
      },
    ],
    toDOM: (node): DOMOutputSpec => ["figure", { "data-image": String(node.attrs["image"]), "data-alt": String(node.attrs["alt"]) }],
  },
  node_block: live("node_block", STEP),
  run_block: live("run_block", UUID),
  approval_block: live("approval_block", UUID),
  ...cells,
  hard_break: {
    inline: true,
    group: "inline",
    selectable: false,
    linebreakReplacement: true,
    parseDOM: [{ tag: "br" }],
    toDOM: () => ["br"],
  },
  text: { group: "inline" },
};

const plain = (tag: string, ...tags: string[]): MarkSpec => ({
  parseDOM: [tag, ...tags].map((each) => ({ tag: each })),
  toDOM: () => [tag, 0],
});

const marks: Record<string, MarkSpec> = {
  strong: plain("strong", "b"),
  em: plain("em", "i"),
  strike: plain("s", "del", "strike"),
  code: plain("code"),
  link: {
    attrs: { href: {} },
    inclusive: false,
    parseDOM: [
      {
        tag: "a[href]",
        getAttrs: (dom) => (isSafeHref(dom.getAttribute("href")) ? { href: dom.getAttribute("href") } : false),
      },
    ],
    // Others may have put anything there: what is not safe is no link.
    toDOM: (mark) => {
      const href: unknown = mark.attrs["href"];
      return isSafeHref(href) ? ["a", { href, rel: "noopener noreferrer nofollow" }, 0] : ["span", 0];
    },
  },
};

export const schema = new Schema({ nodes, marks });

/** Return the type of a node of the schema. */
export function typeOf(name: string) {
  const type = schema.nodes[name];
  if (!type) throw new Error(`The schema has no ${name}.`);
  return type;
}

export function markOf(name: string) {
  const type = schema.marks[name];
  if (!type) throw new Error(`The schema has no mark ${name}.`);
  return type;
}

/** Return what a live block names; empty for what is none, or names nothing that can be. */
export function liveIdOf(node: Node): string {
  const key = LIVE[node.type.name as LiveBlock];
  const value: unknown = key && node.attrs[key];
  const form = key === "node" ? STEP : UUID;
  return typeof value === "string" && form.test(value) ? value : "";
}

export const make = (name: string, attrs?: Attrs | null, content?: Node | readonly Node[]) =>
  typeOf(name).create(attrs ?? null, content);

// What is pasted from Word, Google Docs and web pages, cut down to what a runbook may consist of. The
// schema would refuse the rest anyway; here it is given its sense: lists that Word writes as paragraphs,
// bold that is a style, boxes to check.

import { isSafeHref } from "./schema";

const MOST = 4 << 20; // letters that are looked at
const DEEPEST = 100;
const KEPT: Record<string, readonly string[]> = {
  p: [], h1: [], h2: [], h3: [], h4: [], h5: [], h6: [], blockquote: [], hr: [], br: [],
  ul: ["data-checks"], ol: ["start"], li: ["data-checked"], pre: ["data-language"], code: [],
  strong: [], b: [], em: [], i: [], s: [], del: [], strike: [], a: ["href"],
  table: [], tbody: [], thead: [], tfoot: [], tr: [], td: ["colspan", "rowspan"], th: ["colspan", "rowspan"],
  figure: ["data-image", "data-alt"],
  div: ["data-node-block", "data-run-block", "data-approval-block"],
}; // prettier-ignore
const GONE = "script,style,iframe,frame,object,embed,applet,svg,math,template,noscript,link,meta,base,title,audio,video,canvas,select,textarea,button,colgroup";
const SLICE = /^\d+ \d+(?: -\d+)? \[.*\]$/;
const WORD_LIST = /mso-list:\s*l(\d+)\s+level(\d+)/i;
const BULLET = /^[\s\u00a0]*[·•o§\u25aa\u25cf\u25cb\uf0b7\uf0a7\u2013-][\s\u00a0]*$/;

/** Return the part of pasted HTML that makes sense in a runbook. */
export function cleaned(html: string): string {
  const page = new DOMParser().parseFromString(unstyled(html.slice(0, MOST)), "text/html");
  for (const gone of page.querySelectorAll(GONE)) gone.remove();
  listsOfWord(page);
  for (const item of page.querySelectorAll("li")) markChecked(item);
  const clean = page.implementation.createHTMLDocument("");
  const slice = page.querySelector("[data-pm-slice]")?.getAttribute("data-pm-slice") ?? "";
  copy(page.body, clean.body, clean);
  const first = clean.body.firstElementChild;
  if (first && SLICE.test(slice)) first.setAttribute("data-pm-slice", slice);
  return clean.body.innerHTML;
}

/** Styles as data: the content security policy would report each, though none takes effect. */
function unstyled(html: string): string {
  return html
    .replace(/<!--[^]*?-->/g, "")
    .replace(/<!\[[^\]]*\]>/g, "")
    .replace(/<(style|script|xml|head)\b[^]*?<\/\1\s*>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s"'/])style\s*=/gi, "$1data-style="));
}

function copy(from: Element, to: Element, page: Document, depth = 0): void {
  if (depth > DEEPEST) to.append(page.createTextNode(from.textContent ?? ""));
  else
    for (const child of from.childNodes) {
      if (child.nodeType === 3) to.append(page.createTextNode(child.nodeValue ?? ""));
      else if (child.nodeType === 1) copyElement(child as Element, to, page, depth + 1);
    }
}

function copyElement(element: Element, to: Element, page: Document, depth: number): void {
  const tag = element.localName;
  if (tag === "p" && isBlank(element)) return; // the distance between paragraphs, as Word makes it
  if (tag === "img") {
    copyImage(element, to, page);
    return;
  }
  let inside = to;
  const wrapped = (name: string) => {
    const made = page.createElement(name);
    inside.append(made);
    inside = made;
    return made;
  };
  if (isKept(element)) {
    const made = wrapped(tag);
    for (const name of KEPT[tag] ?? []) {
      const value = element.getAttribute(name);
      if (value !== null && fits(name, value)) made.setAttribute(name, value);
    }
  }
  for (const mark of marksOfStyle(element)) wrapped(mark);
  copy(element, inside, page, depth);
}

function isBlank(element: Element): boolean {
  return !element.textContent?.trim() && !element.querySelector("img");
}

function isKept(element: Element): boolean {
  const tag = element.localName;
  if (!Object.hasOwn(KEPT, tag)) return false;
  if (tag === "a") return isSafeHref(element.getAttribute("href"));
  if (tag === "div" || tag === "figure") return (KEPT[tag] ?? []).some((name) => element.hasAttribute(name));
  // Google Docs wraps everything in a bold that is none.
  if (tag === "b" || tag === "strong") return !/font-weight:\s*(normal|[1-4]00)/i.test(styleOf(element));
  return true;
}

function fits(name: string, value: string): boolean {
  if (name === "colspan" || name === "rowspan") return /^[1-9]\d?$/.test(value) && Number(value) <= 50;
  if (name === "start") return /^\d{1,6}$/.test(value);
  return name !== "href" || isSafeHref(value);
}

const styleOf = (element: Element) => element.getAttribute("data-style") ?? "";

/** Bold, slanted and struck out, where that is a style. */
function marksOfStyle(element: Element): string[] {
  if (element.localName !== "span" && element.localName !== "font") return [];
  const style = styleOf(element);
  return [
    ...(/font-weight:\s*(bold|[6-9]00)/i.test(style) ? ["strong"] : []),
    ...(/font-style:\s*(italic|oblique)/i.test(style) ? ["em"] : []),
    ...(/text-decoration[^;]*line-through/i.test(style) ? ["s"] : []),
  ];
}

/** A picture of elsewhere would tell its host who reads the runbook: it becomes a link to it. */
function copyImage(image: Element, to: Element, page: Document): void {
  const href = image.getAttribute("src");
  if (!isSafeHref(href) || href.startsWith("/")) return;
  const link = page.createElement("a");
  link.setAttribute("href", href);
  link.textContent = image.getAttribute("alt")?.trim() || "Picture";
  to.append(link);
}

/** Word writes the items of a list as paragraphs with their level in the style. */
function listsOfWord(page: Document): void {
  for (const ignored of page.querySelectorAll("[data-style*='mso-list']"))
    if (/mso-list:\s*ignore/i.test(styleOf(ignored))) ignored.setAttribute("data-sign", ignored.textContent ?? "");
  const items = [...page.querySelectorAll("p,h1,h2,h3,h4,h5,h6,div")].filter((each) => WORD_LIST.test(styleOf(each)));
  let open: { list: Element; level: number }[] = [];
  let last: Element | null = null;
  for (const item of items) {
    if (!last || item.previousElementSibling !== last) open = [];
    const level = Number(WORD_LIST.exec(styleOf(item))?.[2] ?? 1);
    while (open.length && (open.at(-1)?.level ?? 0) > level) open.pop();
    if (open.at(-1)?.level !== level) open.push({ list: openList(page, item, open.at(-1)?.list), level });
    last = open[0]?.list ?? null;
    moveInto(page, item, open.at(-1)?.list as Element);
  }
}

function openList(page: Document, item: Element, outer: Element | undefined): Element {
  const sign = item.querySelector("[data-sign]")?.getAttribute("data-sign") ?? "·";
  const list = page.createElement(BULLET.test(sign) ? "ul" : "ol");
  if (outer?.lastElementChild) outer.lastElementChild.append(list);
  else item.before(list);
  return list;
}

function moveInto(page: Document, item: Element, list: Element): void {
  for (const sign of item.querySelectorAll("[data-sign]")) sign.remove();
  const entry = page.createElement("li");
  const words = page.createElement("p");
  words.append(...item.childNodes);
  entry.append(words);
  list.append(entry);
  item.remove();
}

/** Boxes to check, as many pages and editors write them. */
function markChecked(item: Element): void {
  const box = item.querySelector(":scope > input[type=checkbox], :scope > label > input[type=checkbox], :scope > p > input[type=checkbox]");
  if (!box && !item.hasAttribute("data-checked")) return;
  if (box) item.setAttribute("data-checked", String(box.hasAttribute("checked")));
  item.parentElement?.setAttribute("data-checks", "");
}

// What others put into the fragment: shown where the editor can, and the steps in it known.

import { expect, test } from "vitest";
import * as Y from "yjs";
import { Mentions } from "../model/mentions";
import { isSound } from "./soundness";

function fragment(...children: unknown[]): Y.XmlFragment {
  const found = new Y.Doc().getXmlFragment("doc");
  found.insert(0, children as Y.XmlElement[]);
  return found;
}

function element(name: string, children: unknown[] = [], attributes: Record<string, unknown> = {}): Y.XmlElement {
  const made = new Y.XmlElement(name);
  made.insert(0, children as Y.XmlElement[]);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value as string);
  return made;
}

test("what editors write is sound", () => {
  const text = new Y.XmlText();
  text.insert(0, "words", { strong: {}, link: { href: "https://example.com" } });
  expect(isSound(fragment(element("heading", [text]), element("table", [element("table_row")])))).toBe(true);
  expect(isSound(fragment())).toBe(true);
});

test.each([
  ["letters between blocks", () => [new Y.XmlText("loose")]],
  ["a value", () => [element("paragraph"), 5]],
  ["a map", () => [new Y.Map()]],
  ["an element that is none", () => [element("script")]],
  ["a map in an element", () => [element("paragraph", [new Y.Map()])]],
  ["a name of the language", () => [element("constructor")]],
])("%s is not", (_name, children) => {
  expect(isSound(fragment(...children()))).toBe(false);
});

test("another format, and what nests too deep, is not", () => {
  const text = new Y.XmlText();
  text.insert(0, "words", { evil: {} });
  expect(isSound(fragment(element("paragraph", [text])))).toBe(false);
  let deep = element("paragraph");
  for (let level = 0; level < 40; level += 1) deep = element("blockquote", [deep]);
  expect(isSound(fragment(deep))).toBe(false);
});

test("the steps that the runbook shows are known, also deep inside", () => {
  const found = fragment(element("blockquote", [element("node_block", [], { node: "draft" })]));
  const mentions = new Mentions();
  mentions.follow(found);
  expect([...mentions.steps.value]).toEqual(["draft"]);
  found.insert(1, [element("node_block", [], { node: "send" })]);
  expect([...mentions.steps.value].sort()).toEqual(["draft", "send"]);
  found.delete(0, 2);
  expect(mentions.steps.value.size).toBe(0);
});

// Markdown both ways, and where links may lead; the server's tests read the same cases.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOfMarkdown } from "./markdownIn";
import { markdownOf } from "./markdownOut";
import { isSafeHref, make, schema } from "./schema";

interface Cases {
  links: { safe: string[]; unsafe: string[] };
  markdown: { name: string; doc: object; markdown: string }[];
}

const CASES = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../../tests/runbook.json"), "utf8")) as Cases;
const HERE = { origin: "https://acme.example.com", workflow: "00000000-0000-7000-8000-000000000001" };
const RUN = "00000000-0000-7000-8000-00000000abcd";
const none = () => ["", ""] as const;
const docOf = (text: string) => make("doc", null, blocksOfMarkdown(text, HERE));

test.each(CASES.markdown)("$name: written as Markdown", ({ doc, markdown }) => {
  const node = schema.nodeFromJSON(doc);
  node.check();
  expect(markdownOf(node.content, none)).toBe(markdown);
});

test.each(CASES.markdown)("$name: read again", ({ doc, markdown }) => {
  const node = docOf(markdown);
  node.check();
  expect(node.eq(schema.nodeFromJSON(doc))).toBe(true);
});

test.each(CASES.links.safe)("a link may lead to %j", (href) => {
  expect(isSafeHref(href)).toBe(true);
});

test.each(CASES.links.unsafe)("a link may not lead to %j", (href) => {
  expect(isSafeHref(href)).toBe(false);
});

test("addresses become links, but not those that may not be led to", () => {
  expect(docOf("See https://example.com/a, or [here](https://example.com/b) or [there](javascript:alert(1)).").toJSON()).toMatchObject({
    content: [
      {
        content: [
          { text: "See " },
          { text: "https://example.com/a", marks: [{ type: "link", attrs: { href: "https://example.com/a" } }] },
          { text: ", or " },
          { text: "here", marks: [{ attrs: { href: "https://example.com/b" } }] },
          { text: " or [there](javascript:alert(1))." },
        ],
      },
    ],
  });
});

test("a link alone to a run, an approval or a step of this workflow is a live block", () => {
  const kinds = docOf(
    [
      `${HERE.origin}/runs/${RUN}/`,
      `[An approval](/approvals/${RUN}/)`,
      `/runs/${RUN}/`,
      `[Draft](/workflows/${HERE.workflow}/?step=draft)`,
      `[Of another](/workflows/${RUN}/?step=draft)`,
      `See ${HERE.origin}/runs/${RUN}/`,
    ].join("\n\n"),
  ).content.content.map(({ type }) => type.name);
  expect(kinds).toEqual(["run_block", "approval_block", "paragraph", "node_block", "paragraph", "paragraph"]);
});

test("HTML stays text, and deep lists and odd signs do not trouble it", () => {
  expect(docOf("<script>alert(1)</script>").textContent).toBe("<script>alert(1)</script>");
  const deep = Array.from({ length: 60 }, (_, level) => `${" ".repeat(level * 2)}- ${level}`).join("\n");
  docOf(deep).check();
  for (const odd of ["**", "[", "[](", "`", "````", "| a |\n|---|", "- ", "1.", ">", "\\", "*a**b*", "~~", "[a](b", "![x](y)"]) docOf(odd).check();
});

test("very long lines are read in time", () => {
  for (const sign of ["*", "`", "[", "_", "~~", "[a](", "https://"]) docOf(sign.repeat(3_000)).check();
});

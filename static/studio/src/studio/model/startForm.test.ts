// The form of a run's inputs, and Markdown as blocks.

import { expect, test } from "vitest";
import { Editor } from "./editor";
import { blocksOf, spansOf } from "./markdown";
import { boot, chainDoc } from "./samples";
import { entriesFor, inputFile, inputsOf, remembered, sampleInputs, sizeWords, type InputField } from "./startForm";

const field = (name: string, type: InputField["type"], more: Partial<InputField> = {}): InputField => ({
  name,
  label: name,
  type,
  required: false,
  fallback: null,
  options: [],
  ...more,
});
const FORM = [
  field("url", "text", { required: true }),
  field("limit", "number", { fallback: 50 }),
  field("fast", "bool"),
  field("data", "json", { fallback: [1] }),
];

test("the form begins with what was given last, else with defaults", () => {
  expect(entriesFor(FORM, { url: "x", fast: true })).toEqual({
    url: "x",
    limit: "50",
    fast: true,
    data: "[\n  1\n]",
  });
});

test("entries become values; what is empty is left to the default", () => {
  const { inputs, problems } = inputsOf(FORM, { url: "x", limit: "1,5", fast: false, data: "" });
  expect([inputs, problems]).toEqual([{ url: "x", limit: 1.5, fast: false }, {}]);
});

test("each field says what is wrong with it", () => {
  const { problems } = inputsOf(FORM, { url: " ", limit: "many", data: "{" });
  expect(Object.keys(problems)).toEqual(["url", "limit", "data"]);
  expect(problems["limit"]).toBe("Give a number.");
});

test("a file is an input with what it says, and is not remembered", async () => {
  const form = [field("letter", "file", { required: true }), field("who", "text")];
  const letter = await inputFile(new File(["Grüße"], "letter.txt", { type: "text/plain" }));
  expect(letter).toEqual({ name: "letter.txt", media_type: "text/plain", size: 7, text: "Grüße" });
  const picture = await inputFile(new File([new Uint8Array([137, 80, 0, 255])], "x.bin"));
  expect(picture).toEqual({ name: "x.bin", media_type: "application/octet-stream", size: 4, base64: "iVAA/w==" });
  expect(await inputFile(new File(["a\0b"], "zero"))).toMatchObject({ base64: "YQBi" });
  const { inputs, problems } = inputsOf(form, { letter, who: "Ana" });
  expect([inputs, problems, remembered(form, inputs)]).toEqual([{ letter, who: "Ana" }, {}, { who: "Ana" }]);
  expect(inputsOf(form, { letter: "", who: "" }).problems).toEqual({ letter: "This field is required." });
  expect(entriesFor(form, { letter, who: "Ana" })).toEqual({ letter: "", who: "Ana" });
  expect([sizeWords(7), sizeWords(2048), sizeWords(3 << 19)]).toEqual(["7 bytes", "2 KiB", "1.5 MiB"]);
});

test("Markdown becomes blocks, and never HTML", () => {
  const text = "# Title\nSome *soft* text\nin two lines\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | <b> |\n\n```\ncode | here\n```\n> said\n---";
  expect(blocksOf(text)).toEqual([
    { kind: "heading", level: 1, text: "Title" },
    { kind: "paragraph", text: "Some *soft* text\nin two lines" },
    { kind: "list", ordered: false, items: ["a", "b"] },
    { kind: "table", head: ["x", "y"], rows: [["1", "<b>"]] },
    { kind: "code", text: "code | here" },
    { kind: "quote", text: "said" },
    { kind: "rule" },
  ]);
});

test("only web addresses become links", () => {
  expect(spansOf("a **b** `c` [d](https://e.example) [f](javascript:alert(1))")).toEqual([
    { kind: "text", text: "a " },
    { kind: "strong", text: "b" },
    { kind: "text", text: " " },
    { kind: "code", text: "c" },
    { kind: "text", text: " " },
    { kind: "link", text: "d", href: "https://e.example" },
    { kind: "text", text: " [f](javascript:alert(1))" },
  ]);
});

test("inputs to begin with have every field of the start", () => {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const start = editor.store.nodes.get("start")!;
  const fields = [{ name: "who", type: "text" }, { name: "limit", type: "number", default: 5 }, { name: "n", type: "number" }, { name: "fast", type: "bool" }, { name: "data", type: "json" }];
  editor.store.nodes.set("start", { ...start, config: { fields } });
  expect(sampleInputs(editor.store)).toEqual({ who: "", limit: 5, n: 0, fast: false, data: null });
});

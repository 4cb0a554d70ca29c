// @vitest-environment jsdom
// A prompt of the library in a step's form: which there are, which version is meant, and what it wants.

import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../../model/editor";
import { fieldsOf } from "../../model/fields";
import type { Json } from "../../model/json";
import { boot, chainDoc } from "../../model/samples";
import { mounted } from "../mounted";
import { LibraryPromptWidget } from "./LibraryPromptWidget";
import type { ControlProps } from "./props";

const PROMPTS = [
  { slug: "triage", name: "Triage", newest: 1, labels: [] },
  { slug: "reply", name: "Reply", newest: 3, labels: [{ name: "production", version: 2 }] },
];
const VARIABLES = [
  { name: "who", type: "text", required: true, default: null },
  { name: "count", type: "number", required: true, default: 3 },
];
const [field] = fieldsOf({ properties: { prompt_ref: { type: "string", default: "", "x-widget": "library-prompt" } } });
let asked: string[] = [];
let leave: () => Promise<void> = async () => undefined;

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    const told = url.includes("/versions/") ? { content: { variables: VARIABLES } } : { results: PROMPTS };
    return new Response(JSON.stringify(told), { headers: { "Content-Type": "application/json" } });
  });
});
afterEach(async () => {
  await leave();
  vi.unstubAllGlobals();
});

async function opened(value: Json | undefined) {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const stored = vi.fn<(value: Json | undefined) => void>();
  const Control = (_: ControlProps) => null;
  const shown = await mounted(
    editor,
    <LibraryPromptWidget
      field={field!}
      value={value}
      onChange={stored}
      id="f"
      testId="t"
      invalid={false}
      describedBy={undefined}
      readOnly={false}
      Control={Control}
    />,
  );
  leave = shown.leave;
  await act(async () => new Promise((done) => setTimeout(done)));
  const select = (name: string) => shown.element.querySelector<HTMLSelectElement>(`[data-testid=${name}]`);
  const choose = async (name: string, next: string) =>
    act(async () => {
      select(name)!.value = next;
      select(name)!.dispatchEvent(new Event("change", { bubbles: true }));
    });
  return { stored, select, choose, text: () => shown.element.textContent ?? "" };
}

test("prompts are offered by name; choosing one means its production label where there is one", async () => {
  const { select, choose, stored } = await opened(undefined);
  expect([...select("t")!.options].map(({ text }) => text)).toEqual(["None, the words below", "Reply", "Triage"]);
  expect(select("t-version")).toBeNull();
  await choose("t", "reply");
  await choose("t", "triage");
  await choose("t", "");
  expect(stored.mock.calls).toEqual([["reply@production"], ["triage"], [undefined]]);
});

test("a label, a version or always the newest; what the version wants is told", async () => {
  const { select, choose, stored, text } = await opened("reply@production");
  expect([...select("t-version")!.options].map(({ value }) => value)).toEqual(["", "production", "3", "2", "1"]);
  expect(asked.at(-1)).toContain("gateway/prompts/reply/versions/2/");
  expect(text()).toContain("Variables: who (text), count (number, optional).");
  await choose("t-version", "3");
  await choose("t-version", "");
  expect(stored.mock.calls).toEqual([["reply@3"], ["reply"]]);
});

test("what is gone is said and stays until somebody chooses", async () => {
  const label = await opened("reply@staging");
  expect([label.select("t-version")!.value, label.text()]).toEqual(["staging", expect.stringContaining("“Reply” has no staging.")]);
  await leave();
  const prompt = await opened("gone");
  expect([prompt.select("t")!.value, prompt.text()]).toEqual(["gone", expect.stringContaining("no prompt “gone”")]);
});

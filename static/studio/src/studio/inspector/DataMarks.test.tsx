// @vitest-environment jsdom
// Marks of a step's values: shown, made, changed and taken out; what is no path is said to be none.

import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import type { Step } from "../model/boot";
import { boot, chainDoc } from "../model/samples";
import type { Marks } from "../model/marks";
import { DataMarks } from "./DataMarks";
import { mounted, write } from "./mounted";

const CLASSES = [
  { slug: "personal", name: "Personal", description: "" },
  { slug: "health", name: "Health", description: "" },
];
let leave: () => Promise<void> = async () => undefined;

beforeEach(() => {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ results: CLASSES }), { headers: { "Content-Type": "application/json" } }));
});
afterEach(async () => {
  await leave();
  vi.unstubAllGlobals();
});

async function opened(marks: Marks | undefined) {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const step = { ...editor.doc!.definition().nodes[0], ...(marks ? { data_classes: marks } : {}) } as Step;
  const told: (Marks | undefined)[] = [];
  const shown = await mounted(editor, <DataMarks step={step} readOnly={false} onChange={(next) => told.push(next)} />);
  leave = shown.leave;
  await act(async () => new Promise((done) => setTimeout(done, 5)));
  const one = <T extends Element>(found: string) => shown.element.querySelector<T>(found)!;
  const add = async (path: string) => {
    await write(one<HTMLInputElement>("[data-testid=mark-path]"), path);
    await act(async () => one<HTMLElement>("[data-testid=mark-add]").click());
  };
  return { told, one, add };
}

test("a path is marked with the first class, which can be changed", async () => {
  const { told, add } = await opened(undefined);
  await add("output.email");
  expect(told).toEqual([{ "output.email": "personal" }]);
});

test("a mark is shown with its class, changed and taken out", async () => {
  const { told, one } = await opened({ "output.email": "personal" });
  const choice = one<HTMLSelectElement>("select");
  expect([...choice.options].map(({ value }) => value)).toEqual(["personal", "health"]);
  await act(async () => {
    choice.value = "health";
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await act(async () => one<HTMLElement>("[data-testid=mark] button").click());
  expect(told).toEqual([{ "output.email": "health" }, undefined]);
});

test("what is no path is said to be none", async () => {
  const { told, one, add } = await opened(undefined);
  await add("email");
  expect(told).toEqual([]);
  expect(one(".field-error").textContent).toContain("Begin with output or input");
});

// @vitest-environment jsdom
// The settings of a step: when it is tried again, and how long its result is kept, where it may be.

import { act } from "react";
import { afterEach, expect, test } from "vitest";
import { Editor } from "../model/editor";
import { boot, docOf, NESTED } from "../model/samples";
import { StepProvider, type StepContext } from "./context";
import { mounted, write } from "./mounted";
import { StepSettings } from "./StepSettings";

let leave: () => Promise<void> = async () => undefined;
afterEach(() => leave());

async function opened(id: string) {
  const editor = new Editor(boot({ snapshot: NESTED }));
  editor.attach(docOf(NESTED));
  const step = () => editor.doc!.step(id)!;
  const context: StepContext = { id, prefix: "", scope: { values: {}, steps: [] }, valuesFor: () => null, readOnly: false };
  const shown = await mounted(editor, <StepProvider value={context}><StepSettings step={step()} /></StepProvider>);
  leave = shown.leave;
  await act(async () => shown.element.querySelector<HTMLElement>("[data-testid=step-settings]")!.click());
  const field = (name: string) => shown.element.querySelector<HTMLInputElement>(`[data-testid=setting-${name}]`);
  return { step, field, ...shown };
}

test("the waits between attempts are set beside their number", async () => {
  const { step, field } = await opened("after");
  await write(field("retry-initial")!, "2.5");
  expect(step().retry).toEqual({ initial_s: 2.5 });
  expect([field("retry-initial")!.placeholder, field("retry-max")!.placeholder]).toEqual(["1", "300"]);
  await write(field("retry-max")!, "100000");
  expect(field("retry-max")!.getAttribute("aria-invalid")).toBe("true");
});

test("a result is kept for so long, and the help says what that takes", async () => {
  const { step, field } = await opened("after");
  await write(field("cache_ttl_s")!, "60");
  expect(step().cache_ttl_s).toBe(60);
  const help = document.getElementById(field("cache_ttl_s")!.getAttribute("aria-describedby")!);
  expect(help?.textContent).toContain("same rights");
});

test("a step whose result cannot be kept is not asked", async () => {
  const { field } = await opened("each");
  expect(field("cache_ttl_s")).toBe(null);
  expect(field("attempts")).not.toBe(null);
});

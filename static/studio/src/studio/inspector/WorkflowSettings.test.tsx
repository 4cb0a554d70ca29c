// @vitest-environment jsdom
// The settings of the workflow: shown, set, taken back, refused to viewers, and told of when somebody changes them.

import { act } from "react";
import { afterEach, expect, test } from "vitest";
import { Editor } from "../model/editor";
import * as ops from "../model/ops";
import { boot, chainDoc } from "../model/samples";
import { REMOTE } from "../model/stored";
import { mounted, write } from "./mounted";
import { WorkflowSettings } from "./WorkflowSettings";

let leave: () => Promise<void> = async () => undefined;
afterEach(() => leave());

async function opened(more: Parameters<typeof boot>[0] = {}) {
  const editor = new Editor(boot(more));
  editor.attach(chainDoc());
  const shown = await mounted(editor, <WorkflowSettings />);
  leave = shown.leave;
  const field = (name: string) => shown.element.querySelector<HTMLInputElement>(`[data-testid=workflow-${name}]`)!;
  return { editor, field, ...shown };
}

test("each setting has a label, and what holds without it", async () => {
  const { element, field } = await opened();
  const labels = [...element.querySelectorAll("label")].map(({ textContent }) => textContent);
  expect(labels).toEqual(["Runs at a time", "Time limit of a run", "Keep results", "Keep what runs and their steps get, give and print"]);
  expect([field("timeout_s").value, field("timeout_s").placeholder]).toEqual(["", "none"]);
});

test("what is written is stored with the draft, undone, and taken back", async () => {
  const { editor, element, field } = await opened();
  await write(field("timeout_s"), "90");
  expect(editor.doc?.definition().settings).toEqual({ timeout_s: 90 });
  editor.gesture(() => undefined); // what comes now is undone apart
  await act(async () => element.querySelector<HTMLElement>('[aria-label="Reset time limit of a run"]')?.click());
  expect(editor.doc?.definition().settings).toEqual({});
  await act(async () => editor.undo());
  expect([editor.doc?.definition().settings, field("timeout_s").value]).toEqual([{ timeout_s: 90 }, "90"]);
});

test("payloads are kept unless somebody says no", async () => {
  const { editor, field } = await opened();
  expect(field("keep_payloads").checked).toBe(true);
  await act(async () => field("keep_payloads").click());
  expect(editor.doc?.definition().settings).toEqual({ keep_payloads: false });
  await act(async () => field("keep_payloads").click());
  expect(editor.doc?.definition().settings).toEqual({});
});

test("what is wrong stands at its setting, with the step that it is about", async () => {
  const problem = { code: "x", message: "This step writes.", fix: "Do not keep results.", node: "a", field: "settings.cache_ttl_s", severity: "error" as const };
  const { element, field } = await opened({ problems: [problem] });
  expect(element.querySelector("[data-testid=workflow-cache_ttl_s-problem]")?.textContent).toContain("transform: This step writes. Do not keep results.");
  expect(field("cache_ttl_s").getAttribute("aria-invalid")).toBe("true");
  expect(field("timeout_s").getAttribute("aria-invalid")).not.toBe("true");
});

test("who may not edit sees the settings and changes none", async () => {
  const permissions = { edit: false, run: true, publish: false, comment: true, moderate: false };
  const { editor, field } = await opened({ permissions });
  expect(field("timeout_s").readOnly || field("timeout_s").disabled).toBe(true);
  await write(field("timeout_s"), "5");
  expect(editor.doc?.definition().settings).toEqual({});
});

test("who is overwritten is told, and puts back what they had set", async () => {
  const { editor, element } = await opened();
  await act(async () => editor.gesture((doc) => ops.setSetting(doc, "timeout_s", 90)));
  await act(async () => editor.doc?.ydoc.transact(() => editor.doc?.meta.set("settings.timeout_s", 5), REMOTE));
  expect(element.querySelector("[data-testid=overwritten]")?.textContent).toContain("Somebody changed this");
  await act(async () => element.querySelector<HTMLElement>("[data-testid=overwritten] .link")?.click());
  expect(editor.doc?.definition().settings).toEqual({ timeout_s: 90 });
});

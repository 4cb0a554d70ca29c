// @vitest-environment jsdom
// What keeps a draft from being published or run, in words that lead to it.

import { act } from "react";
import { expect, test, vi } from "vitest";
import type { Problem } from "../model/boot";
import { Editor } from "../model/editor";
import { boot, chainDoc } from "../model/samples";
import { ProblemLinks } from "../parts/ProblemLinks";
import { mounted } from "./mounted";

const problem = (node: string, message: string): Problem => ({
  code: "x", message, fix: "Do this.", node, field: "", severity: "error",
});

test("what many steps have is said once and leads to the list; what one has leads to the step", async () => {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const onGo = vi.fn();
  const many = ["start", "a", "b", "c"].map((node) => problem(node, "Same."));
  const { element, leave } = await mounted(editor, <ProblemLinks problems={[...many, problem("b", "Own.")]} onGo={onGo} />);
  const rows = [...element.querySelectorAll("li")].map((row) => row.textContent);
  expect(rows).toEqual(["4 steps: Same. Do this.Show the steps", `${editor.store.titleOf("b")}: Own. Do this.Go to step`]);
  const [all, one] = [...element.querySelectorAll("button")];
  await act(async () => all?.click());
  expect(editor.panels.drawer.value).toBe("problems");
  await act(async () => one?.click());
  expect([editor.selection.single, onGo.mock.calls.length]).toEqual(["b", 2]);
  await leave();
});

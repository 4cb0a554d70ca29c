// @vitest-environment jsdom
// The connections of a step as a list: the way to a condition for who has no pointer.

import { act } from "react";
import { afterEach, expect, test } from "vitest";
import { Editor } from "../model/editor";
import * as ops from "../model/ops";
import { boot, chainDoc } from "../model/samples";
import { Connections } from "./Connections";
import { mounted } from "./mounted";

let leave: () => Promise<void> = async () => undefined;
afterEach(() => leave());

async function opened(id: string) {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const shown = await mounted(editor, <Connections id={id} />);
  leave = shown.leave;
  const press = (selector: string, index = 0) => act(async () => shown.element.querySelectorAll<HTMLElement>(selector)[index]?.click());
  return { editor, press, ...shown };
}

test("what leads here and what follows is named, with its condition", async () => {
  const { editor, element, press } = await opened("a");
  expect(element.textContent).toBe("Connections2");
  await press(".section-toggle");
  await act(async () => editor.gesture((doc) => ops.setEdge(doc, "a:out>b:in", { when: "prev.n > 1" })));
  const rows = [...element.querySelectorAll("li")].map(({ textContent }) => textContent);
  expect(rows).toEqual(["From start", "To transformwhen n is more than 1"]);
});

test("pressed, a connection opens its settings with the keyboard in them", async () => {
  const { editor, press } = await opened("a");
  await press(".section-toggle");
  await press(".connection", 1);
  expect([editor.selection.edge, editor.panels.inspectorFocus.value]).toEqual(["a:out>b:in", 1]);
});

test("a step without connections says nothing of them", async () => {
  const editor = new Editor(boot({ snapshot: { ...boot().snapshot, edges: [] } }));
  const shown = await mounted(editor, <Connections id="a" />);
  leave = shown.leave;
  expect(shown.element.textContent).toBe("");
});

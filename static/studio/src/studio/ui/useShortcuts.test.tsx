// @vitest-environment jsdom
// Keys that hold everywhere, and what fields keep for themselves.

import { act } from "react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mounted } from "../inspector/mounted";
import { Editor } from "../model/editor";
import * as ops from "../model/ops";
import { boot, chainDoc } from "../model/samples";
import { useShortcuts } from "./useShortcuts";

let editor: Editor;
let element: HTMLElement;
let leave: () => Promise<void>;

function Page() {
  useShortcuts();
  return (
    <>
      <input type="text" />
      <input type="checkbox" />
      <input type="range" />
      <select />
      <button type="button" />
    </>
  );
}

beforeEach(async () => {
  editor = new Editor(boot());
  editor.attach(chainDoc());
  ({ element, leave } = await mounted(editor, <Page />));
});
afterEach(() => leave());

async function press(selector: string, key: string): Promise<KeyboardEvent> {
  const field = element.querySelector<HTMLElement>(selector);
  const event = new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true });
  await act(async () => {
    field?.focus();
    field?.dispatchEvent(event);
  });
  return event;
}

test.each(["[type=checkbox]", "[type=range]", "select", "button"])("Ctrl+Z on %s takes back what was chosen", async (selector) => {
  editor.gesture((doc) => ops.rename(doc, "a", "Other"));
  await press(selector, "z");
  expect(editor.store.nodes.get("a")?.title).toBe("");
});

test("Ctrl+Z in a text is left to the text", async () => {
  editor.gesture((doc) => ops.rename(doc, "a", "Other"));
  expect((await press("[type=text]", "z")).defaultPrevented).toBe(false);
  expect(editor.store.nodes.get("a")?.title).toBe("Other");
});

test("Ctrl+S says how it stands with saving, for everybody to see", async () => {
  editor.saving.set({ kind: "offline" });
  await press("button", "s");
  expect(editor.toast.value?.text).toContain("Offline");
});

test("Ctrl+F asks for the field again where the panel is open", async () => {
  await press("button", "f");
  await press("button", "f");
  expect([editor.panels.drawer.value, editor.panels.findFocus.value]).toEqual(["find", 2]);
});

// @vitest-environment jsdom
// The ways to begin where there is nothing yet.

import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import { EditorProvider } from "../model/hooks";
import { boot, CHAIN, docOf, step } from "../model/samples";
import { EmptyCanvas } from "./EmptyCanvas";

const NOTHING = { schema: 1 as const, nodes: [], edges: [], settings: {} };
const TIMES = { ...NOTHING, nodes: [step("start", "core.start", { config: { fields: [{ name: "fire_at" }] } })] };
const STARTS = [
  { slug: "schedule", name: "On a schedule", description: "", definition: TIMES, trigger: "schedule", is_template: false, steps: 1 },
  { slug: "chain", name: "A chain", description: "Four steps", definition: CHAIN, trigger: null, is_template: true, steps: 4 },
];

let editor: Editor;
let root: Root;
let element: HTMLElement;

beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ results: STARTS }), { headers: { "Content-Type": "application/json" } }));
  HTMLElement.prototype.scrollIntoView = () => undefined;
  editor = new Editor(boot({ snapshot: NOTHING }));
  editor.attach(docOf(NOTHING));
  element = document.body.appendChild(document.createElement("div"));
  root = createRoot(element);
  await act(async () => root.render(<EditorProvider value={editor}><EmptyCanvas /></EditorProvider>));
});

afterEach(async () => {
  await act(async () => root.unmount());
  element.remove();
  vi.unstubAllGlobals();
});

const press = (found: string, words: string) =>
  act(async () => {
    [...document.querySelectorAll<HTMLElement>(found)].find(({ textContent }) => textContent?.includes(words))!.click();
    await new Promise((done) => setTimeout(done, 5));
  });

test("a form is there at once", async () => {
  await press("button", "With a form");
  expect([...editor.store.nodes.keys()]).toEqual(["start"]);
});

test("a schedule brings its start, and leads to its times", async () => {
  await press("button", "On a schedule");
  expect(editor.store.nodes.get("start")?.config).toEqual({ fields: [{ name: "fire_at" }] });
  const opened = vi.spyOn(window, "open").mockReturnValue(null);
  editor.toast.value?.action?.run();
  expect(opened.mock.calls[0]?.[0]).toBe("/triggers/new/schedule/?workflow=w1");
});

test("a template brings its steps as one step of undo", async () => {
  await press("button", "From a template");
  await press("[role=option]", "A chain");
  expect([...editor.store.nodes.keys()]).toEqual(["start", "a", "b", "c"]);
  expect(editor.store.edges.size).toBe(3);
  await act(async () => editor.undo());
  expect(editor.store.nodes.size).toBe(0);
});

test("a server that does not answer is told", async () => {
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
  await press("button", "By a webhook");
  expect(editor.toast.value?.kind).toBe("bad");
  expect(editor.store.nodes.size).toBe(0);
});

// @vitest-environment jsdom
// The runs that go through the parts of a long list: asked for once the list is known, in their order.

import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Editor } from "../model/editor";
import type { RunDetails } from "../model/runs";
import { boot, docOf, NESTED } from "../model/samples";
import { mounted } from "./mounted";
import { Parts } from "./Parts";

const part = (id: string, node: string, first: number, status = "succeeded") => ({ id, status, chunk: { node, first, count: 100 } });
const RUN = { id: "r1", status: "running", inputs: {}, outputs: null, error: null, created_at: "2026-01-01T00:00:00Z" } as unknown as RunDetails;

let asked: string[];
let answer: () => Response;
let leave: () => Promise<void> = async () => undefined;

beforeEach(() => {
  asked = [];
  answer = () => Response.json({ results: [part("p2", "each", 100, "running"), part("p1", "each", 0), part("px", "other", 0)] });
  vi.stubGlobal("WebSocket", class {});
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return answer();
  });
});

afterEach(async () => {
  await leave();
  vi.unstubAllGlobals();
});

async function opened() {
  const editor = new Editor(boot({ snapshot: NESTED }));
  editor.attach(docOf(NESTED));
  editor.shown.begin(RUN);
  const shown = await mounted(editor, <Parts holder="each" />);
  leave = shown.leave;
  /** The step has come so far. */
  const comes = (change: Parameters<typeof editor.overlay.set>[1], id = "each", frame = "") =>
    act(async () => {
      editor.overlay.set(id, change, frame);
      await new Promise((done) => setTimeout(done, 40)); // until the frame in which it is told
    });
  return { editor, comes, ...shown };
}

test("before the list is known nothing is asked and nothing shown", async () => {
  const { element, comes } = await opened();
  await comes({ status: "running" });
  expect([asked, element.textContent]).toEqual([[], ""]);
});

test("the parts of this step stand in the order of the list, with how each goes", async () => {
  const { element, comes } = await opened();
  await comes({ status: "running", items: 200 });
  expect(asked).toEqual(["/api/v1/runs/?parent=r1&page_size=100"]);
  const rows = [...element.querySelectorAll("li")].map(({ textContent }) => textContent);
  expect(rows).toEqual(["Items 1 to 100Done", "Items 101 to 200Running"]);
  expect([...element.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual(["/runs/p1/", "/runs/p2/"]);
});

test("they are asked for again once the step is over", async () => {
  const { element, comes } = await opened();
  await comes({ status: "running", items: 200 });
  answer = () => Response.json({ results: [part("p1", "each", 0), part("p2", "each", 100)] });
  await comes({ status: "succeeded" });
  expect([asked.length, element.textContent?.includes("Running")]).toEqual([2, false]);
});

test("rounds that are in the run itself are no other runs", async () => {
  const { element, comes } = await opened();
  await comes({ status: "running" }, "x", "each.0");
  await comes({ status: "running", items: 3 });
  expect([asked, element.textContent]).toEqual([[], ""]);
});

test("a server that is away leaves the run's own page to tell", async () => {
  answer = () => Response.json({ detail: "Later." }, { status: 503 });
  const { element, comes } = await opened();
  await comes({ status: "running", items: 200 });
  expect([asked.length, element.textContent]).toEqual([1, ""]);
});

// @vitest-environment jsdom
// Whom a question is asked: groups are added to what stands there, as the server names them.

import { act } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { Editor } from "../../model/editor";
import { fieldsOf } from "../../model/fields";
import type { Json } from "../../model/json";
import { boot, chainDoc } from "../../model/samples";
import { Control } from "../Control";
import { mounted } from "../mounted";
import { DecidersWidget } from "./DecidersWidget";

const [field] = fieldsOf({ properties: { assignees: { type: "array", items: { type: "string" }, "x-widget": "deciders", "x-expression": true } } });
const asked = { id: "f", testId: "f", invalid: false, describedBy: undefined, readOnly: false, Control };

afterEach(() => vi.unstubAllGlobals());

test("a group is added beside who is asked already, and offered once", async () => {
  const results = [{ name: "Finance" }, { name: "Board" }, { name: "Sales, EU" }];
  const answer = JSON.stringify({ results });
  vi.stubGlobal("fetch", async () => new Response(answer, { headers: { "Content-Type": "application/json" } }));
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const told: (Json | undefined)[] = [];
  expect(field!.widget).toBe("deciders");
  const { element, leave } = await mounted(
    editor,
    <DecidersWidget {...asked} field={field!} value={["ava@demo.example", "group:board"]} onChange={(next) => told.push(next)} />,
  );
  await act(async () => new Promise((done) => setTimeout(done, 5)));
  const select = element.querySelector<HTMLSelectElement>("[data-testid=f-group]")!;
  expect([...select.options].map(({ value }) => value)).toEqual(["", "group:finance"]);
  await act(async () => {
    select.value = "group:finance";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  expect(told).toEqual([["ava@demo.example", "group:board", "group:finance"]]);
  await leave();
});

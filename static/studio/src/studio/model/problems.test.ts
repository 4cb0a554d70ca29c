import { expect, test } from "vitest";
import type { Problem } from "./boot";
import { Editor } from "./editor";
import { inOrder, settingOf } from "./problems";
import { boot, chainDoc } from "./samples";

const problem = (node: string, message: string, severity: Problem["severity"] = "error"): Problem => ({
  code: "x", message, fix: "", node, field: "", severity,
});

function told(...problems: Problem[]): string[] {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  return inOrder(editor.store, problems).map((entry) => entry.map(({ node }) => node || "-").join(" ") + `: ${entry[0].message}`);
}

test("errors come first, of the workflow before those of steps, and steps as they follow each other", () => {
  expect(told(problem("b", "B"), problem("a", "late", "warning"), problem("a", "A"), problem("", "Whole"))).toEqual([
    "-: Whole", "a: A", "b: B", "a: late",
  ]);
});

test("what is wrong in many places is said once, where it is first", () => {
  const many = ["c", "b", "a", "start"].map((node) => problem(node, "Same"));
  expect(told(...many, problem("b", "Own"))).toEqual(["start a b c: Same", "b: Own"]);
  expect(told(...many.slice(1))).toEqual(["start: Same", "a: Same", "b: Same"]);
});

test("a problem tells which setting it is about, and which entry of a list", () => {
  const editor = new Editor(boot());
  editor.attach(chainDoc());
  const { store } = editor;
  const start = store.nodes.get("start")!;
  store.nodes.set("start", { ...start, config: { fields: [{ name: "email" }, "plain", {}] } });
  const told = (field: string, node = "start") => settingOf(store, { ...problem(node, "x"), field });
  expect(["fields", "fields.0.value", "config.fields.1", "fields.2.value"].map((each) => told(each))).toEqual([
    "Input fields", "Input fields · email", "Input fields · 2", "Input fields · 3",
  ]);
  expect([told(""), told("unknown"), told("fields", "gone"), told("settings.x", "")]).toEqual(["", "", "", ""]);
});

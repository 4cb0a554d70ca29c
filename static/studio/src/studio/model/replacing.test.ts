import { beforeEach, expect, test } from "vitest";
import { Editor } from "./editor";
import * as ops from "./ops";
import { canReplace, replaceStep } from "./replacing";
import { boot, chainDoc, step } from "./samples";

let editor: Editor;
beforeEach(() => {
  editor = new Editor(boot());
  editor.attach(chainDoc());
});

const edges = () => [...editor.store.edges.keys()].sort();
const fitting = (id: string) => boot().nodeTypes.filter((type) => canReplace(editor, id, type)).map((type) => type.name);

test("a step of another type stands where the first stood, with its name and connections", () => {
  editor.edit((doc) => ops.rename(doc, "a", "Write"));
  const before = edges();
  replaceStep(editor, "a", "ai.generate");
  expect(editor.store.nodes.get("a")).toMatchObject({ type: "ai.generate", type_version: 2, title: "Write", position: [310, 0] });
  expect(edges()).toEqual(before);
  expect(editor.doc?.textOf("a", "prompt")?.toString()).toBe("");
  editor.undo();
  expect(editor.store.nodes.get("a")).toMatchObject({ type: "data.transform", type_version: 1, title: "Write" });
  expect(editor.doc?.textOf("a", "prompt")).toBeUndefined();
});

test("what leaves by a port that is gone goes on from the next, and what is left over goes", () => {
  editor.edit((doc) => {
    ops.addStep(doc, step("ask", "human.approval", { config: { actions: [{ id: "yes", label: "Yes" }, { id: "no", label: "No" }] } }));
    ops.connect(doc, { source: "ask", source_port: "yes", target: "b", target_port: "in" }, { label: "fine" });
    ops.connect(doc, { source: "ask", source_port: "no", target: "c", target_port: "in" });
  });
  replaceStep(editor, "ask", "data.transform");
  expect(edges().filter((id) => id.startsWith("ask"))).toEqual(["ask:out>b:in"]);
  expect(editor.store.edges.get("ask:out>b:in")?.label).toBe("fine");
  expect(editor.toast.value?.text).toContain("1 connection did not fit");
});

test("settings that both types have stay, the others go", () => {
  editor.edit((doc) => {
    ops.addStep(doc, step("pick", "logic.switch", { config: { cases: [{ id: "one" }], extra: 1 } }));
  });
  replaceStep(editor, "pick", "human.approval");
  expect(editor.store.nodes.get("pick")?.config).toEqual({ actions: [{ id: "approved", label: "Approve" }] });
});

test("only what can stand there is offered: nothing for the start, no start for what is led to", () => {
  expect(fitting("start")).toEqual([]);
  expect(fitting("a")).not.toContain("core.start");
  expect(fitting("a")).not.toContain("data.transform");
  editor.edit((doc) => {
    ops.addStep(doc, step("each", "flow.each"));
    ops.putInto(doc, ["b"], "each");
  });
  expect(fitting("each")).toEqual(["flow.loop"]);
});

test("who only looks replaces nothing", () => {
  const viewer = new Editor(boot({ permissions: { ...boot().permissions, edit: false } }));
  viewer.attach(chainDoc());
  replaceStep(viewer, "a", "ai.generate");
  expect(viewer.store.nodes.get("a")?.type).toBe("data.transform");
});

import { beforeEach, describe, expect, test, vi } from "vitest";
import * as actions from "./actions";
import { Editor } from "./editor";
import { touches } from "./grid";
import { arranged } from "./layout";
import { nudge } from "./moves";
import * as ops from "./ops";
import { BY_NAME, boot, CHAIN, chainDoc, step } from "./samples";
import { StudioDoc } from "./ydoc";

const layout = (task: Parameters<typeof arranged>[0]) => Promise.resolve(arranged(task));

let editor: Editor;
beforeEach(() => {
  editor = new Editor(boot());
  editor.attach(chainDoc());
});

const edges = () => [...editor.store.edges.keys()].sort();

describe("the editor", () => {
  test("shows the snapshot and the last run before the document is there", () => {
    const run = {
      frame: "", node: "a", title: "", type: "", status: "succeeded" as const, attempt: 1, input: null, output: null, error: null,
      port: "out", started_at: "2026-01-01T00:00:00Z", finished_at: "2026-01-01T00:00:01Z", cost_usd: "0.01", tokens: 3, logs: [],
    };
    const early = new Editor(boot({ lastRun: { id: "r1", status: "succeeded", nodes: [run] } }));
    expect(early.store.nodes.size).toBe(4);
    expect(early.overlay.get("a")).toMatchObject({ status: "succeeded", ms: 1000, cost: "0.01" });
    expect(early.overlay.run?.id).toBe("r1");
  });

  test("shows how the draft was, read-only, and what was edited meanwhile after that", () => {
    const before = { ...CHAIN, nodes: CHAIN.nodes.slice(0, 1), edges: [] };
    editor.showPast(before);
    expect([editor.readOnly, editor.barred, [...editor.store.nodes.keys()]]).toEqual([true, false, ["start"]]);
    editor.edit((doc) => ops.rename(doc, "start", "Mine"));
    ops.rename(editor.doc!, "a", "Theirs");
    expect(editor.store.nodes.size).toBe(1);
    editor.showPresent();
    expect([editor.readOnly, editor.store.nodes.get("a")?.title, editor.store.nodes.get("start")?.title]).toEqual([false, "Theirs", ""]);
  });

  test("a document that comes while the past is shown waits", () => {
    const early = new Editor(boot());
    early.showPast({ ...CHAIN, nodes: [], edges: [] });
    early.attach(chainDoc());
    expect(early.store.nodes.size).toBe(0);
    early.showPresent();
    expect(early.store.nodes.size).toBe(4);
  });

  test("makes what was edited before the document came", () => {
    const early = new Editor(boot());
    early.edit((doc) => ops.rename(doc, "a", "Early"));
    early.undo();
    early.redo();
    early.attach(chainDoc());
    expect(early.store.nodes.get("a")?.title).toBe("Early");
  });

  test("keeps a step selected that was added before a document came which others had changed", () => {
    const early = new Editor(boot());
    const id = actions.addStep(early, "data.transform");
    const doc = chainDoc();
    ops.addStep(doc, step("theirs"));
    early.attach(doc);
    expect([early.selection.single, early.store.nodes.has(id), early.store.nodes.has("theirs")]).toEqual([id, true, true]);
  });

  test("shows what is built before the document came, and builds it again on that, undone bit by bit", () => {
    const early = new Editor(boot());
    const first = actions.addStep(early, "data.transform");
    expect(early.store.nodes.has(first)).toBe(false); // what a document takes is not there yet
    early.sketching = () => ops.written(new StudioDoc(BY_NAME), early.store);
    const from = (node: string) => ({ from: actions.openOutput(early, node)! });
    const second = actions.addStep(early, "data.transform", from("a"));
    const third = actions.addStep(early, "data.transform", from(second));
    const built = [...early.store.edges.keys()].sort();
    expect([early.store.nodes.has(first), early.store.holderOf(third), built.length]).toEqual([true, undefined, CHAIN.edges.length + 2]);
    const doc = chainDoc();
    ops.addStep(doc, step("theirs"));
    early.attach(doc);
    expect([...early.store.edges.keys()].sort()).toEqual(built);
    expect(early.store.nodes.has("theirs")).toBe(true);
    expect(early.selection.single).toBe(third);
    early.undo();
    expect([early.store.nodes.has(second), early.store.nodes.has(third)]).toEqual([true, false]);
  });

  test("changes nothing for viewers", () => {
    const viewer = new Editor(boot({ permissions: { edit: false, run: false, publish: false, comment: true, moderate: false } }));
    viewer.attach(chainDoc());
    viewer.edit((doc) => ops.rename(doc, "a", "No"));
    viewer.selection.set(["a"]);
    actions.deleteSelection(viewer);
    actions.duplicateSelection(viewer);
    actions.pasteText(viewer, "{}");
    void actions.arrange(viewer, layout);
    viewer.undo();
    viewer.redo();
    expect([viewer.store.nodes.get("a")?.title, viewer.store.nodes.size, viewer.readOnly]).toEqual(["", 4, true]);
  });

  test("undoes and redoes gesture by gesture, and says what can be", () => {
    editor.gesture((doc) => ops.rename(doc, "a", "One"));
    editor.gesture((doc) => ops.rename(doc, "a", "Two"));
    expect(editor.undoState.value).toEqual({ undo: true, redo: false });
    editor.undo();
    expect(editor.store.nodes.get("a")?.title).toBe("One");
    expect(editor.undoState.value.redo).toBe(true);
    editor.redo();
    expect(editor.store.nodes.get("a")?.title).toBe("Two");
  });

  test("forgets a selection of what is gone", () => {
    editor.selection.set(["a", "b"]);
    editor.selection.setFocus("b");
    editor.edit((doc) => ops.remove(doc, ["b"]));
    expect([[...editor.selection.ids], editor.selection.focus]).toEqual([["a"], "a"]);
  });

  test("calls the first start `start`, and gives lists that cannot be empty", () => {
    const empty = new Editor(boot({ snapshot: { schema: 1, nodes: [], edges: [], settings: {} } }));
    expect(empty.newStep("core.start", [0, 0]).id).toBe("start");
    expect(editor.newStep("core.start", [0, 0]).id).toMatch(/^start_/);
    expect(editor.newStep("human.approval", [0, 0]).config).toHaveProperty("actions");
    expect(editor.newStep("ai.generate", [0, 0]).type_version).toBe(2);
  });

  test("speaks", () => {
    editor.say("Hello");
    expect(editor.announcer.polite.value).toBe("Hello");
    editor.say("No", "bad");
    expect([editor.toast.value?.kind, editor.announcer.assertive.value]).toEqual(["bad", "No"]);
  });

  test("goes to a step", () => {
    const reveal = vi.fn();
    editor.view.camera = { reveal, shift() {}, follow() {}, fit() {}, zoomTo() {}, centre: () => [0, 0], focus() {} };
    editor.goTo("b");
    expect([editor.selection.single, editor.selection.focus]).toEqual(["b", "b"]);
    expect(reveal).toHaveBeenCalledWith(["b"], { centre: true });
  });
});

describe("adding a step", () => {
  test("after another: connected, to the right, on nothing", () => {
    const from = actions.openOutput(editor, "b");
    const id = actions.addStep(editor, "data.transform", from ? { from } : {});
    expect(edges()).toContain(`b:out>${id}:in`);
    expect(editor.store.nodes.get(id)?.position).toEqual([930, 0]);
    expect(editor.selection.single).toBe(id);
  });

  test("before another", () => {
    const from = { frame: "", node: "c", port: "in", side: "target", kind: "any" } as const;
    const id = actions.addStep(editor, "data.transform", { from });
    expect(edges()).toContain(`${id}:out>c:in`);
  });

  test("where a line was dropped: its port lies there", () => {
    const from = { frame: "", node: "b", port: "out", side: "source", kind: "any" } as const;
    const right = actions.addStep(editor, "data.transform", { from, at: [900, 500] });
    expect(editor.store.nodes.get(right)?.position).toEqual([900, 442]);
    const left = actions.addStep(editor, "data.transform", { from: { ...from, node: "c", port: "in", side: "target" }, at: [900, 500] });
    expect(editor.store.nodes.get(left)?.position).toEqual([664, 442]);
    const drop = actions.addStep(editor, "data.transform", { at: [500, 900] });
    expect(editor.store.nodes.get(drop)?.position).toEqual([382, 880]);
  });

  test("into an edge", () => {
    const id = actions.addStep(editor, "data.transform", { edge: "a:out>b:in" });
    expect(edges()).toEqual([`a:out>${id}:in`, `${id}:out>b:in`, "start:out>a:in", "start:out>c:in"].sort());
  });

  test("into an edge without room: what follows makes it, in the same step of undo", () => {
    const id = actions.addStep(editor, "data.transform", { edge: "start:out>a:in" });
    const place = (each: string) => editor.store.nodes.get(each)?.position;
    expect([place(id), place("a"), place("b"), place("c")]).toEqual([[310, 0], [620, 0], [930, 0], [310, 200]]);
    editor.undo();
    expect([editor.store.nodes.has(id), place("a"), place("b")]).toEqual([false, [310, 0], [620, 0]]);
  });

  test("into an edge with room: nothing else moves", () => {
    editor.gesture((doc) => ops.move(doc, new Map([["b", [1000, 0]]])));
    const id = actions.addStep(editor, "data.transform", { edge: "a:out>b:in" });
    expect([editor.store.nodes.get(id)?.position, editor.store.nodes.get("b")?.position]).toEqual([[655, 0], [1000, 0]]);
  });

  test("into an edge that is gone only adds it", () => {
    const id = actions.addStep(editor, "data.transform", { edge: "gone" });
    expect(editor.store.nodes.has(id)).toBe(true);
  });

  test("of a type without a fitting port is not connected", () => {
    const from = { frame: "", node: "b", port: "out", side: "source", kind: "any" } as const;
    const id = actions.addStep(editor, "core.start", { from });
    expect(editor.store.edgesInto(id).size).toBe(0);
  });

  test("is one step of undo", () => {
    const from = actions.openOutput(editor, "b");
    const id = actions.addStep(editor, "data.transform", from ? { from } : {});
    editor.undo();
    expect([editor.store.nodes.has(id), editor.store.edges.size]).toEqual([false, 3]);
  });

  test("goes on from the first port that is free", () => {
    editor.edit((doc) => ops.addStep(doc, step("sw", "logic.switch", { config: { cases: [{ id: "one" }] } })));
    expect(actions.openOutput(editor, "sw")?.port).toBe("one");
    editor.edit((doc) => ops.connect(doc, { source: "sw", source_port: "one", target: "c", target_port: "in" }));
    expect(actions.openOutput(editor, "sw")?.port).toBe("else");
    expect(actions.openOutput(editor, "gone")).toBeUndefined();
  });
});

describe("connecting", () => {
  const from = { frame: "", node: "c", port: "out", side: "source", kind: "any" } as const;

  test("two ports", () => {
    expect(actions.connect(editor, from, "b", "in")).toBe(true);
    expect(edges()).toContain("c:out>b:in");
  });

  test("is refused with a reason", () => {
    expect(actions.connect(editor, { ...from, node: "b" }, "a", "in")).toBe(false);
    expect(editor.toast.value).toEqual({ text: "This would make a circle.", kind: "bad" });
  });
});

describe("the selection", () => {
  test("is deleted, and the keyboard goes on beside it", () => {
    editor.selection.set(["b"]);
    actions.deleteSelection(editor);
    expect([editor.store.nodes.has("b"), editor.selection.focus]).toEqual([false, "a"]);
    editor.selection.set(["start"]);
    actions.deleteSelection(editor);
    expect(editor.selection.focus).toBe("a");
    editor.selection.set(["a", "c"]);
    actions.deleteSelection(editor);
    expect([editor.store.nodes.size, editor.selection.focus]).toEqual([0, null]);
    actions.deleteSelection(editor);
  });

  test("of an alone-standing step leaves no focus", () => {
    editor.edit((doc) => ops.addStep(doc, step("alone")));
    editor.selection.set(["alone"]);
    actions.deleteSelection(editor);
    expect(editor.selection.focus).toBeNull();
  });

  test("may be an edge", () => {
    editor.selection.selectEdge("a:out>b:in");
    actions.deleteSelection(editor);
    expect([edges().includes("a:out>b:in"), editor.selection.edge]).toEqual([false, null]);
  });

  test("is copied and pasted as one step of undo", () => {
    expect(actions.copySelection(editor)).toBeNull();
    editor.selection.set(["a", "b"]);
    const text = actions.copySelection(editor) ?? "";
    actions.pasteText(editor, text, [500, 900]);
    expect([editor.store.nodes.size, editor.selection.ids.size]).toEqual([6, 2]);
    const bounds = editor.store.grid.bounds(editor.selection.ids);
    expect(bounds && [bounds.x + bounds.width / 2, bounds.y + bounds.height / 2]).toEqual([500, 900]);
    actions.pasteText(editor, text);
    editor.undo();
    editor.undo();
    expect(editor.store.nodes.size).toBe(4);
  });

  test("is pasted where it covers nothing", () => {
    editor.selection.set(["b"]);
    actions.pasteText(editor, actions.copySelection(editor) ?? "", [400, 50]); // on a
    const copy = editor.store.boxOf(editor.selection.single ?? "");
    const hit = [...editor.store.nodes.keys()].filter((id) => {
      const box = editor.store.boxOf(id);
      return id !== editor.selection.single && box && copy && touches(box, copy);
    });
    expect(hit).toEqual([]);
  });

  test("that cannot be pasted says why", () => {
    actions.pasteText(editor, "hello");
    expect(editor.toast.value?.kind).toBe("bad");
  });

  test("is duplicated beside itself", () => {
    actions.duplicateSelection(editor);
    editor.selection.set(["a"]);
    actions.duplicateSelection(editor);
    const copy = editor.selection.single ?? "";
    expect(editor.store.nodes.get(copy)?.position).toEqual([350, 40]);
  });

  test("is moved by keys, together or the focused step alone", () => {
    nudge(editor, 20, 0);
    editor.selection.setFocus("b");
    nudge(editor, 20, 0);
    expect(editor.store.nodes.get("b")?.position).toEqual([640, 0]);
    editor.selection.set(["a", "c"]);
    nudge(editor, 0, 100);
    expect([editor.store.nodes.get("a")?.position, editor.store.nodes.get("c")?.position]).toEqual([[310, 100], [310, 300]]);
  });

  test("may be everything", () => {
    actions.selectAll(editor);
    expect(editor.selection.ids.size).toBe(4);
  });

  test("is switched off and on", () => {
    actions.toggleDisabled(editor, ["a", "b", "gone"]);
    expect(editor.store.nodes.get("a")?.disabled).toBe(true);
    actions.toggleDisabled(editor, ["a", "b"]);
    expect(editor.store.nodes.get("a")?.disabled).toBeUndefined();
  });
});

describe("layout", () => {
  test("leads forward without overlaps, as one step of undo", async () => {
    editor.edit((doc) => ops.move(doc, new Map(["start", "a", "b", "c"].map((id) => [id, [0, 0] as const]))));
    await actions.arrange(editor, layout);
    const x = (id: string) => editor.store.nodes.get(id)?.position[0] ?? NaN;
    expect(x("start") < x("a") && x("a") < x("b")).toBe(true);
    expect(editor.store.nodes.get("a")?.position).not.toEqual(editor.store.nodes.get("c")?.position);
    editor.undo();
    expect(x("a")).toBe(0);
  });

  test("of a selection leaves the rest", async () => {
    editor.selection.set(["a", "b"]);
    await actions.arrange(editor, layout);
    expect(editor.store.nodes.get("c")?.position).toEqual([310, 200]);
  });

  test("of one step is nothing", async () => {
    const one = new Editor(boot({ snapshot: { ...CHAIN, nodes: [step("a")], edges: [] } }));
    one.attach(new StudioDoc(BY_NAME));
    await actions.arrange(one, () => Promise.reject(new Error("not asked")));
  });
});

test("a note is added where it was asked for, or where there is room", () => {
  const there = actions.addNote(editor, [10.4, 900]);
  expect(editor.store.notes.get(there)?.position).toEqual([10, 900]);
  expect(editor.panels.renaming.value).toBe(there);
  const reveal = vi.fn();
  editor.view.camera = { reveal, shift() {}, follow() {}, fit() {}, zoomTo() {}, centre: () => [0, 0], focus() {} };
  const free = actions.addNote(editor);
  expect(editor.store.notes.has(free)).toBe(true);
  expect(reveal).toHaveBeenCalledWith([free]);
});

describe("a step that goes leaves a gap", () => {
  test("one that led on in one way is offered to be closed", () => {
    editor.selection.set(["a"]);
    actions.deleteSelection(editor);
    expect(editor.store.edges.size).toBe(1);
    editor.toast.value?.action?.run();
    expect([...editor.store.edges.keys()].sort()).toEqual(["start:out>b:in", "start:out>c:in"]);
    editor.undo();
    expect(editor.store.edges.size).toBe(1); // the gap is a step of undo of its own
  });

  test("the last of a chain leaves none", () => {
    editor.selection.set(["b"]);
    actions.deleteSelection(editor);
    expect(editor.toast.value).toBeNull();
  });
});

test("what went by stands in the list of messages, the newest first and not without end", () => {
  for (let n = 0; n < 60; n += 1) editor.say(`Message ${n}`, n % 2 ? "bad" : "info");
  expect(editor.messages.value.length).toBe(50);
  expect(editor.messages.value[0]).toMatchObject({ text: "Message 59", kind: "bad" });
  expect(new Set(editor.messages.value.map(({ at }) => at)).size).toBe(50);
});

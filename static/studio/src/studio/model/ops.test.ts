import * as Y from "yjs";
import { beforeEach, describe, expect, test } from "vitest";
import * as ops from "./ops";
import { BY_NAME, chainDoc, edge, step } from "./samples";
import { undoManager } from "./undo";
import { REMOTE } from "./stored";
import { StudioDoc } from "./ydoc";

let doc: StudioDoc;
beforeEach(() => {
  doc = chainDoc();
});

const ids = () => [...doc.edges.keys()].sort();

/** Hand everything that one document has to another, as the server does. */
function sync(from: StudioDoc, to: StudioDoc): void {
  Y.applyUpdate(to.ydoc, Y.encodeStateAsUpdate(from.ydoc, Y.encodeStateVector(to.ydoc)), REMOTE);
}

function twin(): StudioDoc {
  const other = new StudioDoc(BY_NAME);
  sync(doc, other);
  return other;
}

describe("steps", () => {
  test("are added with their texts, settings and place", () => {
    const config = { prompt: "Hello", route: "fast", temperature: 0.2 };
    const more = { title: "Draft", position: [10, 20] as const, config, on_error: "branch" as const };
    ops.addStep(doc, step("gen", "ai.generate", more));
    expect(doc.textOf("gen", "prompt")?.toString()).toBe("Hello");
    expect(doc.nodes.get("gen")?.get("c:prompt")).toBeUndefined();
    expect(doc.step("gen")).toEqual(step("gen", "ai.generate", more));
  });

  test("are made with an empty text, so that two people write into the same one", () => {
    ops.addStep(doc, step("gen", "ai.generate"));
    const other = twin();
    ops.setText(doc, "gen", "prompt", "one");
    ops.setText(other, "gen", "prompt", "two");
    sync(doc, other);
    sync(other, doc);
    const text = doc.textOf("gen", "prompt")?.toString();
    expect(text).toBe(other.textOf("gen", "prompt")?.toString());
    expect(["onetwo", "twoone"]).toContain(text);
  });

  test("move and keep their size; what is not there is left alone", () => {
    ops.addStep(doc, step("wide", "data.transform", { size: [400, 300] }));
    ops.move(doc, new Map([["wide", [5, 6]], ["gone", [1, 1]]]));
    expect(doc.layout.get("wide")).toEqual([5, 6, 400, 300]);
    expect(doc.layout.has("gone")).toBe(false);
  });

  test("take everything of theirs along when they are deleted", () => {
    ops.addStep(doc, step("gen", "ai.generate", { config: { prompt: "Hello" } }));
    ops.connect(doc, edge("a", "gen"));
    ops.remove(doc, ["gen"]);
    expect([doc.nodes.has("gen"), doc.layout.has("gen"), doc.text.has("gen/prompt")]).toEqual([false, false, false]);
    expect(ids()).not.toContain("a:out>gen:in");
  });

  test("can be taken out of a chain that closes behind them", () => {
    ops.removeAndReconnect(doc, "a");
    expect(ids()).toEqual(["start:out>b:in", "start:out>c:in"]);
  });

  test("at the end of a chain are only deleted", () => {
    ops.removeAndReconnect(doc, "b");
    expect(ids()).toEqual(["start:out>a:in", "start:out>c:in"]);
  });

  test("are renamed; an empty title is none", () => {
    ops.rename(doc, "a", "Clean up");
    expect(doc.step("a")?.title).toBe("Clean up");
    ops.rename(doc, "a", "");
    expect(doc.nodes.get("a")?.has("title")).toBe(false);
    ops.rename(doc, "gone", "x");
    expect(doc.nodes.has("gone")).toBe(false);
  });

  test("are resized", () => {
    ops.resize(doc, "a", [300, 200]);
    expect(doc.layout.get("a")).toEqual([310, 0, 300, 200]);
  });
});

describe("parameters", () => {
  test("are set, replaced and taken back", () => {
    ops.setParam(doc, "a", "fields", [{ name: "x", value: 1 }]);
    expect(doc.step("a")?.config).toEqual({ fields: [{ name: "x", value: 1 }] });
    ops.setParam(doc, "a", "fields", undefined);
    expect(doc.step("a")?.config).toEqual({});
    ops.setParam(doc, "gone", "fields", 1);
    expect(doc.nodes.has("gone")).toBe(false);
  });

  test("that are texts change by the letter, and may become another value and back", () => {
    ops.addStep(doc, step("gen", "ai.generate"));
    ops.setParam(doc, "gen", "prompt", "Hello");
    expect(doc.textOf("gen", "prompt")?.toString()).toBe("Hello");
    ops.setParam(doc, "gen", "prompt", 7);
    expect(doc.step("gen")?.config["prompt"]).toBe(7);
    ops.setParam(doc, "gen", "prompt", "Again");
    expect(doc.step("gen")?.config["prompt"]).toBe("Again");
    ops.setParam(doc, "gen", "prompt", undefined);
    expect(doc.step("gen")?.config["prompt"]).toBe("");
  });

  test("do not change when they are set to what they are", () => {
    ops.setParam(doc, "a", "x", { deep: [1] });
    const before = Y.encodeStateVector(doc.ydoc);
    ops.setParam(doc, "a", "x", { deep: [1] });
    ops.setMeta(doc, "a", "title", undefined);
    expect(Y.encodeStateVector(doc.ydoc)).toEqual(before);
  });

  test("letters around a change survive", () => {
    ops.addStep(doc, step("gen", "ai.generate", { config: { prompt: "Reply to the customer" } }));
    const other = twin();
    ops.setText(doc, "gen", "prompt", "Answer the customer");
    ops.setText(other, "gen", "prompt", "Reply to the customer today");
    sync(doc, other);
    sync(other, doc);
    expect(doc.textOf("gen", "prompt")?.toString()).toBe("Answer the customer today");
  });
});

describe("edges", () => {
  test("made twice are one, and none leads to itself", () => {
    ops.connect(doc, edge("a", "c"));
    ops.connect(doc, edge("a", "c"));
    ops.connect(doc, edge("a", "a"));
    expect(ids()).toEqual(["a:out>b:in", "a:out>c:in", "start:out>a:in", "start:out>c:in"]);
  });

  test("carry a condition and words, until they are emptied", () => {
    ops.setEdge(doc, "a:out>b:in", { when: "prev.ok", label: "good" });
    expect(doc.edge("a:out>b:in")).toMatchObject({ when: "prev.ok", label: "good" });
    ops.setEdge(doc, "a:out>b:in", { when: "" });
    expect(doc.edges.get("a:out>b:in")).toEqual({ s: "a", sp: "out", t: "b", tp: "in", label: "good" });
    ops.setEdge(doc, "gone", { when: "x" });
    expect(doc.edges.has("gone")).toBe(false);
  });

  test("are taken away", () => {
    ops.disconnect(doc, ["a:out>b:in"]);
    expect(ids()).not.toContain("a:out>b:in");
  });

  test("take a step in their middle", () => {
    ops.insertOnEdge(doc, "a:out>b:in", step("mid"), { input: "in", output: "out" });
    expect(ids()).toEqual(["a:out>mid:in", "mid:out>b:in", "start:out>a:in", "start:out>c:in"]);
    ops.insertOnEdge(doc, "gone", step("never"), { input: "in", output: "out" });
    expect(doc.nodes.has("never")).toBe(false);
  });

  test("to a step that somebody else deleted are swept by the next edit", () => {
    const other = twin();
    ops.remove(doc, ["b"]);
    ops.connect(other, edge("c", "b"));
    sync(other, doc);
    expect(ids()).toContain("c:out>b:in");
    expect(doc.definition().edges.map((each) => each.target)).not.toContain("b");
    ops.rename(doc, "a", "x");
    expect(ids()).not.toContain("c:out>b:in");
  });
});

describe("pasting", () => {
  test("gives new ids, keeps edges among the copies and names them in expressions", () => {
    const config = { value: "{{ nodes.a.output.x }}", list: ["{{ nodes.start.output }}", 1, null, { k: "nodes.a" }] };
    const nodes = [step("a"), step("z", "data.transform", { config, parent: "a" })];
    const edges = [
      { id: "", ...edge("a", "z"), when: "nodes.a.output.ok", label: "yes" },
      { id: "", ...edge("a", "elsewhere"), when: null, label: "" },
    ];
    const notes = [{ id: "n", text: "Hi", colour: "blue", position: [1, 1] as const, size: [10, 10] as const }];
    const [a, z, n] = ops.paste(doc, { nodes, edges, notes }, [100, 50]);
    const copy = doc.step(z ?? "");
    expect(a).toMatch(/^transform_[a-z2-7]{5}$/);
    expect(copy?.config["value"]).toBe(`{{ nodes.${a}.output.x }}`);
    expect(copy?.config["list"]).toEqual(["{{ nodes.start.output }}", 1, null, { k: `nodes.${a}` }]);
    expect(copy?.parent).toBe(a);
    expect(doc.edge(`${a}:out>${z}:in`)).toMatchObject({ when: `nodes.${a}.output.ok`, label: "yes" });
    expect(doc.note(n ?? "")).toEqual({ id: n, text: "Hi", colour: "blue", position: [101, 51], size: [10, 10] });
  });

  test("drops a parent that was not copied", () => {
    const [id] = ops.paste(doc, { nodes: [step("z", "data.transform", { parent: "loop" })], edges: [], notes: [] }, [0, 0]);
    expect(doc.step(id ?? "")?.parent).toBeUndefined();
  });
});

describe("notes and the workflow itself", () => {
  test("notes are written, coloured and deleted", () => {
    ops.addNote(doc, { id: "memo", text: "Hi", colour: "yellow", position: [0, 0], size: [240, 160] });
    ops.setText(doc, "memo", "text", "Hi there");
    ops.setNoteColour(doc, "memo", "blue");
    ops.setNoteColour(doc, "gone", "blue");
    expect(doc.definition().notes).toEqual([
      { id: "memo", text: "Hi there", colour: "blue", position: [0, 0], size: [240, 160] },
    ]);
    ops.remove(doc, ["memo"]);
    expect([doc.notes.size, doc.text.size]).toEqual([0, doc.nodes.size]);
  });

  test("name and settings are kept in the document", () => {
    ops.setDetail(doc, "name", "Triage");
    ops.setDetail(doc, "name", "Triage");
    ops.setSetting(doc, "timeout_s", 60);
    expect(doc.meta.toJSON()).toEqual({ name: "Triage", "settings.timeout_s": 60 });
    expect(doc.definition().settings).toEqual({ timeout_s: 60 });
    ops.setSetting(doc, "timeout_s", undefined);
    expect(doc.definition().settings).toEqual({});
  });
});

describe("undo", () => {
  test("brings a deleted step back with its text and edges", () => {
    ops.addStep(doc, step("gen", "ai.generate", { config: { prompt: "Hello" } }));
    ops.connect(doc, edge("a", "gen"));
    const undo = undoManager(doc);
    ops.remove(doc, ["gen"]);
    undo.undo();
    expect(doc.step("gen")?.config["prompt"]).toBe("Hello");
    expect(ids()).toContain("a:out>gen:in");
    undo.redo();
    expect(doc.nodes.has("gen")).toBe(false);
  });

  test("leaves alone what others did, and undoes what others wrote over", () => {
    const other = twin();
    const undo = undoManager(doc);
    ops.rename(doc, "a", "Mine");
    sync(doc, other);
    ops.rename(other, "b", "Theirs");
    sync(other, doc);
    undo.undo();
    expect([doc.step("a")?.title, doc.step("b")?.title]).toEqual(["", "Theirs"]);
  });

  test("takes a paste as one step", () => {
    const undo = undoManager(doc);
    ops.paste(doc, { nodes: [step("a"), step("b")], edges: [], notes: [] }, [9, 9]);
    expect(doc.nodes.size).toBe(6);
    undo.undo();
    expect(doc.nodes.size).toBe(4);
  });
});

test("notes of a step are a text of their own; those of an older draft become one with the first letter", () => {
  const doc = chainDoc();
  ops.addStep(doc, step("noted", "data.transform", { notes: "Ask Mara" }));
  expect([doc.textOf("noted", "notes")?.toString(), doc.nodes.get("noted")?.has("notes")]).toEqual(["Ask Mara", false]);
  expect(doc.step("noted")).toMatchObject({ notes: "Ask Mara", config: {} });
  doc.change(() => {
    doc.text.delete("a/notes");
    doc.nodes.get("a")?.set("notes", "Old");
  });
  expect(doc.step("a")?.notes).toBe("Old");
  ops.setMeta(doc, "a", "notes", "Older");
  expect([doc.textOf("a", "notes")?.toString(), doc.nodes.get("a")?.has("notes"), doc.step("a")?.notes]).toEqual(["Older", false, "Older"]);
  expect(doc.definition().nodes.find(({ id }) => id === "a")).toMatchObject({ notes: "Older", config: {} });
});

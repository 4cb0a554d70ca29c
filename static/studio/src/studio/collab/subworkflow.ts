// Making a workflow of selected steps, and steps of a workflow: the draft changes in one step of undo.

import { call, get, post } from "../../lib/api";
import type { Definition, Step } from "../model/boot";
import type { Editor } from "../model/editor";
import { isObject } from "../model/json";
import { collapsed, expanded, NotCollapsible, outward, outwardSource, type Collapsed } from "../model/subworkflow";
import * as ops from "../model/ops";
import type { StudioDoc } from "../model/ydoc";
import { reason } from "./follower";

const RUN = "flow.run";

/** Put a step that runs a new workflow in the place of the steps. */
export async function collapse(editor: Editor, ids: Iterable<string>, name: string): Promise<void> {
  await tried(editor, async () => {
    const part = collapsed(editor.store, ids);
    const made = await publishedWorkflow(editor, name, part.definition);
    const bounds = editor.store.grid.bounds(part.gone) ?? { x: 0, y: 0 };
    const step: Step = {
      ...editor.newStep(RUN, [Math.round(bounds.x), Math.round(bounds.y)]),
      title: name,
      config: { workflow: made, inputs: part.inputs },
    };
    editor.gesture((doc) => doc.change(() => replace(editor, doc, part, step)));
    editor.selection.set([step.id]);
    editor.say(`“${name}” is a workflow of its own now`);
  });
}

/** Make a workflow and publish it; what cannot be published leaves nothing behind. */
async function publishedWorkflow(editor: Editor, name: string, definition: Definition): Promise<string> {
  const url = `${editor.boot.urls.api}workflows/`;
  const { id } = await post<{ id: string }>(url, { name, definition });
  try {
    await post(`${url}${id}/publish/`, { notes: `Taken out of “${editor.store.meta.name}”` });
  } catch (error) {
    await call("DELETE", `${url}${id}/`);
    throw error;
  }
  return id;
}

function replace(editor: Editor, doc: StudioDoc, part: Collapsed, step: Step): void {
  const { store } = editor;
  const following = new Set(part.outgoing.map(({ target }) => target));
  ops.addStep(doc, step);
  for (const { source, source_port, when, label } of part.incoming)
    ops.connect(doc, { source, source_port, target: step.id, target_port: "in" }, { ...(when ? { when } : {}), ...(label ? { label } : {}) });
  for (const { target, target_port, when, label } of part.outgoing) {
    const condition = when && part.exit ? outwardSource(when, part.exit, step.id, true) : when;
    ops.connect(doc, { source: step.id, source_port: "out", target, target_port }, { ...(condition ? { when: condition } : {}), ...(label ? { label } : {}) });
  }
  if (part.exit !== undefined)
    for (const other of store.nodes.values()) {
      if (part.gone.has(other.id)) continue;
      const config = outward(other.config, part.exit, step.id, following.has(other.id));
      for (const [key, value] of Object.entries(config)) ops.setParam(doc, other.id, key, value);
    }
  ops.remove(doc, part.gone);
}

/** Put the steps of a workflow in the place of the step that runs it. */
export async function expand(editor: Editor, id: string): Promise<void> {
  await tried(editor, async () => {
    const step = editor.store.nodes.get(id);
    const workflow = step?.config["workflow"];
    if (!step || typeof workflow !== "string" || !workflow) throw new NotCollapsible("Choose first which workflow the step runs.");
    const inputs = step.config["inputs"];
    const found = expanded(await definitionOf(editor, workflow, step.config["version"]), isObject(inputs) ? inputs : {});
    editor.gesture((doc) => doc.change(() => unfold(editor, doc, step, found)));
    editor.say("The steps stand here now; the workflow itself stays as it is");
  });
}

async function definitionOf(editor: Editor, workflow: string, version: unknown): Promise<Definition> {
  const url = `${editor.boot.urls.api}workflows/${workflow}/`;
  if (typeof version === "number") return (await get<{ definition: Definition }>(`${url}versions/${version}/`)).definition;
  const [newest] = (await get<{ results: { number: number }[] }>(`${url}versions/`)).results;
  if (!newest) throw new NotCollapsible("That workflow has no version.");
  return (await get<{ definition: Definition }>(`${url}versions/${newest.number}/`)).definition;
}

function unfold(editor: Editor, doc: StudioDoc, step: Step, found: ReturnType<typeof expanded>): void {
  const { store } = editor;
  const left = Math.min(...found.nodes.map(({ position }) => position[0]));
  const top = Math.min(...found.nodes.map(({ position }) => position[1]));
  const ids = ops.paste(doc, { nodes: found.nodes, edges: found.edges, notes: [] }, [step.position[0] - left, step.position[1] - top]);
  const copies = new Map(found.nodes.map(({ id }, index) => [id, ids[index] ?? id]));
  for (const edge of [...store.edgesInto(step.id)].flatMap((each) => store.edges.get(each) ?? []))
    for (const entry of found.entries) ops.connect(doc, { ...edge, target: copies.get(entry) ?? entry, target_port: "in" }, edge.when ? { when: edge.when } : {});
  const exit = found.exit && { ...found.exit, source: copies.get(found.exit.source) ?? "" };
  for (const edge of [...store.edgesFrom(step.id)].flatMap((each) => store.edges.get(each) ?? []))
    if (exit) ops.connect(doc, { ...edge, ...exit }, edge.when ? { when: edge.when.replaceAll("prev.outputs", "prev") } : {});
  if (exit) nameCopies(editor, doc, step.id, exit.source);
  ops.remove(doc, [step.id]);
  editor.selection.set(ids);
}

/** What named the step's outputs names the last of the steps instead. */
function nameCopies({ store }: Editor, doc: StudioDoc, stand: string, exit: string): void {
  const following = new Set([...store.edgesFrom(stand)].flatMap((edge) => store.edges.get(edge)?.target ?? []));
  for (const other of store.nodes.values()) {
    const text = JSON.stringify(other.config);
    const named = text.replaceAll(`nodes.${stand}.output.outputs`, `nodes.${exit}.output`);
    const next = following.has(other.id) ? named.replaceAll("prev.outputs", "prev") : named;
    if (next === text) continue;
    for (const [key, value] of Object.entries(JSON.parse(next) as Step["config"])) ops.setParam(doc, other.id, key, value);
  }
}

async function tried(editor: Editor, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    editor.say(reason(error), "bad");
  }
}

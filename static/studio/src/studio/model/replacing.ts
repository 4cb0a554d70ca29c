// Another type in the place of a step: where it stands, what it is called, what leads to it and what
// names it in expressions stay as they are.

import type { NodeType, Schema, Step } from "./boot";
import type { Editor } from "./editor";
import type { JsonObject } from "./json";
import { fitsInside } from "./nesting";
import * as ops from "./ops";
import { fits, inputsOf, outputsOf } from "./ports";
import { counted } from "./summary";

/** The type of a step that somebody still has to build. */
export const PLACEHOLDER = "core.placeholder";

/** Tell whether steps of a type can take a step's place. */
export function canReplace({ store }: Editor, id: string, type: NodeType): boolean {
  const step = store.nodes.get(id);
  if (!step || step.type === type.name || step.type === "core.start") return false;
  if (store.insideOf(id).length && !type.holds_steps) return false;
  if (store.edgesInto(id).size && !type.ports.inputs.length) return false;
  return fitsInside(store, type.name, store.holderOf(id));
}

/** Make a step one of another type, as one step of undo. Connections that no longer fit go, and it says so. */
export function replaceStep(editor: Editor, id: string, typeName: string): void {
  const { store, types } = editor;
  const step = store.nodes.get(id);
  const type = types.get(typeName);
  if (!step || !type || !canReplace(editor, id, type)) return;
  const fresh = editor.newStep(typeName, step.position);
  const config = { ...fresh.config, ...shared(step, types.get(step.type), type) };
  const next = { ...step, type: typeName, type_version: fresh.type_version, config };
  const ways = waysOf(editor, step, next);
  editor.gesture((doc) => ops.retype(doc, next, ways));
  editor.selection.set([id]);
  editor.panels.tab.set("setup");
  editor.panels.openInspector();
  const lost = [...ways.values()].filter((port) => port === null).length;
  const words = `${store.titleOf(id)} is now of the type ${type.label}.`;
  if (lost) editor.say(`${words} ${counted(lost, "connections")} did not fit and went.`);
  else editor.announcer.say(words);
}

/** Return the settings that both types have in the same form. */
function shared(step: Step, before: NodeType | undefined, after: NodeType): JsonObject {
  const form = (type: NodeType | undefined, name: string) => formOf(type?.config_schema.properties?.[name]);
  const kept = Object.entries(step.config).filter(
    ([name]) => form(after, name) !== "" && form(before, name) === form(after, name),
  );
  return Object.fromEntries(kept);
}

function formOf(schema: Schema | undefined): string {
  return schema ? JSON.stringify([schema.type, schema["x-widget"], schema.items, schema.anyOf, schema.$ref]) : "";
}

/** Return for each edge that changes from which port it goes on; null for one that has to go. */
function waysOf(editor: Editor, before: Step, after: Step): Map<string, string | null> {
  const { store, types } = editor;
  const old = outputsOf(types.get(before.type), before);
  const now = outputsOf(types.get(after.type), after);
  const named = new Set(now.map((port) => port.name));
  const free = now.filter((port) => !old.some((each) => each.name === port.name));
  const lost = old.filter((port) => !named.has(port.name));
  // What is called the same stays; the rest goes on from what is left, in order.
  const ports = new Map(lost.map((port, index) => [port.name, free[index]?.name ?? null]));
  const kinds = new Map(now.map((port) => [port.name, port.kind]));
  const ways = new Map<string, string | null>();
  for (const id of store.edgesFrom(before.id)) {
    const edge = store.edges.get(id);
    const target = store.nodes.get(edge?.target ?? "");
    if (!edge || !target) continue;
    const port = ports.has(edge.source_port) ? (ports.get(edge.source_port) ?? null) : edge.source_port;
    const wanted = inputsOf(types.get(target.type)).find((each) => each.name === edge.target_port);
    const fitting = port !== null && wanted && fits(kinds.get(port) ?? "any", wanted.kind) ? port : null;
    if (fitting !== edge.source_port) ways.set(id, fitting);
  }
  return ways;
}

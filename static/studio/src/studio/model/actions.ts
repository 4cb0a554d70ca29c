// What people do, whichever way they ask for it: pointer, keys, menus, palette and outline all end
// here, so that saving, undo and what is announced cannot differ.

import type { NodeType, Port, Step } from "./boot";
import { copied, NotPasteable, pasteable } from "./clipboard";
import type { Editor } from "./editor";
import { endsOf, whyNot } from "./graph";
import type { Box } from "./grid";
import { newId } from "./ids";
import type { LayoutTask, Places } from "./layout";
import * as ops from "./ops";
import type { PickRequest, PortRef } from "./panels";
import { freePlace, STEP } from "./place";
import { fits, heightOf, inputsOf, outputsOf, portTop, WIDTH } from "./ports";

export type Point = readonly [number, number];
const COLUMN = WIDTH + 74;

/** Add a step where it was asked for, connected with what it was asked from; return its id. */
export function addStep(editor: Editor, type: string, request: Partial<PickRequest> = {}): string {
  const step = editor.newStep(type, [0, 0]);
  const placed: Step = { ...step, position: placeFor(editor, step, request) };
  const ends = request.from && endsFor(editor, request.from, placed);
  editor.gesture((doc) => {
    doc.change(() => {
      const edge = request.edge === undefined ? undefined : editor.store.edges.get(request.edge);
      const input = inputsOf(editor.types.get(type))[0];
      const output = outputsOf(editor.types.get(type), placed)[0];
      if (edge && input && output)
        ops.insertOnEdge(doc, edge.id, placed, { input: input.name, output: output.name });
      else ops.addStep(doc, placed);
      if (ends) ops.connect(doc, ends);
    });
  });
  editor.selection.set([placed.id]);
  editor.selection.setFocus(placed.id);
  editor.view.camera?.reveal([placed.id]);
  editor.announcer.say(`Added ${editor.types.get(type)?.label ?? type}`);
  return placed.id;
}

/** Return the place of a new step: at the port that was dragged, on the edge, after the step, free. */
function placeFor(editor: Editor, step: Step, request: Partial<PickRequest>): Point {
  const size = { width: WIDTH, height: heightOf(editor.types, step) };
  if (request.edge !== undefined) {
    const edge = editor.store.edges.get(request.edge);
    const [a, b] = [edge?.source, edge?.target].map((id) => editor.store.boxOf(id ?? ""));
    if (a && b) {
      const middle = [(a.x + b.x) / 2, (a.y + b.y) / 2] as const;
      return freePlace(editor.store, middle, size);
    }
  }
  if (request.at) {
    const [x, y] = request.at;
    if (request.from?.side === "source") return [x, y - portTop(0)];
    if (request.from) return [x - WIDTH, y - portTop(0)];
    return [Math.round(x - WIDTH / 2), Math.round(y - 20)];
  }
  const near = editor.store.boxOf(request.from?.node ?? editor.selection.single ?? "");
  if (near) {
    const side = request.from?.side === "target" ? -COLUMN : COLUMN;
    return freePlace(editor.store, [near.x + side, near.y], size);
  }
  const [x, y] = editor.view.camera?.centre() ?? [WIDTH / 2, 0];
  return freePlace(editor.store, [Math.round(x - WIDTH / 2), Math.round(y - 40)], size);
}

function endsFor(editor: Editor, from: PortRef, step: Step) {
  const port = firstFitting(editor.types.get(step.type), step, from);
  return port && endsOf(from, step.id, port.name);
}

/** Return the first port of a type that the given port could be connected with. */
export function firstFitting(
  type: NodeType | undefined,
  step: Step | null,
  from: PortRef,
): Port | undefined {
  if (from.side === "source") return inputsOf(type).find((port) => fits(from.kind, port.kind));
  const blank: Step = { id: "", type: "", type_version: 1, title: "", notes: "", config: {}, position: [0, 0] };
  return outputsOf(type, step ?? blank).find((port) => fits(port.kind, from.kind));
}

/** Return the port that a step goes on from when the next one is added after it. */
export function openOutput(editor: Editor, id: string): PortRef | undefined {
  const step = editor.store.nodes.get(id);
  if (!step) return undefined;
  const used = new Set(
    [...editor.store.edgesFrom(id)].map((edge) => editor.store.edges.get(edge)?.source_port),
  );
  const ports = outputsOf(editor.types.get(step.type), step);
  const port = ports.find((each) => !used.has(each.name)) ?? ports[0];
  return port && { node: id, port: port.name, side: "source", kind: port.kind };
}

/** Connect two ports, or say why that cannot be. */
export function connect(editor: Editor, from: PortRef, node: string, port: string): boolean {
  const ends = endsOf(from, node, port);
  const refusal = whyNot(editor.store, ends);
  if (refusal) {
    editor.say(refusal, "bad");
    return false;
  }
  editor.gesture((doc) => ops.connect(doc, ends));
  const { titleOf } = editor.store;
  editor.announcer.say(
    `Connected ${titleOf.call(editor.store, ends.source)} with ${titleOf.call(editor.store, ends.target)}`,
  );
  return true;
}

/** Delete what is selected: steps and notes, or an edge. */
export function deleteSelection(editor: Editor): void {
  const { selection, store } = editor;
  if (selection.edge) {
    const edge = selection.edge;
    selection.selectEdge(null);
    editor.gesture((doc) => ops.disconnect(doc, [edge]));
    editor.announcer.say("Deleted the connection");
    return;
  }
  const ids = [...selection.ids];
  if (!ids.length || editor.readOnly) return;
  const [only] = ids;
  const words = ids.length === 1 && only ? store.titleOf(only) : `${ids.length} things`;
  const next = ids.length === 1 && only ? beside(editor, only) : null;
  editor.gesture((doc) => ops.remove(doc, ids));
  selection.setFocus(next);
  editor.announcer.say(`Deleted ${words}`);
}

/** Where the keyboard goes on when a step goes away. */
function beside(editor: Editor, id: string): string | null {
  const { store } = editor;
  for (const edge of store.edgesInto(id)) return store.edges.get(edge)?.source ?? null;
  for (const edge of store.edgesFrom(id)) return store.edges.get(edge)?.target ?? null;
  return null;
}

/** Return what is selected as text for the clipboard; null when nothing is. */
export function copySelection(editor: Editor): string | null {
  const { ids } = editor.selection;
  if (!ids.size) return null;
  editor.announcer.say(ids.size === 1 ? "Copied 1 thing" : `Copied ${ids.size} things`);
  return copied(editor.store, ids);
}

/** Paste text, its middle at a point; says why when it cannot. */
export function pasteText(editor: Editor, text: string, at?: Point): void {
  if (editor.readOnly) return;
  try {
    const fragment = pasteable(text, editor.types);
    insert(editor, fragment, at);
  } catch (error) {
    if (!(error instanceof NotPasteable)) throw error;
    editor.say(error.message, "bad");
  }
}

export function duplicateSelection(editor: Editor): void {
  const { ids } = editor.selection;
  if (!ids.size || editor.readOnly) return;
  const fragment = pasteable(copied(editor.store, ids), editor.types);
  const bounds = editor.store.grid.bounds(ids);
  if (!bounds) return;
  const middle = [bounds.x + bounds.width / 2, bounds.y + bounds.height / 2] as const;
  insert(editor, fragment, [middle[0] + 2 * STEP, middle[1] + 2 * STEP]);
}

function insert(editor: Editor, fragment: ops.Fragment, at?: Point): void {
  const bounds = boundsOf(editor, fragment);
  const [x, y] = at ?? editor.view.camera?.centre() ?? [0, 0];
  const wanted = [Math.round(x - bounds.width / 2), Math.round(y - bounds.height / 2)] as const;
  const free = at ? wanted : freePlace(editor.store, wanted, bounds);
  const offset = [free[0] - bounds.x, free[1] - bounds.y] as const;
  editor.gesture((doc) => {
    const ids = ops.paste(doc, fragment, offset);
    editor.selection.set(ids);
    editor.announcer.say(ids.length === 1 ? "Pasted 1 thing" : `Pasted ${ids.length} things`);
  });
}

function boundsOf(editor: Editor, fragment: ops.Fragment): Box {
  const boxes = [
    ...fragment.nodes.map((step) => ({ at: step.position, size: [WIDTH, heightOf(editor.types, step)] })),
    ...fragment.notes.map((note) => ({ at: note.position, size: note.size })),
  ];
  const x = Math.min(...boxes.map(({ at }) => at[0]));
  const y = Math.min(...boxes.map(({ at }) => at[1]));
  const right = Math.max(...boxes.map(({ at, size }) => at[0] + (size[0] ?? 0)));
  const bottom = Math.max(...boxes.map(({ at, size }) => at[1] + (size[1] ?? 0)));
  return { x, y, width: right - x, height: bottom - y };
}

/** Move what is selected, or else the step that the keyboard is on. */
export function nudge(editor: Editor, dx: number, dy: number): void {
  const { selection, store } = editor;
  const ids = selection.ids.size ? [...selection.ids] : selection.focus ? [selection.focus] : [];
  moveBy(editor, ids, [dx, dy]);
  const [first] = ids;
  const box = first === undefined ? undefined : store.boxOf(first);
  if (box) editor.announcer.say(`Moved to ${box.x}, ${box.y}`);
}

/** Move by an offset, as one step of undo. */
export function moveBy(editor: Editor, ids: Iterable<string>, [dx, dy]: Point): void {
  const places = new Map<string, Point>();
  for (const id of ids) {
    const box = editor.store.boxOf(id);
    if (box) places.set(id, [box.x + dx, box.y + dy]);
  }
  if (places.size && (dx || dy)) editor.gesture((doc) => ops.move(doc, places));
}

/** Lay out what is selected, or everything, as one step of undo. */
export async function arrange(
  editor: Editor,
  layout: (task: LayoutTask) => Promise<Places>,
): Promise<void> {
  if (editor.readOnly) return;
  const { store, selection } = editor;
  const chosen = [...selection.ids].filter((id) => store.nodes.has(id));
  const ids = new Set(chosen.length > 1 ? chosen : store.nodes.keys());
  const boxes = [...ids].flatMap((id): [string, Box][] => {
    const box = store.boxOf(id);
    return box ? [[id, box]] : [];
  });
  if (boxes.length < 2) return;
  const edges = [...store.edges.values()].flatMap((edge): [string, string][] =>
    ids.has(edge.source) && ids.has(edge.target) ? [[edge.source, edge.target]] : [],
  );
  const places = await layout({ boxes, edges });
  editor.gesture((doc) => ops.move(doc, new Map(places)));
  editor.announcer.say(`Laid out ${boxes.length} steps`);
}

export function addNote(editor: Editor, at?: Point): string {
  const taken = (id: string) => editor.store.nodes.has(id) || editor.store.notes.has(id);
  const id = newId("note", taken);
  const [x, y] = at ?? editor.view.camera?.centre() ?? [0, 0];
  const size = [240, 160] as const;
  const position = at
    ? ([Math.round(x), Math.round(y)] as const)
    : freePlace(editor.store, [Math.round(x - 120), Math.round(y - 80)], { width: 240, height: 160 });
  editor.gesture((doc) => ops.addNote(doc, { id, text: "", colour: "yellow", position, size }));
  editor.selection.set([id]);
  editor.panels.renaming.set(id);
  editor.announcer.say("Added a note");
  return id;
}

export function selectAll(editor: Editor): void {
  editor.selection.set([...editor.store.nodes.keys(), ...editor.store.notes.keys()]);
  editor.announcer.say(`${editor.selection.ids.size} things selected`);
}

/** Switch steps on or off: a disabled step is passed over by runs. */
export function toggleDisabled(editor: Editor, ids: Iterable<string>): void {
  const steps = [...ids].flatMap((id) => editor.store.nodes.get(id) ?? []);
  const disable = steps.some((step) => !step.disabled);
  editor.gesture((doc) => {
    doc.change(() => {
      for (const step of steps) ops.setMeta(doc, step.id, "disabled", disable || undefined);
    });
  });
}

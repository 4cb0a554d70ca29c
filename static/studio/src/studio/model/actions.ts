// What people do, whichever way they ask for it: pointer, keys, menus, palette and outline all end
// here, so that saving, undo and what is announced cannot differ.

import type { NodeType, Port, Step } from "./boot";
import { counted } from "./summary";
import type { StudioDoc } from "./ydoc";
import { copied, NotPasteable, pasteable } from "./clipboard";
import type { Editor } from "./editor";
import { endsOf, whyNot } from "./graph";
import type { Box } from "./grid";
import { followMembers, groupsOf } from "./groups";
import { newId } from "./ids";
import type { LayoutTask, Places } from "./layout";
import * as ops from "./ops";
import type { PickRequest, PortRef } from "./panels";
import type { Store } from "./store";
import { anchor, growing, placeInside, placeOnEdge, type Point } from "./moves";
import { fitsInside, frameAt, frameAround, marginsOf, outermost, sizeOf, withInner } from "./nesting";
import { freePlace, STEP } from "./place";
import { fits, inputsOf, outputsOf, portTop, UNDO_PORT, WIDTH } from "./ports";

const GAP = 74;

/** Add a step where it was asked for, connected with what it was asked from; return its id. */
export function addStep(editor: Editor, type: string, request: Partial<PickRequest> = {}): string {
  const into = frameFor(editor, type, request);
  const step = { ...editor.newStep(type, [0, 0]), ...(into === undefined ? {} : { parent: into }) };
  const onEdge = request.edge === undefined ? null : placeOnEdge(editor.store, request.edge, sizeOf(editor.types, step));
  const placed: Step = { ...step, position: onEdge?.place ?? placeFor(editor, step, request) };
  const ends = request.from && endsFor(editor, request.from, placed);
  const write = (doc: StudioDoc) =>
    doc.change(() => {
      const edge = request.edge === undefined ? undefined : editor.store.edges.get(request.edge);
      const input = inputsOf(editor.types.get(type))[0];
      const output = outputsOf(editor.types.get(type), placed)[0];
      if (onEdge) ops.move(doc, onEdge.shifted);
      if (edge && input && output)
        ops.insertOnEdge(doc, edge.id, placed, { input: input.name, output: output.name });
      else ops.addStep(doc, placed);
      if (ends) ops.connect(doc, ends);
    });
  editor.gesture((doc) => growing(editor, doc, into, () => write(doc)));
  editor.selection.set([placed.id]);
  editor.selection.setFocus(placed.id);
  editor.view.camera?.reveal([placed.id]);
  const where = into === undefined ? "" : ` inside ${editor.store.titleOf(into)}`;
  editor.announcer.say(`Added ${editor.types.get(type)?.label ?? type}${where}`);
  return placed.id;
}

/** Return the frame that a new step goes into: that of what it hangs on, or of where it is put. */
export function wantedFrame(editor: Editor, request: Partial<PickRequest>): string | undefined {
  const { store, selection } = editor;
  if (request.into !== undefined) return request.into;
  const beside = request.edge === undefined ? request.from?.node : store.edges.get(request.edge)?.source;
  if (beside !== undefined) return store.holderOf(beside);
  if (request.at) return frameAt(store, request.at);
  if (selection.single === null) return undefined;
  return store.holds(selection.single) ? selection.single : store.holderOf(selection.single);
}

function frameFor(editor: Editor, type: string, request: Partial<PickRequest>): string | undefined {
  const into = wantedFrame(editor, request);
  return fitsInside(editor.store, type, into) ? into : undefined;
}

/** Return the place of a new step: at the port that was dragged, after the step, free. */
function placeFor(editor: Editor, step: Step, request: Partial<PickRequest>): Point {
  const { store } = editor;
  const size = sizeOf(editor.types, step);
  const into = step.parent;
  if (request.at) {
    const place = placeAt(request.at, request.from?.side, size.width);
    return frameAt(store, request.at) === into ? place : freePlace(store, place, size, into);
  }
  const beside = request.from?.node ?? editor.selection.single ?? "";
  if (into !== undefined && (request.into !== undefined || beside === into))
    return freePlace(store, placeInside(store, into), size, into);
  const near = store.boxOf(beside);
  if (near) {
    const side = request.from?.side === "target" ? -GAP - size.width : GAP + near.width;
    return freePlace(store, [near.x + side, near.y], size, into);
  }
  const [x, y] = editor.view.camera?.centre() ?? [size.width / 2, 0];
  return freePlace(store, [Math.round(x - size.width / 2), Math.round(y - 40)], size, into);
}

/** Return the place of a step that was dropped, or whose port is where a line was dropped. */
function placeAt([x, y]: Point, side: PortRef["side"] | undefined, width: number): Point {
  if (side === "source") return [x, y - portTop(0)];
  if (side === "target") return [x - width, y - portTop(0)];
  return [Math.round(x - WIDTH / 2), Math.round(y - 20)];
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
  const ports = outputsOf(editor.types.get(step.type), step).filter((each) => each !== UNDO_PORT);
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
  const only = ids.length === 1 ? ids[0] : undefined;
  const inner = withInner(store, ids).size - ids.length;
  const what = only === undefined ? `${ids.length} things` : store.titleOf(only);
  const words = `Deleted ${what}${inner ? ` with ${counted(inner, "steps")} inside` : ""}`;
  const next = only === undefined ? null : beside(editor, only);
  const gap = only === undefined ? [] : gapOf(store, only);
  editor.gesture((doc) =>
    doc.change(() => {
      anchor(store, doc, ids);
      ops.remove(doc, ids);
    }),
  );
  selection.setFocus(next);
  if (gap.length) editor.offer(`${words}.`, "Reconnect", () => closeGap(editor, gap));
  else editor.announcer.say(words);
}

type Ends = ReturnType<typeof endsOf>;

/** Return the connections that would lead past a step: clear only where one way leads on. */
function gapOf(store: Store, id: string): Ends[] {
  const edges = (ids: ReadonlySet<string>) => [...ids].flatMap((each) => store.edges.get(each) ?? []);
  const [after, second] = edges(store.edgesFrom(id));
  if (!after || second) return [];
  return edges(store.edgesInto(id)).map(({ source, source_port }) => ({
    source,
    source_port,
    target: after.target,
    target_port: after.target_port,
  }));
}

function closeGap(editor: Editor, gap: readonly Ends[]): void {
  const fitting = gap.filter((ends) => !whyNot(editor.store, ends));
  if (!fitting.length) {
    editor.say("What was around it has changed: connect the steps by hand.", "bad");
    return;
  }
  editor.gesture((doc) => doc.change(() => fitting.forEach((ends) => ops.connect(doc, ends))));
  editor.announcer.say("Connected what was around it");
}

/** Where the keyboard goes on when a step goes away. */
function beside(editor: Editor, id: string): string | null {
  const { store } = editor;
  for (const edge of store.edgesInto(id)) return store.edges.get(edge)?.source ?? null;
  for (const edge of store.edgesFrom(id)) return store.edges.get(edge)?.target ?? null;
  return store.holderOf(id) ?? null;
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
  const [first = ""] = outermost(editor.store, ids);
  insert(editor, fragment, [middle[0] + 2 * STEP, middle[1] + 2 * STEP], editor.store.holderOf(first), true);
}

function insert(editor: Editor, fragment: ops.Fragment, at?: Point, holder?: string, isBeside = false): void {
  const bounds = boundsOf(editor, fragment);
  const into = frameOfPasted(editor, fragment, holder ?? (at && frameAt(editor.store, at)));
  const [x, y] = at ?? editor.view.camera?.centre() ?? [0, 0];
  const wanted = [Math.round(x - bounds.width / 2), Math.round(y - bounds.height / 2)] as const;
  // A copy beside its original may lie on it; what comes from elsewhere covers nothing.
  const free = isBeside ? wanted : freePlace(editor.store, wanted, bounds, into);
  const offset = [free[0] - bounds.x, free[1] - bounds.y] as const;
  editor.gesture((doc) =>
    growing(editor, doc, into, () => {
      const ids = ops.paste(doc, fragment, offset, into);
      editor.selection.set(ids);
      editor.view.camera?.reveal(ids);
      editor.announcer.say(ids.length === 1 ? "Pasted 1 thing" : `Pasted ${ids.length} things`);
    }),
  );
}

/** Return the frame that copies go into; none where one of them may not lie there. */
export function frameOfPasted(editor: Editor, { nodes }: ops.Fragment, into: string | undefined): string | undefined {
  const fit = nodes.every((step) => fitsInside(editor.store, step.type, into));
  return fit && nodes.length ? into : undefined;
}

function boundsOf(editor: Editor, fragment: ops.Fragment): Box {
  const boxes = [
    ...fragment.nodes.map((step) => {
      const { x, y, width, height } = frameAround(editor.types, step, []);
      return { at: [x, y] as const, size: [width, height] };
    }),
    ...fragment.notes.map((note) => ({ at: note.position, size: note.size })),
  ];
  const x = Math.min(...boxes.map(({ at }) => at[0]));
  const y = Math.min(...boxes.map(({ at }) => at[1]));
  const right = Math.max(...boxes.map(({ at, size }) => at[0] + (size[0] ?? 0)));
  const bottom = Math.max(...boxes.map(({ at, size }) => at[1] + (size[1] ?? 0)));
  return { x, y, width: right - x, height: bottom - y };
}

/** Lay out what is selected, or everything, as one step of undo. */
export async function arrange(
  editor: Editor,
  layout: (task: LayoutTask) => Promise<Places>,
): Promise<void> {
  if (editor.readOnly) return;
  const { store, selection } = editor;
  const chosen = [...selection.ids].filter((id) => store.nodes.has(id));
  const ids = withInner(store, chosen.length > 1 ? chosen : store.nodes.keys());
  const boxes = [...ids].flatMap((id): [string, Box][] => {
    const box = store.boxOf(id);
    return box ? [[id, box]] : [];
  });
  if (boxes.length < 2) return;
  const edges = [...store.edges.values()].flatMap((edge): [string, string][] =>
    ids.has(edge.source) && ids.has(edge.target) ? [[edge.source, edge.target]] : [],
  );
  const frames = boxes.flatMap(([id]) => {
    const [step, inner] = [store.nodes.get(id), store.insideOf(id)];
    return step && inner.length ? [{ id, inner, ...marginsOf(editor.types, step), least: sizeOf(editor.types, step) }] : [];
  });
  const places = await layout({ boxes, edges, frames });
  const groups = groupsOf(store);
  editor.gesture((doc) =>
    doc.change(() => {
      ops.move(doc, new Map(places));
      followMembers(store, doc, groups, new Map(places));
    }),
  );
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
  editor.view.camera?.reveal([id]);
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

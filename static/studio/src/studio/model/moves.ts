// Moving steps about: by an offset, into a step that holds others, and out of it.

import type { Editor } from "./editor";
import type { Box } from "./grid";
import { withMembers } from "./groups";
import { around, frameAt, marginsOf, outermost, whyNotInside, withInner } from "./nesting";
import * as ops from "./ops";
import { freePlace, room, STEP } from "./place";
import { inputsOf, outputsOf, UNDO_PORT } from "./ports";
import { after } from "./runParts";
import type { Store } from "./store";
import type { StudioDoc } from "./ydoc";

export type Point = readonly [number, number];
const GAP = 74;

/** Move what is selected, or else the step that the keyboard is on. */
export function nudge(editor: Editor, dx: number, dy: number): void {
  const { selection, store } = editor;
  const ids = selection.ids.size ? [...selection.ids] : selection.focus ? [selection.focus] : [];
  moveBy(editor, withMembers(store, ids), [dx, dy]);
  const [first] = ids;
  const box = first === undefined ? undefined : store.boxOf(first);
  if (box) editor.announcer.say(`Moved to ${box.x}, ${box.y}`);
}

/** Move by an offset with all that lies inside, as one step of undo. */
export function moveBy(editor: Editor, ids: Iterable<string>, offset: Point): void {
  const places = movedBy(editor.store, ids, offset);
  if (places.size && (offset[0] || offset[1])) editor.gesture((doc) => ops.move(doc, places));
}

/**
 * Put down what was dragged: it then lies in the frame under the pointer, or in none. Connections
 * that would cross a frame's border go; who drops where nothing may lie hears why, and nothing moves.
 */
export function drop(editor: Editor, ids: ReadonlySet<string>, offset: Point, pointer: Point, grabbed: string): void {
  const { store } = editor;
  const held = [grabbed, ...around(store, grabbed)].findLast((id) => ids.has(id)) ?? grabbed;
  const from = store.holderOf(held);
  const into = frameAt(store, pointer, withInner(store, ids));
  if (!store.nodes.has(held) || into === from || (!offset[0] && !offset[1])) {
    moveBy(editor, ids, offset);
    return;
  }
  const moved = outermost(store, ids).filter((id) => store.nodes.has(id) && store.holderOf(id) === from);
  const refusal = whyNotInside(store, moved, into);
  if (refusal) editor.say(refusal, "bad");
  else relocate(editor, moved, into, movedBy(store, ids, offset));
}

/** Tell whether a step may be put into an edge: it has an input and a way on, and lies where the edge does. */
export function fitsOnEdge({ store }: Editor, id: string, edgeId: string): boolean {
  const [step, edge] = [store.nodes.get(id), store.edges.get(edgeId)];
  if (!step || !edge || edge.source === id || edge.target === id) return false;
  const type = store.types.get(step.type);
  const ports = inputsOf(type).length > 0 && outputsOf(type, step).length > 0;
  return ports && edge.source_port !== UNDO_PORT.name && store.holderOf(id) === store.holderOf(edge.source);
}

/**
 * Return where a new step goes that is put into an edge, and where what follows goes: it makes room
 * where there is too little between the two ends. Where the edge leads back, the middle is free enough.
 */
export function placeOnEdge(store: Store, edgeId: string, size: { width: number; height: number }): { place: Point; shifted: Map<string, Point> } | null {
  const edge = store.edges.get(edgeId);
  const [from, to] = [store.boxOf(edge?.source ?? ""), store.boxOf(edge?.target ?? "")];
  if (!edge || !from || !to) return null;
  const into = store.holderOf(edge.source);
  const gap = to.x - (from.x + from.width);
  const short = size.width + 2 * GAP - gap;
  const y = Math.round((from.y + to.y) / 2);
  if (gap < 0 || short <= 0) return { place: freePlace(store, [Math.round((from.x + from.width + to.x - size.width) / 2), y], size, into), shifted: new Map() };
  const following = [...after(store, edge.target)].filter((id) => (store.boxOf(id)?.x ?? 0) >= to.x && store.holderOf(id) === into);
  return { place: [Math.round(from.x + from.width + GAP), y], shifted: movedBy(store, following, [Math.round(short), 0]) };
}

/** Put a step that was dropped on an edge into it. */
export function dropOnEdge(editor: Editor, id: string, edgeId: string, offset: Point): void {
  const { store } = editor;
  const [step, edge] = [store.nodes.get(id), store.edges.get(edgeId)];
  const type = store.types.get(step?.type ?? "");
  const [input, output] = [inputsOf(type)[0], step && outputsOf(type, step)[0]];
  if (!edge || !input || !output) return;
  editor.gesture((doc) =>
    doc.change(() => {
      ops.move(doc, movedBy(store, [id], offset));
      ops.putOnEdge(doc, edgeId, id, { input: input.name, output: output.name });
    }),
  );
  editor.announcer.say(`Put ${store.titleOf(id)} between ${store.titleOf(edge.source)} and ${store.titleOf(edge.target)}`);
}

/** Put steps into another one, or with undefined outside of all, where there is room. */
export function moveInto(editor: Editor, ids: readonly string[], into: string | undefined): void {
  const { store } = editor;
  const moved = outermost(store, new Set(ids)).filter((id) => store.nodes.has(id) && store.holderOf(id) !== into);
  const refusal = whyNotInside(store, moved, into);
  if (refusal) editor.say(refusal, "bad");
  const bounds = store.grid.bounds(moved);
  if (refusal || !bounds || editor.readOnly) return;
  const [x, y] = freePlace(store, wantedIn(store, into, moved, bounds), bounds, into);
  relocate(editor, moved, into, movedBy(store, moved, [x - bounds.x, y - bounds.y]));
  editor.view.camera?.reveal(moved);
}

/** Return where something new begins in a frame: after the last step, or at its upper left. */
export function placeInside(store: Store, into: string): Point {
  const inner = store.grid.bounds(store.insideOf(into));
  if (inner) return [inner.x + inner.width + GAP, inner.y];
  const [step, frame] = [store.nodes.get(into), store.boxOf(into)];
  if (!step || !frame) return [0, 0];
  const { left, top } = marginsOf(store.types, step);
  return [frame.x + left, frame.y + top];
}

/** Where steps go that leave a frame: beside it. */
function wantedIn(store: Store, into: string | undefined, moved: readonly string[], bounds: Box): Point {
  if (into !== undefined) return placeInside(store, into);
  const left = store.boxOf(around(store, moved[0] ?? "").at(-1) ?? "") ?? bounds;
  return [left.x + left.width + 2 * STEP, left.y];
}

function relocate(editor: Editor, moved: readonly string[], into: string | undefined, places: Map<string, Point>): void {
  const { store } = editor;
  const [first = ""] = moved;
  const from = store.holderOf(first);
  const what = moved.length === 1 ? store.titleOf(first) : `${moved.length} steps`;
  const where = into !== undefined ? `into ${store.titleOf(into)}` : `out of ${store.titleOf(from ?? "")}`;
  editor.gesture((doc) =>
    growing(editor, doc, into, () => {
      const cut = doc.change(() => {
        anchor(store, doc, moved);
        ops.move(doc, places);
        return ops.putInto(doc, moved, into);
      });
      const words = `Moved ${what} ${where}`;
      if (!cut) editor.announcer.say(words);
      else editor.say(`${words}. ${cutWords(cut)}; undo brings back what was.`);
    }),
  );
}

function cutWords(cut: number): string {
  return cut === 1 ? "1 connection across its border was removed" : `${cut} connections across its border were removed`;
}

/** Change what lies in a frame; what stands beside it makes room when it grows. */
export function growing(editor: Editor, doc: StudioDoc, into: string | undefined, change: () => void): void {
  const { store } = editor;
  const frames = into === undefined ? [] : [into, ...around(store, into)];
  const before = new Map(frames.map((id) => [id, store.boxOf(id)]));
  change();
  for (const [id, box] of before) {
    const places = box ? room(store, id, box) : new Map<string, Point>();
    if (places.size) ops.move(doc, places);
  }
}

/** A frame that loses its last step stays where it was seen. */
export function anchor(store: Store, doc: StudioDoc, leaving: Iterable<string>): void {
  const places = new Map<string, Point>();
  for (const id of leaving) {
    const holder = store.holderOf(id);
    const box = holder === undefined ? undefined : store.boxOf(holder);
    if (holder !== undefined && box) places.set(holder, [box.x, box.y]);
  }
  ops.move(doc, places);
}

function movedBy(store: Store, ids: Iterable<string>, [dx, dy]: Point): Map<string, Point> {
  const places = new Map<string, Point>();
  for (const id of withInner(store, ids)) {
    const box = store.boxOf(id);
    if (box) places.set(id, [box.x + dx, box.y + dy]);
  }
  return places;
}

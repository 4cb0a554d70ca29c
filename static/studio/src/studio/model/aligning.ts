// Steps in line with each other: on demand, and while they are dragged.

import type { Editor } from "./editor";
import type { Box } from "./grid";
import { outermost, withInner } from "./nesting";
import * as ops from "./ops";
import { NO_GUIDES, type Guides } from "./panels";
import type { Point } from "./moves";
import type { Store } from "./store";

export type Alignment = "left" | "centre" | "right" | "top" | "middle" | "bottom";
export type Direction = "across" | "down";

/** Where a box has the line that is aligned, and how far from its begin that is. */
const LINES: Record<Alignment, { axis: 0 | 1; part: number }> = {
  left: { axis: 0, part: 0 },
  centre: { axis: 0, part: 0.5 },
  right: { axis: 0, part: 1 },
  top: { axis: 1, part: 0 },
  middle: { axis: 1, part: 0.5 },
  bottom: { axis: 1, part: 1 },
};

/** With the icon and the words of each. */
export const ALIGNMENTS: readonly (readonly [how: Alignment, icon: string, label: string])[] = [
  ["left", "align-start-vertical", "Align at the left"],
  ["centre", "align-center-vertical", "Align at the centre"],
  ["right", "align-end-vertical", "Align at the right"],
  ["top", "align-start-horizontal", "Align at the top"],
  ["middle", "align-center-horizontal", "Align at the middle"],
  ["bottom", "align-end-horizontal", "Align at the bottom"],
];

/** Align what is selected along one line, as one step of undo. */
export function align(editor: Editor, how: Alignment): void {
  const { axis, part } = LINES[how];
  const chosen = selected(editor);
  if (chosen.length < 2) return;
  const bounds = editor.store.grid.bounds(chosen.map(({ id }) => id));
  if (!bounds) return;
  const line = startOf(bounds, axis) + part * sizeOf(bounds, axis);
  const shifts = chosen.map(({ id, box }) => [id, line - (startOf(box, axis) + part * sizeOf(box, axis))] as const);
  shift(editor, shifts, axis);
  editor.announcer.say(`Aligned ${chosen.length} things, ${how}`);
}

/** Leave the same room between all that is selected; the first and the last stay. */
export function distribute(editor: Editor, direction: Direction): void {
  const axis = direction === "across" ? 0 : 1;
  const chosen = selected(editor).sort((a, b) => startOf(a.box, axis) - startOf(b.box, axis));
  const [first, last] = [chosen[0], chosen.at(-1)];
  if (!first || !last || chosen.length < 3) return;
  const whole = startOf(last.box, axis) + sizeOf(last.box, axis) - startOf(first.box, axis);
  const room = (whole - chosen.reduce((sum, { box }) => sum + sizeOf(box, axis), 0)) / (chosen.length - 1);
  let next = startOf(first.box, axis);
  const shifts = chosen.map(({ id, box }) => {
    const by = next - startOf(box, axis);
    next += sizeOf(box, axis) + room;
    return [id, by] as const;
  });
  shift(editor, shifts, axis);
  editor.announcer.say(`Distributed ${chosen.length} things`);
}

function selected({ store, selection }: Editor): { id: string; box: Box }[] {
  return outermost(store, selection.ids).flatMap((id) => {
    const box = store.boxOf(id);
    return box ? [{ id, box }] : [];
  });
}

function shift(editor: Editor, shifts: readonly (readonly [string, number])[], axis: 0 | 1): void {
  const { store } = editor;
  const places = new Map<string, Point>();
  for (const [id, by] of shifts)
    for (const each of withInner(store, [id])) {
      const box = store.boxOf(each);
      if (box) places.set(each, [Math.round(box.x + (axis ? 0 : by)), Math.round(box.y + (axis ? by : 0))]);
    }
  editor.gesture((doc) => ops.move(doc, places));
}

function startOf(box: Box, axis: 0 | 1): number {
  return axis ? box.y : box.x;
}

function sizeOf(box: Box, axis: 0 | 1): number {
  return axis ? box.height : box.width;
}

const NEAR = 6; // pixels of the window
const FAR = 1200; // what is further away nobody means

/**
 * Return where a dragged box goes when it is pulled to the lines of what is near it, and those lines:
 * begin, middle and end of a box stand with those of another.
 */
export function pulled(store: Store, box: Box, ids: ReadonlySet<string>, seen: Box, zoom: number): { at: Point; guides: Guides } {
  const others = store.grid.within(overlap(seen, box)).flatMap((id) => {
    const other = ids.has(id) || store.holds(id) ? undefined : store.boxOf(id);
    return other ? [other] : [];
  });
  const [dx, x] = nearest(box, others, 0, NEAR / zoom);
  const [dy, y] = nearest(box, others, 1, NEAR / zoom);
  return { at: [box.x + dx, box.y + dy], guides: x === null && y === null ? NO_GUIDES : { x, y } };
}

/** The part of what is seen that is not far from a box. */
function overlap(seen: Box, box: Box): Box {
  const x = Math.max(seen.x, box.x - FAR);
  const y = Math.max(seen.y, box.y - FAR);
  const right = Math.min(seen.x + seen.width, box.x + box.width + FAR);
  const bottom = Math.min(seen.y + seen.height, box.y + box.height + FAR);
  return { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) };
}

function nearest(box: Box, others: readonly Box[], axis: 0 | 1, within: number): [by: number, line: number | null] {
  let best: [number, number | null] = [0, null];
  let least = within;
  for (const other of others)
    for (const part of [0, 0.5, 1]) {
      const line = startOf(other, axis) + part * sizeOf(other, axis);
      const by = line - (startOf(box, axis) + part * sizeOf(box, axis));
      if (Math.abs(by) < least) [best, least] = [[by, line], Math.abs(by)];
    }
  return best;
}

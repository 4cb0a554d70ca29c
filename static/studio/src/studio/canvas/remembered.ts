// The last view of a workflow in this browser; the first time all of it, if that can be read.

import type { Editor } from "../model/editor";
import { firstStep } from "../model/graph";
import { keptUnder } from "../model/keptHere";
import { fitting, type Viewport } from "../model/view";

/** Titles are drawn from here on. */
const LEGIBLE = 0.15;
const NEAR = 0.6;
const MARGIN = 80;

const keyOf = ({ boot }: Editor) => keptUnder("view", boot, boot.workflow.id);

export function firstViewport(editor: Editor): Viewport {
  const { grid } = editor.store;
  const remembered = readViewport(localStorage.getItem(keyOf(editor)));
  if (remembered) {
    editor.view.viewport.set(remembered);
    if (grid.within(editor.view.seen()).length) return remembered;
  }
  const bounds = grid.bounds();
  const size = editor.view.size.value;
  if (!bounds) return { x: size.width / 2 - 118, y: size.height / 3, zoom: 1 };
  const whole = fitting(bounds, size);
  return whole.zoom < LEGIBLE ? (beginning(editor) ?? whole) : whole;
}

/** Where all of it would be too small to read, the first step stands at the left. */
function beginning(editor: Editor): Viewport | null {
  const first = firstStep(editor.store);
  const box = first === null ? undefined : editor.store.boxOf(first);
  const { height } = editor.view.size.value;
  return box ? { x: MARGIN - box.x * NEAR, y: height / 2 - (box.y + box.height / 2) * NEAR, zoom: NEAR } : null;
}

export function rememberViewport(editor: Editor): void {
  localStorage.setItem(keyOf(editor), JSON.stringify(editor.view.viewport.value));
}

function readViewport(text: string | null): Viewport | null {
  try {
    const { x, y, zoom } = JSON.parse(text ?? "null") as Viewport;
    return [x, y, zoom].every(Number.isFinite) && zoom > 0 ? { x, y, zoom } : null;
  } catch {
    return null;
  }
}

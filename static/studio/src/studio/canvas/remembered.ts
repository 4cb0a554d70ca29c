// The last view of a workflow in this browser; the first time, everything is shown.

import type { Editor } from "../model/editor";
import { fitting, type Viewport } from "../model/view";

const keyOf = (editor: Editor) => `auterity-view-${editor.boot.workflow.id}`;

export function firstViewport(editor: Editor): Viewport {
  const { grid } = editor.store;
  const remembered = readViewport(localStorage.getItem(keyOf(editor)));
  if (remembered) {
    editor.view.viewport.set(remembered);
    if (grid.within(editor.view.seen()).length) return remembered;
  }
  const bounds = grid.bounds();
  const { width, height } = editor.view.size.value;
  return bounds ? fitting(bounds, { width, height }) : { x: width / 2 - 118, y: height / 3, zoom: 1 };
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

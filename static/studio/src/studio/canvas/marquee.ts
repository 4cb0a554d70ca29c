// Selecting with a frame: Shift and drag on the canvas. Over the grid, so that painted steps count.

import type { Editor } from "../model/editor";
import { encloses, type Box } from "../model/grid";

export interface Frame {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Draw a frame from where the pointer went down; `show` gets it in the canvas element's pixels. */
export function startMarquee(
  editor: Editor,
  event: PointerEvent,
  element: HTMLElement,
  show: (frame: Frame | null) => void,
): void {
  const rect = element.getBoundingClientRect();
  const start = [event.clientX - rect.left, event.clientY - rect.top] as const;
  const before = new Set(editor.selection.ids);
  const move = (moved: PointerEvent) => {
    const [x, y] = [moved.clientX - rect.left, moved.clientY - rect.top];
    const frame = {
      x: Math.min(x, start[0]),
      y: Math.min(y, start[1]),
      width: Math.abs(x - start[0]),
      height: Math.abs(y - start[1]),
    };
    show(frame);
    const { x: left, y: top, zoom } = editor.view.viewport.value;
    const area = {
      x: (frame.x - left) / zoom,
      y: (frame.y - top) / zoom,
      width: frame.width / zoom,
      height: frame.height / zoom,
    };
    editor.selection.set([...before, ...framed(editor, area)]);
  };
  const end = () => {
    show(null);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", end);
    element.removeEventListener("pointercancel", end);
    const { size } = editor.selection.ids;
    editor.announcer.say(`${size} things selected`);
  };
  element.setPointerCapture(event.pointerId);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
}

/** What the frame touches; of steps that hold others those that it encloses, for one draws inside them. */
function framed({ store }: Editor, area: Box): string[] {
  return store.grid.within(area).filter((id) => {
    const box = store.boxOf(id);
    return !store.holds(id) || (box !== undefined && encloses(area, box));
  });
}

// Groups: frames behind steps that belong together. What stands on one whole goes where it goes.

import type { Editor } from "./editor";
import type { Box } from "./grid";
import { newId } from "./ids";
import { outermost, withInner } from "./nesting";
import * as ops from "./ops";
import type { Store } from "./store";
import type { StudioDoc } from "./ydoc";

const ROOM = 32;
const HEAD = 44;

/** Return what stands whole on a group, groups on it included. */
export function membersOf(store: Store, id: string): string[] {
  const frame = store.boxOf(id);
  if (!frame || !store.notes.get(id)?.group) return [];
  return store.grid.within(frame).filter((each) => {
    const box = store.boxOf(each);
    return each !== id && box !== undefined && contains(frame, box);
  });
}

/** Return the ids with what stands on the groups among them, and what lies in the steps. */
export function withMembers(store: Store, ids: Iterable<string>): ReadonlySet<string> {
  const all = new Set(ids);
  for (const id of [...all]) for (const each of membersOf(store, id)) all.add(each);
  return withInner(store, all);
}

/** Put a frame behind what is selected, and let it be named. */
export function groupSelection(editor: Editor): string | null {
  const { store, selection } = editor;
  const bounds = store.grid.bounds(outermost(store, selection.ids));
  if (!bounds || editor.readOnly) return null;
  const id = newId("group", (each) => store.nodes.has(each) || store.notes.has(each));
  const { x, y, width, height } = around(bounds);
  const count = selection.ids.size;
  editor.gesture((doc) =>
    ops.addNote(doc, { id, text: "Group", colour: "grey", position: [x, y], size: [width, height], group: true }),
  );
  selection.set([id]);
  editor.panels.renaming.set(id);
  editor.announcer.say(count === 1 ? "Grouped 1 thing" : `Grouped ${count} things`);
  return id;
}

/** Let each group lie around what stands on it, once that stands elsewhere. */
export function followMembers(
  store: Store,
  doc: StudioDoc,
  groups: ReadonlyMap<string, readonly string[]>,
  places: ReadonlyMap<string, readonly [number, number]>,
): void {
  for (const [id, members] of groups) {
    const boxes = members.flatMap((each) => {
      const [box, place] = [store.boxOf(each), places.get(each)];
      return box ? [place ? { ...box, x: place[0], y: place[1] } : box] : [];
    });
    if (!boxes.length || !members.some((each) => places.has(each))) continue;
    const left = Math.min(...boxes.map((box) => box.x));
    const top = Math.min(...boxes.map((box) => box.y));
    const right = Math.max(...boxes.map((box) => box.x + box.width));
    const bottom = Math.max(...boxes.map((box) => box.y + box.height));
    const { x, y, width, height } = around({ x: left, y: top, width: right - left, height: bottom - top });
    ops.move(doc, new Map([[id, [x, y] as const]]));
    ops.resize(doc, id, [width, height]);
  }
}

/** Return the groups with what stands on each. */
export function groupsOf(store: Store): Map<string, readonly string[]> {
  const groups = [...store.notes.values()].filter(({ group }) => group);
  return new Map(groups.map(({ id }) => [id, membersOf(store, id)]));
}

function around({ x, y, width, height }: Box): Box {
  return { x: x - ROOM, y: y - ROOM - HEAD, width: width + 2 * ROOM, height: height + 2 * ROOM + HEAD };
}

function contains(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

import type { ReactFlowProps } from "@xyflow/react";
import { useMemo, useRef } from "react";
import { copied, pasteable } from "../model/clipboard";
import * as actions from "../model/actions";
import { pulled } from "../model/aligning";
import type { Editor } from "../model/editor";
import type { Box } from "../model/grid";
import { useEditor } from "../model/hooks";
import { drop, dropOnEdge, fitsOnEdge, growing, type Point } from "../model/moves";
import { withMembers } from "../model/groups";
import { frameAt } from "../model/nesting";
import * as ops from "../model/ops";
import { NO_GUIDES } from "../model/panels";
import { snapped } from "../model/place";
import { edgeAt } from "./geometry";
import type { Drag } from "./lod";

type Handlers = Pick<ReactFlowProps, "onNodeDragStart" | "onNodeDrag" | "onNodeDragStop">;

/** Drag what is selected by one offset; the document hears of it once, on drop. */
export function useDragging(show: (drag: Drag | null) => void): Handlers {
  const editor = useEditor();
  const current = useRef<Drag | null>(null);
  return useMemo(() => {
    const set = (drag: Drag | null) => {
      current.current = drag;
      show(drag);
    };
    const lyingAt = (event: MouseEvent | TouchEvent) => {
      const at = "changedTouches" in event ? event.changedTouches[0] : event;
      return at ? editor.view.at(at.clientX, at.clientY) : null;
    };
    return {
      // This is every press on a step. What it selects waits for the release: the settings that open
      // with it would slide under the pointer.
      onNodeDragStart(_event, node) {
        const { selection } = editor;
        const ids = selection.has(node.id) ? selection.ids : [node.id];
        set({ ids: withMembers(editor.store, ids), offset: [0, 0] });
      },
      onNodeDrag(event, node) {
        const box = editor.store.boxOf(node.id);
        if (!box || !current.current) return;
        const { x, y } = node.position;
        const { ids } = current.current;
        const [to, top] = event.shiftKey ? snapped([x, y]) : inLine(editor, { ...box, x, y }, ids);
        const drag = { ...current.current, offset: [to - box.x, top - box.y] as const };
        set(drag);
        const at = lyingAt(event);
        if (!at || !editor.store.nodes.has(node.id)) return;
        showFrame(editor, node.id, drag.ids, at);
        editor.panels.dropEdge.set(edgeFor(editor, node.id, ids, at));
      },
      onNodeDragStop(event, node) {
        const drag = current.current;
        const at = lyingAt(event);
        set(null);
        editor.panels.dropFrame.set(undefined);
        editor.panels.dropEdge.set(null);
        editor.panels.guides.set(NO_GUIDES);
        if (!drag || !at || (!drag.offset[0] && !drag.offset[1])) return; // a click, which selects
        if (!editor.selection.has(node.id)) editor.selection.set([node.id]);
        if (!event.altKey) {
          const edge = edgeFor(editor, node.id, drag.ids, at);
          if (edge === null) drop(editor, drag.ids, drag.offset, at, node.id);
          else dropOnEdge(editor, node.id, edge, drag.offset);
          return;
        }
        // With Alt the originals stay and copies are dropped.
        const fragment = pasteable(copied(editor.store, drag.ids), editor.types);
        const into = actions.frameOfPasted(editor, fragment, frameAt(editor.store, at));
        editor.gesture((doc) =>
          growing(editor, doc, into, () => editor.selection.set(ops.paste(doc, fragment, drag.offset, into))),
        );
      },
    };
  }, [editor, show]);
}

const FEW = 50; // of more than these nobody sees whether they stand in line

/** Return where a dragged box goes: to a line of what stands near it, which is then shown. */
function inLine(editor: Editor, box: Box, ids: ReadonlySet<string>): Point {
  if (ids.size > FEW) return [Math.round(box.x), Math.round(box.y)];
  const { at, guides } = pulled(editor.store, box, ids, editor.view.seen(), editor.view.viewport.value.zoom);
  editor.panels.guides.set(guides);
  return [Math.round(at[0]), Math.round(at[1])];
}

/** Return the edge that a step would be put into: a step that is not connected, on a line near it. */
function edgeFor(editor: Editor, id: string, ids: ReadonlySet<string>, at: Point): string | null {
  const { store } = editor;
  if (ids.size > 1 || store.edgesFrom(id).size || store.edgesInto(id).size) return null;
  const edge = edgeAt(store, at, 16);
  return edge !== null && fitsOnEdge(editor, id, edge) ? edge : null;
}

/** Mark the frame that would take what is dragged; not the one in which it lies already. */
function showFrame(editor: Editor, id: string, ids: ReadonlySet<string>, at: readonly [number, number]): void {
  const { store, panels } = editor;
  const into = frameAt(store, at, ids);
  panels.dropFrame.set(into === store.holderOf(id) ? undefined : into);
}

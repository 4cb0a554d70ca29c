import type { ReactFlowProps } from "@xyflow/react";
import { useMemo, useRef } from "react";
import { copied, pasteable } from "../model/clipboard";
import * as actions from "../model/actions";
import { useEditor } from "../model/hooks";
import * as ops from "../model/ops";
import { snapped } from "../model/place";
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
    return {
      // This is every press on a step: that of a click that adds to the selection changes nothing yet.
      onNodeDragStart({ shiftKey, ctrlKey, metaKey }, node) {
        const { selection } = editor;
        const adding = shiftKey || ctrlKey || metaKey;
        if (!selection.has(node.id) && !adding) selection.set([node.id]);
        const ids = selection.has(node.id) ? selection.ids : [node.id];
        set({ ids: new Set(ids), offset: [0, 0] });
      },
      onNodeDrag(event, node) {
        const box = editor.store.boxOf(node.id);
        if (!box || !current.current) return;
        const { x, y } = node.position;
        const [to, top] = event.shiftKey ? snapped([x, y]) : [Math.round(x), Math.round(y)];
        set({ ...current.current, offset: [to - box.x, top - box.y] });
      },
      onNodeDragStop(event) {
        const drag = current.current;
        set(null);
        if (!drag) return;
        if (!event.altKey) {
          actions.moveBy(editor, drag.ids, drag.offset);
          return;
        }
        // With Alt the originals stay and copies are dropped.
        const fragment = pasteable(copied(editor.store, drag.ids), editor.types);
        editor.gesture((doc) => editor.selection.set(ops.paste(doc, fragment, drag.offset)));
      },
    };
  }, [editor, show]);
}

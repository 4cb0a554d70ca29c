import { useEffect, type RefObject } from "react";
import * as actions from "../model/actions";
import { useEditor } from "../model/hooks";

/**
 * Copy, cut and paste by the browser's own events: no permission is asked, any text can be pasted.
 * `owns` tells whether they are meant for this part, from where the keyboard is.
 */
export function useClipboard(root: RefObject<HTMLElement | null>, owns: (root: Element, active: Element | null) => boolean): void {
  const editor = useEditor();
  useEffect(() => {
    let pointer: readonly [number, number] | null = null;
    const own = () => root.current !== null && owns(root.current, document.activeElement);
    const copy = (event: ClipboardEvent) => {
      if (!own() || document.getSelection()?.toString()) return;
      const text = actions.copySelection(editor);
      if (text === null) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut") actions.deleteSelection(editor);
    };
    const paste = (event: ClipboardEvent) => {
      if (!own()) return;
      event.preventDefault();
      const text = event.clipboardData?.getData("text/plain") ?? "";
      actions.pasteText(editor, text, pointer ?? undefined);
      // A second paste at the same place would hide the first.
      pointer = null;
    };
    const move = (event: PointerEvent) => {
      pointer = editor.view.at(event.clientX, event.clientY);
    };
    const leave = () => {
      pointer = null;
    };
    const element = root.current;
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", paste);
    element?.addEventListener("pointermove", move);
    element?.addEventListener("pointerleave", leave);
    return () => {
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", paste);
      element?.removeEventListener("pointermove", move);
      element?.removeEventListener("pointerleave", leave);
    };
  }, [editor, root, owns]);
}

import { useEffect } from "react";
import { useEditor } from "../model/hooks";
import { nameOf } from "../model/keys";
import { saveWords } from "../model/saving";

/** Fields that undo what is written in them by themselves; a switch, a choice and a slider do not. */
const WRITING = "input:not([type=checkbox], [type=radio], [type=range], [type=file], [type=color]), textarea";

/** Keys that hold everywhere, in fields too; Ctrl+Z in a field undoes that field first. */
export function useShortcuts(): void {
  const editor = useEditor();
  useEffect(() => {
    const { panels, boot, view } = editor;
    const press = (event: KeyboardEvent) => {
      const writing =
        event.target instanceof HTMLElement &&
        (event.target.isContentEditable || event.target.matches(WRITING));
      const does: Record<string, (() => void) | undefined> = {
        "Ctrl+K": () => panels.dialog.set(panels.dialog.value === "commands" ? null : "commands"),
        "Ctrl+F": () => panels.openFind(),
        "Ctrl+Enter": boot.permissions.run ? () => panels.dialog.set("run") : undefined,
        "Ctrl+Z": writing ? undefined : () => editor.undo(),
        "Ctrl+Shift+Z": writing ? undefined : () => editor.redo(),
        "Ctrl+Y": writing ? undefined : () => editor.redo(),
        "Ctrl+S": () => editor.say(`Every edit is saved by itself. Now: ${saveWords(editor.saving.value)}`),
      };
      const run = does[nameOf(event)];
      if (!run || (panels.dialog.value !== null && panels.dialog.value !== "commands")) return;
      event.preventDefault();
      run();
    };
    const back = (event: KeyboardEvent) => {
      const inspector = event.target instanceof Element && event.target.closest(".inspector");
      if (event.key === "Escape" && inspector && !event.defaultPrevented) view.focus();
    };
    window.addEventListener("keydown", press);
    window.addEventListener("keydown", back);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("keydown", back);
    };
  }, [editor]);
}

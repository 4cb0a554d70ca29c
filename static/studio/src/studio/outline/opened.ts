import type { Editor } from "../model/editor";

/** Go on in the settings of what was just made: where there is no canvas, nothing is written on it. */
export function opened(editor: Editor, id: string | null): void {
  if (id === null) return;
  editor.panels.renaming.set(null);
  editor.goTo(id);
  editor.panels.openInspector();
}

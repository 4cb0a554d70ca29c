// The clipboard by a press instead of by keys; the browser may ask, or refuse.

import * as actions from "../model/actions";
import type { Editor } from "../model/editor";

export async function copyToClipboard(editor: Editor): Promise<void> {
  const text = actions.copySelection(editor);
  if (text === null) return;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    editor.say("The browser does not allow this here. Press Ctrl+C instead.", "bad");
  }
}

export async function pasteFromClipboard(editor: Editor, at?: readonly [number, number]): Promise<void> {
  try {
    actions.pasteText(editor, await navigator.clipboard.readText(), at);
  } catch {
    editor.say("The browser does not allow this here. Press Ctrl+V instead.", "bad");
  }
}

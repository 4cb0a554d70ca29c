// For tests: a part of the inspector in a page of its own, with the editor around it.

import { act, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import type { Editor } from "../model/editor";
import { EditorProvider } from "../model/hooks";

/** Show something; returns its element and how to take it away. */
export async function mounted(editor: Editor, part: ReactNode): Promise<{ element: HTMLElement; leave: () => Promise<void> }> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const element = document.body.appendChild(document.createElement("div"));
  const root = createRoot(element);
  await act(async () => root.render(<EditorProvider value={editor}>{part}</EditorProvider>));
  const leave = async () => {
    await act(async () => root.unmount());
    element.remove();
  };
  return { element, leave };
}

/** Write into a field as a person does, and let everything that follows from it happen. */
export async function write(field: HTMLInputElement, text: string): Promise<void> {
  await act(async () => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

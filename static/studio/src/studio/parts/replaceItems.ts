import type { Editor } from "../model/editor";
import type { Spot } from "../model/panels";
import type { MenuItem } from "./Menu";

/** Another type in the step's place, which keeps its connections. */
export function replaceItems(editor: Editor, id: string, screen: Spot): MenuItem[] {
  if (editor.store.nodes.get(id)?.type === "core.start") return [];
  return [{ label: "Replace with…", icon: "refresh-cw", run: () => editor.panels.picker.set({ screen, instead: id }) }];
}

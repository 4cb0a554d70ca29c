import { collapse, expand } from "../collab/subworkflow";
import type { Editor } from "../model/editor";
import type { MenuItem } from "./Menu";

/** Steps as a workflow of their own, and back. */
export function subworkflowItems(editor: Editor, id: string, chosen: readonly string[]): MenuItem[] {
  const { boot, store } = editor;
  const step = store.nodes.get(id);
  if (!boot.permissions.publish || !step || step.type === "core.start" || step.type === "core.respond") return [];
  if (step.type === "flow.run") return [{ label: "Expand into its steps", icon: "maximize-2", run: () => void expand(editor, id) }];
  const name = chosen.length > 1 ? `Part of ${store.meta.name}`.slice(0, 200) : store.titleOf(id);
  return [{ label: "Turn into a sub-workflow", icon: "minimize-2", run: () => void collapse(editor, chosen.length ? chosen : [id], name) }];
}

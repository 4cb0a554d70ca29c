import { collapse, expand } from "../collab/subworkflow";
import type { Editor } from "../model/editor";
import type { MenuItem } from "./Menu";

// Where a workflow begins and what it answers stay its own.
const KEPT = ["core.start", "core.respond"];

/** Steps as a workflow of their own, and back. */
export function subworkflowItems(editor: Editor, ids: readonly string[]): MenuItem[] {
  const { boot, store } = editor;
  const steps = ids.flatMap((id) => store.nodes.get(id) ?? []);
  const [first, second] = steps;
  if (!boot.permissions.publish || !first || steps.some((step) => KEPT.includes(step.type))) return [];
  if (!second && first.type === "flow.run") return [{ label: "Expand into its steps", icon: "maximize-2", run: () => void expand(editor, first.id) }];
  const name = second ? `Part of ${store.meta.name}`.slice(0, 200) : store.titleOf(first.id);
  return [{ label: "Turn into a sub-workflow", icon: "minimize-2", run: () => void collapse(editor, ids, name) }];
}

// What live blocks and pictures are called where only text can stand: in Markdown.

import type { Editor } from "../model/editor";
import { liveIdOf } from "./schema";
import type { Reference } from "./markdownOut";

export function referenceIn(editor: Editor): Reference {
  const { boot, store } = editor;
  return (node) => {
    const id = liveIdOf(node);
    switch (node.type.name) {
      case "image":
        return [String(node.attrs["alt"]), `${boot.urls.images}${String(node.attrs["image"])}/`];
      case "node_block":
        return [store.nodes.has(id) ? store.titleOf(id) : "A step that is not here", `/workflows/${boot.workflow.id}/?step=${id}`];
      case "run_block":
        return [`Run ${id.slice(-6).toUpperCase()}`, `/runs/${id}/`];
      default:
        return ["Approval", `/approvals/${id}/`];
    }
  };
}

// The runbook as a tree of plain data, in the form in which files have it; the server reads of a file
// what fits (`apps/workflows/runbook/tree.py`).

import type * as Y from "yjs";
import type { Json, JsonObject } from "./json";

type Piece = { insert: unknown; attributes?: Record<string, Json> };

/** Return all that is in the runbook. */
export function runbookTree(runbook: Y.XmlFragment): JsonObject {
  return { type: "doc", content: contentOf(runbook) };
}

function contentOf(parent: Y.XmlFragment): Json[] {
  return parent.toArray().flatMap((child): Json[] => {
    if (isElement(child))
      return [{ type: child.nodeName, attrs: child.getAttributes() as JsonObject, content: contentOf(child) }];
    return "toDelta" in child ? (child.toDelta() as Piece[]).flatMap(textOf) : [];
  });
}

function textOf({ insert, attributes = {} }: Piece): Json[] {
  if (typeof insert !== "string") return [];
  return [{ type: "text", text: insert, marks: Object.entries(attributes).map(([type, attrs]) => ({ type, attrs })) }];
}

function isElement(child: object): child is Y.XmlElement {
  return "nodeName" in child;
}

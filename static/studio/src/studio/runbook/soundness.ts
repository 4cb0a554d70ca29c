// Whether the editor can show what others put into the document. Somebody who is no editor of ours may
// put anything there; the server takes it out a moment later, and until then nothing is shown.

import * as Y from "yjs";
import { schema } from "./schema";

const DEEPEST = 30;

/** Tell whether there are only elements of the schema, and in them only elements and texts. */
export function isSound(fragment: Y.XmlFragment): boolean {
  return fragment.toArray().every((child) => child instanceof Y.XmlElement && isSoundElement(child, 1));
}

function isSoundElement(element: Y.XmlElement, depth: number): boolean {
  if (depth > DEEPEST || !schema.nodes[element.nodeName]) return false;
  return (element.toArray() as unknown[]).every((child) =>
    child instanceof Y.XmlElement ? isSoundElement(child, depth + 1) : child instanceof Y.XmlText && isSoundText(child),
  );
}

function isSoundText(text: Y.XmlText): boolean {
  return (text.toDelta() as { insert: unknown; attributes?: Record<string, unknown> }[]).every(
    ({ insert, attributes = {} }) => typeof insert === "string" && Object.keys(attributes).every((name) => schema.marks[name]),
  );
}

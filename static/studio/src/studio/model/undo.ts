// Undo of one's own changes; what others changed meanwhile stays.

import * as Y from "yjs";
import { ASSISTANT, LOCAL } from "./stored";
import type { StudioDoc } from "./ydoc";

/** Return the undo manager of a document. Call `stopCapturing()` where a gesture begins. */
export function undoManager(doc: StudioDoc): Y.UndoManager {
  return new Y.UndoManager([doc.nodes, doc.edges, doc.layout, doc.text, doc.meta, doc.notes], {
    trackedOrigins: new Set([LOCAL, ASSISTANT]),
    captureTimeout: 400,
    ignoreRemoteMapChanges: true, // else a key that somebody overwrote can never be undone
  });
}

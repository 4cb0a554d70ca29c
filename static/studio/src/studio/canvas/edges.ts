// How an edge looks, from what the run did at its two ends.

import type { Edge, NodeStatus } from "../model/boot";
import { UNDO_PORT } from "../model/ports";
import type { RunOverlay } from "../model/overlay";

export type EdgeLook = "idle" | "done" | "running" | "failed" | "untaken" | "undo";

export function edgeLook(edge: Edge, overlay: RunOverlay): EdgeLook {
  const source = overlay.get(edge.source);
  const target = overlay.get(edge.target);
  if (edge.source_port === UNDO_PORT.name) return undoLook(target?.status);
  if (source?.status === "failed" && edge.source_port === "error") return "failed";
  if (source?.status === "skipped") return "untaken";
  if (source?.status !== "succeeded") return "idle";
  if (source.port !== null && source.port !== edge.source_port) return "untaken";
  switch (target?.status) {
    case "running":
    case "retrying":
      return "running";
    case "skipped":
    case "cancelled":
      return "untaken";
    case undefined:
    case "queued":
      return "idle";
    default:
      return "done";
  }
}

/** The way to an undo step is only gone when something is taken back. */
function undoLook(status: NodeStatus | undefined): EdgeLook {
  if (status === "succeeded") return "done";
  if (status === "failed") return "failed";
  return status === "running" || status === "retrying" ? "running" : "undo";
}

// How an edge looks, from what the run did at its two ends.

import type { Edge } from "../model/boot";
import type { RunOverlay } from "../model/overlay";

export type EdgeLook = "idle" | "done" | "running" | "failed" | "untaken";

export function edgeLook(edge: Edge, overlay: RunOverlay): EdgeLook {
  const source = overlay.get(edge.source);
  const target = overlay.get(edge.target);
  if (source?.status === "failed" && edge.source_port === "error") return "failed";
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

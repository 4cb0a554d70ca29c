import type { NodeStatus, RunStatus } from "../model/boot";
import { Icon } from "./Icon";

interface Look {
  word: string;
  icon: string;
  tone: "neutral" | "accent" | "ok" | "bad" | "wait" | "warn";
}

/** Words, icons and tones of every status; colour is never the only sign. */
export const STATUS: Record<NodeStatus | RunStatus, Look> = {
  queued: { word: "Queued", icon: "clock", tone: "neutral" },
  running: { word: "Running", icon: "loader-circle", tone: "accent" },
  waiting: { word: "Waiting", icon: "hand", tone: "wait" },
  retrying: { word: "Retrying", icon: "repeat", tone: "warn" },
  succeeded: { word: "Done", icon: "check", tone: "ok" },
  failed: { word: "Failed", icon: "x", tone: "bad" },
  skipped: { word: "Skipped", icon: "minus", tone: "neutral" },
  cancelled: { word: "Cancelled", icon: "square", tone: "neutral" },
  paused: { word: "Paused", icon: "pause", tone: "wait" },
  timed_out: { word: "Timed out", icon: "timer", tone: "bad" },
  needs_attention: { word: "Needs attention", icon: "triangle-alert", tone: "warn" },
};

export function StatusPill({ status }: { status: NodeStatus | RunStatus }) {
  const { word, icon, tone } = STATUS[status];
  return (
    <span className={`pill pill-${tone}`} data-status={status}>
      <Icon name={icon} size={12} />
      {word}
    </span>
  );
}

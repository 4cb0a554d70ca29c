// The small timeline of the run bar: who ran when, as parts of the whole.

import type { NodeStatus } from "./boot";
import type { NodeOverlay } from "./overlay";

export interface Bar {
  id: string;
  status: NodeStatus;
  /** In percent of the whole. */
  left: number;
  width: number;
}

/**
 * Return a bar for each step that started, from the first start until the end or `now`; within a span,
 * where one is given: what runs at that moment is not over there.
 */
export function bars(
  steps: Iterable<readonly [string, NodeOverlay]>,
  now: number,
  finishedAt: number | null,
  span?: readonly [begin: number, end: number],
): Bar[] {
  const started = [...steps].filter(
    (each): each is [string, NodeOverlay & { startedAt: number }] => each[1].startedAt !== null,
  );
  if (!started.length) return [];
  const begin = span?.[0] ?? Math.min(...started.map(([, step]) => step.startedAt));
  const endOf = (step: NodeOverlay & { startedAt: number }) =>
    step.ms !== null ? step.startedAt + step.ms : ((span ? null : finishedAt) ?? now);
  const end = span?.[1] ?? Math.max(finishedAt ?? now, ...started.map(([, step]) => endOf(step)));
  const whole = Math.max(1, end - begin);
  return started
    .sort(([, a], [, b]) => a.startedAt - b.startedAt)
    .map(([id, step]) => ({
      id,
      status: step.status,
      left: ((step.startedAt - begin) / whole) * 100,
      width: (Math.max(0, endOf(step) - step.startedAt) / whole) * 100,
    }));
}

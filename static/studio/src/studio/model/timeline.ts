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
 * Return a bar for each step that started, from the first start until the end or `now`; or at places from
 * 0 to 1, where these are given: what runs at that moment is not over there.
 */
export function bars(
  steps: Iterable<readonly [string, NodeOverlay]>,
  now: number,
  finishedAt: number | null,
  placeOf?: (moment: number) => number,
): Bar[] {
  const started = [...steps].filter(
    (each): each is [string, NodeOverlay & { startedAt: number }] => each[1].startedAt !== null,
  );
  if (!started.length) return [];
  const endOf = (step: NodeOverlay & { startedAt: number }) =>
    step.ms !== null ? step.startedAt + step.ms : ((placeOf ? null : finishedAt) ?? now);
  const begin = Math.min(...started.map(([, step]) => step.startedAt));
  const end = Math.max(finishedAt ?? now, ...started.map(([, step]) => endOf(step)));
  const place = placeOf ?? ((moment: number) => (moment - begin) / Math.max(1, end - begin));
  return started
    .sort(([, a], [, b]) => a.startedAt - b.startedAt)
    .map(([id, step]) => ({
      id,
      status: step.status,
      left: place(step.startedAt) * 100,
      width: Math.max(0, place(endOf(step)) - place(step.startedAt)) * 100,
    }));
}

// Where the moments of a run lie when it is told once more: long idle times are folded, by the rule of
// the run's own page, so that a run that waited an hour for somebody can be dragged through.

import type { RunEvent } from "./runs";

const WIDTH = 0.15; // of the whole, for each folded time
const SHARE = 0.3; // an idle time is folded from this share of the whole on
const SHORTEST = 3000;
const MOST = 3;

type Span = readonly [from: number, to: number];

export class Scale {
  /** The folded times, in milliseconds since the first event. */
  readonly folded: readonly Span[];
  /** Moments with their places, both rising; in between it is even. */
  readonly #points: Span[] = [[0, 0]];

  constructor(events: readonly RunEvent[], timeOf: (index: number) => number, length: number) {
    this.folded = longest(idle(events, timeOf), length);
    const worked = this.folded.reduce((left, [from, to]) => left - (to - from), length);
    const rate = (1 - WIDTH * this.folded.length) / Math.max(1, worked);
    let [at, place] = [0, 0];
    for (const [from, to] of this.folded) {
      place += (from - at) * rate;
      this.#points.push([from, place], [to, (place += WIDTH)]);
      at = to;
    }
    this.#points.push([Math.max(1, length), 1]);
  }

  /** Return the place of a moment, from 0 to 1. */
  place(at: number): number {
    return between(this.#points, at);
  }

  /** Return the moment at a place. */
  moment(place: number): number {
    return between(this.#points.map(([at, place]) => [place, at] as const), place);
  }
}

/** Return when no step was at work. */
function idle(events: readonly RunEvent[], timeOf: (index: number) => number): Span[] {
  const working = new Set<string>();
  const found: Span[] = [];
  events.forEach(({ type, node }, index) => {
    if (index > 0 && !working.size) found.push([timeOf(index - 1), timeOf(index)]);
    if (node && type === "node.started") working.add(node);
    else if (node) working.delete(node);
  });
  return found;
}

function longest(idle: readonly Span[], length: number): Span[] {
  const long = (span: Span) => span[1] - span[0];
  return idle
    .filter((span) => long(span) >= Math.max(SHORTEST, SHARE * length))
    .sort((a, b) => long(b) - long(a))
    .slice(0, MOST)
    .sort(([a], [b]) => a - b);
}

function between(points: readonly Span[], value: number): number {
  const found = points.findIndex(([key]) => key >= value);
  const next = found < 0 ? points.length - 1 : Math.max(1, found);
  const [from, to] = [points[next - 1], points[next]];
  if (!from || !to) return 0;
  const share = (value - from[0]) / Math.max(Number.EPSILON, to[0] - from[0]);
  return from[1] + Math.min(1, Math.max(0, share)) * (to[1] - from[1]);
}

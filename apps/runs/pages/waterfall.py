"""A run drawn over time: a row for each step, a bar for each attempt, waits and idle gaps.

Everything here is plain data from what the run has stored; the templates only place it. Positions
are percentages of the plot. Time in which nothing works, such as a night of waiting for a person,
is folded into a band of fixed width, so that the seconds of work stay readable.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from apps.common.types import JSONDict
from apps.common.words import of_code
from apps.runs.models import NodeRun, RunEvent
from apps.runs.pages.rounds import Rounds

GAP_WIDTH = 15.0  # of the plot, in percent
MAX_GAPS = 3
SHORTEST_GAP_S = 3.0
GAP_SHARE = 0.3  # an idle time is folded from this share of the whole on
SHORTEST_BAR = 0.7  # percent: three pixels
PLOT_END = 97.0
TIGHT = 62  # percent, from which on words stand at the left of a bar
STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
MOST_TICKS = 7
DAY_S = 86_400

APPROVAL = "human.approval"
LOST = "lost"
RECOVERED = "run.recovered"
DRAWN = frozenset(
    f"node.{word}"
    for word in ("started", "succeeded", "failed", "retrying", "waiting", "decided", "cancelled")
) | {RECOVERED}
COLOURS = {
    "node.succeeded": "ok",
    "node.failed": "bad",
    "node.retrying": "bad",
    "node.cancelled": "off",
    "node.waiting": "ok",
}


@dataclass
class Attempt:
    """One try of a step, or one of its waits; open ones end now."""

    number: int
    start: datetime
    end: datetime | None = None
    colour: str = "run"
    error: JSONDict | None = None
    delay_s: float | None = None  # until the next try
    is_wait: bool = False
    begun: int = 0  # the number of the event with which it began, and of that with which it ended
    ended: int | None = None

    @property
    def is_lost(self) -> bool:
        """Whether its worker was lost, so that nobody knows its end."""
        return self.colour == LOST


@dataclass(frozen=True)
class Bar:
    """A bar of a row, in percent of the plot."""

    x: float
    width: float
    colour: str
    begun: int = 0  # from which event of the run on it is there, and with which it is over
    ended: int | None = None

    @property
    def end(self) -> float:
        """Where it ends."""
        return round(self.x + self.width, 2)


@dataclass(frozen=True)
class Tick:
    """A line of the axis; or, with a width, a folded gap."""

    x: float
    label: str
    width: float = 0.0


@dataclass(frozen=True)
class Line:
    """What a row or one of its tries shows in the plot."""

    bars: list[Bar]
    waits_between: list[Bar]
    label: str
    label_x: float
    label_left: bool  # of the bar, where the right is tight
    seconds: float | None
    amount: str = ""  # in words, where bars show one instead of time


@dataclass(frozen=True)
class Row:
    """A step of the run's version, reached or not."""

    node: str
    title: str
    type: str
    status: str
    run: NodeRun | None
    line: Line
    count: int  # of its tries
    depth: int = 0  # in how many others it lies
    rounds: Rounds | None = None  # of those inside it
    tries: list[tuple[Attempt, Line]] = field(default_factory=list)


@dataclass(frozen=True)
class Waterfall:
    """All rows over one axis."""

    rows: list[Row]
    ticks: list[Tick]
    gaps: list[Tick]
    axis: "Axis | None" = None  # none where the bars show no time


class Axis:
    """From a moment to its place, with long idle times folded."""

    def __init__(
        self, start: datetime, end: datetime, busy: Iterable[tuple[datetime, datetime]]
    ) -> None:
        """Fold the longest times of the span that no busy interval covers."""
        self.start = start
        self.total = max((end - start).total_seconds(), 0.001)
        self.folded = self._fold(sorted(self._offsets(busy)))
        idle = sum(b - a for a, b in self.folded)
        self.active = max(self.total - idle, 0.001)
        self.scale = (PLOT_END - GAP_WIDTH * len(self.folded)) / self.active

    def x(self, moment: datetime) -> float:
        """Return the place of a moment."""
        return self._place((moment - self.start).total_seconds())

    def bar(self, attempt: Attempt, now: datetime) -> Bar:
        """Return a bar that is wide enough to be seen."""
        x = min(self.x(attempt.start), PLOT_END - SHORTEST_BAR)
        width = max(self.x(attempt.end or now) - x, SHORTEST_BAR)
        return Bar(round(x, 2), round(width, 2), attempt.colour, attempt.begun, attempt.ended)

    def points(self) -> list[tuple[float, float]]:
        """Return seconds with their places, between which the axis is straight.

        Stretches of work and folded ones take turns, beginning with one of work.
        """
        seconds = [0.0, *(each for gap in sorted(self.folded) for each in gap), self.total]
        return [(round(each, 3), round(self._place(each), 3)) for each in seconds]

    def ticks(self) -> list[Tick]:
        """Return the lines of the axis, at round times of work."""
        fitting = (step for step in STEPS_S if self.active / step <= MOST_TICKS)
        step = next(fitting, DAY_S)
        count = int(self.active / step) + 1
        ticks = [
            Tick(round(self._place(self._with_idle(place * step)), 2), _mark(place * step))
            for place in range(count)
        ]
        # The label of a gap stands at its beginning: no tick may write over it.
        taken = [(gap.x - 5, gap.x + gap.width - 1) for gap in self.gaps()]
        return [tick for tick in ticks if not any(a < tick.x < b for a, b in taken)]

    def gaps(self) -> list[Tick]:
        """Return the folded bands, labelled by their length."""
        return [
            Tick(round(self._place(a), 2), clock(b - a), width=GAP_WIDTH) for a, b in self.folded
        ]

    def _offsets(self, spans: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[float, float]]:
        for a, b in spans:
            yield (a - self.start).total_seconds(), (b - self.start).total_seconds()

    def _fold(self, busy: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        idle, reached = [], 0.0
        for a, b in [*busy, (self.total, self.total)]:
            if a - reached >= max(SHORTEST_GAP_S, GAP_SHARE * self.total):
                idle.append((reached, a))
            reached = max(reached, b)
        return sorted(idle, key=lambda gap: gap[0] - gap[1])[:MAX_GAPS] if busy else []

    def _place(self, offset: float) -> float:
        x, reached = 0.0, 0.0
        for a, b in sorted(self.folded):
            if offset <= a:
                break
            x += (a - reached) * self.scale
            x += GAP_WIDTH * min(1.0, (offset - a) / (b - a))
            reached = b
        return max(0.0, x + max(0.0, offset - reached) * self.scale)

    def _with_idle(self, worked: float) -> float:
        for a, b in sorted(self.folded):
            if worked <= a:
                break
            worked += b - a
        return worked


def draw(
    nodes: Sequence[JSONDict],
    node_runs: dict[str, NodeRun],
    events: Iterable[RunEvent],
    *,
    start: datetime,
    end: datetime,
    opened: str = "",
) -> Waterfall:
    """Draw a run: `nodes` are the version's steps in order, `opened` the one whose tries show."""
    told = list(events)
    attempts = attempts_of(told)
    for node, run in node_runs.items():
        if node not in attempts and run.started_at:
            attempts[node] = [_whole(run, told)]
    busy = [
        (each.start, each.end or end) for found in attempts.values() for each in found
        if not each.is_wait
    ]  # fmt: skip
    axis = Axis(start, end, busy)
    rows = [
        _row(node, node_runs.get(node["id"]), attempts.get(node["id"], []), axis, end, opened)
        for node in nodes
    ]
    return Waterfall(rows, axis.ticks(), axis.gaps(), axis)


def attempts_of(events: Iterable[RunEvent]) -> dict[str, list[Attempt]]:
    """Return the tries and waits of each step, by what the run's events say."""
    found: dict[str, list[Attempt]] = {}
    for event in events:
        if event.type not in DRAWN:
            continue
        if event.type == RECOVERED:
            _lose(found, event)
            continue
        tries = found.setdefault(event.node, [])
        open_ = tries[-1] if tries and tries[-1].end is None else None
        if open_ is not None and event.type != "node.started":
            _close(open_, event)
        elif event.type == "node.started":
            tries.append(Attempt(_count(tries) + 1, event.at, begun=event.seq))
        if event.type == "node.waiting":
            wait = Attempt(_count(tries), event.at, colour="wait", is_wait=True, begun=event.seq)
            tries.append(wait)
    return {node: tries for node, tries in found.items() if tries}


def _count(attempts: Sequence[Attempt]) -> int:
    """Return how many tries there were; a lost one is one, though its step counts it once."""
    return sum(not each.is_wait for each in attempts)


def _lose(found: dict[str, list[Attempt]], event: RunEvent) -> None:
    """End the tries that were under way when the carrier was last heard of."""
    heard = event.at - timedelta(seconds=event.data["silent_s"])
    for node in event.data["nodes"]:
        for attempt in found.get(node, [])[-1:]:
            if attempt.end is None and not attempt.is_wait:
                attempt.end, attempt.colour = max(heard, attempt.start), LOST
                attempt.ended = event.seq  # nobody knew it sooner


def clock(seconds: float) -> str:
    """Return a duration in words: 0.01 s, 12.4 s, 13 m 48 s, 2 h 5 m, 3 d."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    units = (("d", DAY_S, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1))
    for name, size, smaller, part in units:
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            tail = f" {rest // part:.0f} {smaller}" if rest >= part else ""
            return f"{whole:.0f} {name}{tail}"
    return ""


def _mark(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else clock(seconds)


def _close(attempt: Attempt, event: RunEvent) -> None:
    attempt.end, attempt.ended = event.at, event.seq
    attempt.error = event.data.get("error")
    attempt.delay_s = event.data.get("delay_s")
    if not attempt.is_wait:
        attempt.colour = COLOURS.get(event.type, "ok")


def _whole(run: NodeRun, events: Sequence[RunEvent]) -> Attempt:
    """Return the one try of a step whose beginning no event tells, such as one that was given."""
    seqs = [event.seq for event in events if event.node == run.node]
    colours = {"succeeded": "ok", "failed": "bad", "waiting": "wait", "cancelled": "off"}
    assert run.started_at is not None
    return Attempt(
        run.attempt,
        run.started_at,
        run.finished_at,
        colours.get(run.status, "run"),
        is_wait=run.status == NodeRun.Status.WAITING,
        begun=seqs[0] if seqs else 0,
        ended=(seqs[-1] if seqs else 0) if run.finished_at else None,
    )


def _row(
    node: JSONDict,
    run: NodeRun | None,
    attempts: list[Attempt],
    axis: Axis,
    now: datetime,
    opened: str,
) -> Row:
    tries = []
    if node["id"] == opened and len(attempts) > 1:
        tries = [(each, _line([each], axis, now, _said(each))) for each in attempts]
    return Row(
        node=node["id"],
        title=(run.title if run else "") or node.get("title") or node["id"],
        type=node["type"],
        status=run.status if run else "",
        run=run,
        line=_line(attempts, axis, now, _note_of(run)),
        count=_count(attempts),
        depth=node.get("depth", 0),
        rounds=node.get("rounds"),
        tries=tries,
    )


def _line(attempts: Sequence[Attempt], axis: Axis, now: datetime, label: str) -> Line:
    if not attempts:
        return Line([], [], "", 0, label_left=False, seconds=None)
    bars = [axis.bar(each, now) for each in attempts]
    between = [
        Bar(a.x + a.width, round(b.x - a.x - a.width, 2), "backoff")
        for a, b in pairwise(bars)
        if b.x > a.x + a.width
    ]
    ends = bars[-1].x + bars[-1].width
    left = ends > TIGHT
    if left and bars[0].x < 100 - TIGHT:
        label = ""  # there is no room at either side; the tries below say it
    seconds = ((attempts[-1].end or now) - attempts[0].start).total_seconds()
    return Line(bars, between, label, bars[0].x if left else ends, left, seconds)


def _said(attempt: Attempt) -> str:
    if attempt.is_wait:
        return "waited" if attempt.end else "waiting"
    if attempt.is_lost:
        return "lost with its worker"
    said = of_code((attempt.error or {}).get("code", ""))
    if attempt.delay_s is not None:
        return f"{said}, again in {clock(attempt.delay_s)}"
    return f"{said}, gave up" if said else ""


def _note_of(run: NodeRun | None) -> str:
    """Return the few words beside a row's bars: the way it went, or what stopped it."""
    if run is None:
        return ""
    if run.error and run.status == NodeRun.Status.FAILED:
        return str(run.error.get("code", ""))
    decided: Any = run.output if run.type == APPROVAL else None  # others' are not read
    if isinstance(decided, dict):
        return " ".join(str(decided.get(key) or "") for key in ("decided_by", "decision")).strip()
    return run.port if run.port not in {"", "out"} else ""

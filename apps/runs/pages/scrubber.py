"""What the bar under a run's steps needs, to show them as they stood at an earlier moment.

A page gets numbers and the names of events, never what an event holds: what is withheld from its
reader is not in here either. What of it stays small, however long the run, is counted below.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate

from apps.common.types import JSONDict
from apps.runs.models import Run, RunEvent
from apps.runs.pages.waterfall import DRAWN, LOST, PLOT_END, Axis, Bar, Waterfall
from apps.runs.state.events import TYPES

# What a step prints changes nothing of how the run stands.
TOLD = DRAWN | {"node.skipped"} | {each for each in TYPES if each.startswith("run.")}
MOST_STOPS = 2_000
MOST_SEGMENTS = 300
LOUD = ("off", "ok", "run", "wait", LOST, "bad")  # what lies over what

Stop = tuple[int, float, int, str]  # number, seconds from the beginning, row, what happened
Segment = tuple[float, float, str]  # place and width in percent, colour


def scrubber_of(
    run: Run, drawn: Waterfall, events: Iterable[RunEvent], start: datetime
) -> JSONDict | None:
    """Return the axis, the events to stop at and the coloured segments of a run's bar."""
    if drawn.axis is None or not drawn.rows:
        return None
    return {
        "live": not run.is_finished,
        "total": run.seq,
        "axis": drawn.axis.points(),
        "stops": _thinned(_stops(drawn, events, drawn.axis, start)),
        "segments": _segments([bar for row in drawn.rows for bar in row.line.bars]),
    }


def _stops(drawn: Waterfall, events: Iterable[RunEvent], axis: Axis, start: datetime) -> list[Stop]:
    rows = {row.node: place for place, row in enumerate(drawn.rows)} | {"": -1}
    told = [event for event in events if event.node in rows]
    # Several workers write one history, each by its own clock: time never goes back here.
    moments = accumulate(((event.at - start).total_seconds() for event in told), max, initial=0.0)
    return [
        (event.seq, round(min(at, axis.total), 3), rows[event.node], _word(event.type))
        for event, at in zip(told, list(moments)[1:], strict=True)
    ]


def _word(event_type: str) -> str:
    return event_type.partition(".")[2].replace("_", " ")


def _thinned(stops: Sequence[Stop]) -> list[Stop]:
    """Keep each second, third, ... of very many, and the last in any case."""
    size = -(-len(stops) // MOST_STOPS)
    if size <= 1:
        return list(stops)
    kept = list(stops[::size])
    return kept if kept[-1] == stops[-1] else [*kept[:-1], stops[-1]]


def _segments(bars: Iterable[Bar]) -> list[Segment]:
    """Return the bars as parts of the track, quiet and wide ones below; of many, the loudest."""
    ordered = sorted(bars, key=lambda bar: (LOUD.index(bar.colour), -bar.width))
    return [
        (round(bar.x * 100 / PLOT_END, 2), round(bar.width * 100 / PLOT_END, 2), bar.colour)
        for bar in ordered[-MOST_SEGMENTS:]
    ]

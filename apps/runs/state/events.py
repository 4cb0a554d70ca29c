"""The history of a run: events with numbers that have no gap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.common import records
from apps.common.records import Rows
from apps.common.types import JSONDict
from apps.runs.models import Run, RunEvent

TYPES = frozenset(
    {
        "run.queued", "run.started", "run.waiting", "run.resumed", "run.paused", "run.succeeded",
        "run.failed", "run.cancelled", "run.timed_out", "run.needs_attention", "run.cancelling",
        "run.pausing", "run.settled", "run.recovered", "run.moved", "run.undoing",
        "node.started", "node.succeeded", "node.failed", "node.retrying", "node.waiting",
        "node.voted", "node.decided", "node.skipped", "node.cancelled", "node.log",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """Something that happened, before it has its number."""

    type: str
    node: str = ""
    attempt: int | None = None
    data: JSONDict = field(default_factory=dict)
    at: datetime = field(default_factory=timezone.now)
    frame: str = ""


Listener = Callable[[Run, Sequence[Event]], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    """Let an app above hear what happens, in the transaction that writes it down.

    It is called for every run: a listener looks at the types first, and costs nothing for most.
    """
    _listeners.append(listener)


def tell_listeners(run: Run, events: Sequence[Event]) -> None:
    """Tell what happened to the apps above; what they write is kept or lost with it."""
    for listener in _listeners:
        listener(run, events)


def append(
    run: Run,
    events: Sequence[Event],
    *also: Rows,
    plus: JSONDict | None = None,
    **changes: Any,
) -> list[JSONDict]:
    """Change the run and add events in one go; return them as they are told to watchers.

    `plus` is added to what its row has, `also` are other rows to write. The run's row is locked by
    the update, so two writers cannot give the same number.
    """
    values = {"updated_at": timezone.now(), **changes}
    plus = {"seq": len(events), **(plus or {})}
    run.seq = records.change(run, values, plus=plus, returning="seq")
    for name, value in changes.items():
        setattr(run, name, value)
    return insert(run, events, *also)


def insert(run: Run, events: Sequence[Event], *also: Rows) -> list[JSONDict]:
    """Add the last events that a run has counted; return them as they are told to watchers."""
    first = run.seq - len(events) + 1
    numbered = list(enumerate(events, first))
    rows = [{"run_id": run.pk, "seq": seq, **vars(event)} for seq, event in numbered]
    records.write(*also, Rows(RunEvent, rows))
    tell_listeners(run, events)
    return [as_json(event, seq) for seq, event in numbered]


def as_json(event: Event | RunEvent, seq: int) -> JSONDict:
    """Return an event as the API and the sockets tell it."""
    told: JSONDict = {"seq": seq, "type": event.type, "at": event.at.isoformat()}
    if event.node:
        told["node"] = event.node
    if event.frame:
        told["frame"] = event.frame
    if event.attempt is not None:
        told["attempt"] = event.attempt
    return {**told, "data": event.data}


def frame(run: Run, *told: JSONDict) -> JSONDict:
    """Return the message by which the processes of watchers hear events of one writing."""
    return {"type": "events", "run": str(run.pk), "events": told}

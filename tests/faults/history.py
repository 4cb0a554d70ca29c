"""The history of a run, folded by hand: what must be stored, told from its events alone.

This knows nothing of the engine but the meaning of events, as `docs/promise.md` gives it: were
both made from one code, a mistake in it would agree with itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

STEP_ENDS = {
    "node.succeeded": "succeeded",
    "node.failed": "failed",
    "node.skipped": "skipped",
    "node.cancelled": "cancelled",
}
STEP_STATUS = STEP_ENDS | {
    "node.started": "running",
    "node.waiting": "waiting",
    "node.retrying": "retrying",
}
RUN_STATUS = {
    "run.queued": "queued", "run.started": "running", "run.waiting": "waiting",
    "run.resumed": "running", "run.paused": "paused", "run.succeeded": "succeeded",
    "run.failed": "failed", "run.cancelled": "cancelled", "run.timed_out": "timed_out",
    "run.needs_attention": "needs_attention",
}  # fmt: skip
RUN_ENDS = frozenset({"succeeded", "failed", "cancelled", "timed_out"})
NOT_A_STATUS = frozenset(
    {
        "run.cancelling", "run.moved", "run.pausing", "run.recovered", "run.settled", "run.undoing",
        "node.decided", "node.log", "node.voted",
    }
)  # fmt: skip


class Event(Protocol):
    """What the fold reads of an event."""

    @property
    def seq(self) -> int: ...

    @property
    def type(self) -> str: ...

    @property
    def node(self) -> str: ...

    @property
    def frame(self) -> str: ...

    @property
    def attempt(self) -> int | None: ...

    @property
    def data(self) -> Any: ...


Key = tuple[str, str]  # the frame that a step lies in, empty for the workflow itself, and its id


@dataclass
class Step:
    """What the events say of one step."""

    status: str = ""
    attempt: int = 1
    port: str = ""
    error: Any = None
    starts: int = 0
    ends: int = 0


@dataclass
class Told:
    """What the events say of a run, and what in them contradicts itself."""

    status: str = ""
    error: Any = None
    cost_usd: str | None = None
    tokens: int | None = None
    steps: dict[Key, Step] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.status in RUN_ENDS


def fold(events: Iterable[Event]) -> Told:
    """Fold events in the order of their numbers."""
    told = Told()
    for place, event in enumerate(sorted(events, key=lambda each: each.seq), 1):
        if event.seq != place:
            told.wrong.append(f"I3 #{event.seq} stands where #{place} should: there is a gap")
            return told
        _take(told, event)
    return told


def _take(told: Told, event: Event) -> None:
    if told.is_over:
        told.wrong.append(f"I3 {event.type} after the end")
    if event.type in RUN_STATUS:
        told.status = RUN_STATUS[event.type]
        told.error = event.data.get("error")
        if told.is_over:
            told.cost_usd, told.tokens = event.data.get("cost_usd"), event.data.get("tokens")
    elif event.type in STEP_STATUS:
        _take_step(told, told.steps.setdefault((event.frame, event.node), Step()), event)
    elif event.type not in NOT_A_STATUS:
        told.wrong.append(f"I3 {event.type} is no event that we know")


def _take_step(told: Told, step: Step, event: Event) -> None:
    if step.ends:
        told.wrong.append(f"I4 {event.type} of {event.node} after its end")
    step.status = STEP_STATUS[event.type]
    step.attempt = event.attempt or 1
    step.starts += event.type == "node.started"
    step.ends += event.type in STEP_ENDS
    match event.type:
        case "node.retrying":
            step.attempt += 1  # the number of the attempt that follows
            step.error = event.data.get("error", step.error)  # none where a person wants it again
        case "node.failed":
            step.error = event.data["error"]
            step.port = "error" if event.data.get("handled") == "branch" else ""
        case "node.succeeded":
            step.port = event.data.get("port") or ""


def differences(told: Told, stored: Mapping[Key, Mapping[str, Any]]) -> list[str]:
    """Compare the steps that events tell of with rows: status, attempt, port and error of each."""
    found = []
    for key in sorted({*told.steps, *stored}):
        step, row, name = told.steps.get(key), stored.get(key), " ".join(key).strip()
        if step is None or row is None:
            found.append(f"I3 {name} has {'no events' if step is None else 'no row'}")
            continue
        said = {"status": step.status, "attempt": step.attempt, "port": step.port}
        if step.error is not None:
            said["error"] = step.error
        found += [
            f"I3 {name}: events say {what} {value!r}, stored is {row[what]!r}"
            for what, value in said.items()
            if value != row[what]
        ]
    return found

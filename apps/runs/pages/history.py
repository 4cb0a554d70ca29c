"""What happened in a run, in words: each event a line that says who, what and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.common.types import JSONDict
from apps.common.words import of_code
from apps.runs.models import Run, RunEvent
from apps.runs.pages.waterfall import RECOVERED, clock

MOST = 500
ANSWERS = {"happened": "it happened", "again": "do it again", "fail": "it failed"}
Words = Callable[[JSONDict], str]


@dataclass(frozen=True)
class Moment:
    """One event as the page shows it."""

    seq: int
    at: datetime
    what: str
    step: str
    colour: str  # of its mark: ok, warn, bad or none


@dataclass(frozen=True)
class Recovery:
    """A carrier that was lost, and what that cost."""

    at: datetime
    lost: str
    by: str
    silent: str
    steps: list[str]
    strikes: int
    fence: int


def moments(run: Run, titles: Mapping[str, str]) -> list[Moment]:
    """Return the first events of a run in words."""
    return [
        Moment(
            event.seq, event.at, _words(event), titles.get(event.node, event.node),
            COLOURS.get(event.type, ""),
        )
        for event in run.events.order_by("seq")[:MOST]
    ]  # fmt: skip


def is_recovery(event: RunEvent) -> bool:
    """Tell whether the event says that a carrier was lost."""
    return event.type == RECOVERED


def told_recovery(event: RunEvent, titles: Mapping[str, str]) -> Recovery:
    """Return what a recovery's event says."""
    data = event.data
    return Recovery(
        event.at, data["lost"], data["by"], clock(data["silent_s"]),
        [titles.get(node, node) for node in data["nodes"]], data["strikes"], data["fence"],
    )  # fmt: skip


def _words(event: RunEvent) -> str:
    said = WORDS.get(event.type)
    if said is None:
        return event.type.partition(".")[2].replace("_", " ").capitalize()
    text = said(event.data)
    tries = event.attempt is not None and event.attempt > 1 and event.type == "node.started"
    return f"{text}, try {event.attempt}" if tries else text


def _by(text: str) -> Words:
    return lambda data: f"{text} by {data['by']}" if data.get("by") else text


def _ended(text: str) -> Words:
    def say(data: JSONDict) -> str:
        if data.get("pinned"):
            return "Given, not run"
        if data.get("linked"):
            return "Taken over from the earlier run"
        error: Any = data.get("error") or {}
        return f"{text}: {error['message']}" if error.get("message") else text

    return say


def _retrying(data: JSONDict) -> str:
    if data.get("settled"):
        return "To be done again, as a person decided"
    code = of_code((data.get("error") or {}).get("code", "failed"))
    return f"{code}, again in {clock(data.get('delay_s') or 0)}"


def _for_a_place(limits: JSONDict) -> str:
    """Say which limit holds a step: that of a credential, of a provider, or of the workspace."""
    if limits.get("credential"):
        calls = f"{limits['calls']} at a time"
        return f"Waits for a free call of the credential “{limits['credential']}”: {calls}"
    if limits.get("provider"):
        return f"Waits for a free place: {limits['provider']} is called {limits['calls']} at a time"
    return f"Waits for a free place: {limits['workspace']} steps reach outside at a time"


def _waiting(data: JSONDict) -> str:
    if data.get("kind") == "place":
        return _for_a_place(data["limits"])
    kind = {"approval": "Asks a person", "delay": "Waits"}.get(data.get("kind", ""), "Waits")
    return f"{kind} until {data['until'][:16].replace('T', ' ')} UTC" if data.get("until") else kind


def _recovered(data: JSONDict) -> str:
    worker = f"Worker {data['lost']} was lost and not heard of for {clock(data['silent_s'])}"
    return f"{worker}; {data['by']} took over (fence {data['fence']}, strike {data['strikes']})"


def _settled(data: JSONDict) -> str:
    answer = ANSWERS.get(data.get("choice", ""), "answered")
    reason = f": {data['reason']}" if data.get("reason") else ""
    return f"{data.get('by', 'A person')} said “{answer}”{reason}"


def _moved(data: JSONDict) -> str:
    return f"Moved from version {data['from'] or 'draft'} to {data['to']} by {data['by']}"


def _cancelling(data: JSONDict) -> str:
    text = _by("Ended at once" if data.get("at_once") else "Cancel asked for")(data)
    return f"{text}: {data['reason']}" if data.get("reason") else text


def _succeeded(data: JSONDict) -> str:
    return "Answered from cache, no step ran" if "cached_from" in data else "Succeeded"


WORDS: dict[str, Words] = {
    "run.succeeded": _succeeded,
    "run.cancelling": _cancelling,
    "run.pausing": _by("Pause asked for"),
    "run.recovered": _recovered,
    "run.settled": _settled,
    "run.moved": _moved,
    "run.failed": _ended("Failed"),
    "run.needs_attention": _ended("Stands still until a person has looked"),
    "run.waiting": lambda _data: "Waits; no worker is held",
    "run.resumed": lambda _data: "Goes on",
    "node.succeeded": _ended("Done"),
    "node.failed": _ended("Failed"),
    "node.retrying": _retrying,
    "node.waiting": _waiting,
    "node.decided": lambda data: f"{data.get('by', 'A person')} decided: {data.get('decision')}",
}
COLOURS = {
    "run.succeeded": "ok", "node.succeeded": "ok", "node.decided": "ok",
    "run.failed": "bad", "node.failed": "bad", "run.timed_out": "bad",
    "run.recovered": "warn", "run.needs_attention": "warn", "node.retrying": "warn",
}  # fmt: skip

"""How runs end, or stop until a person has looked at them."""

from apps.common.types import JSON, JSONDict
from apps.dispatch.exceptions import WokenUp
from apps.dispatch.models import Ticket
from apps.runs.course import Stored
from apps.runs.ledger import Ledger
from apps.runs.models import NodeRun, Run
from apps.runs.outcomes import Failure
from apps.runs.vector import Byte

Status = Run.Status


class RunEnds(Exception):
    """The run is over, or cannot go on without a person's word."""

    def __init__(self, status: str, error: JSONDict | None = None, outputs: JSON = None) -> None:
        """Say how it ends; an error also names the step that it is about."""
        super().__init__(status)
        self.status = status
        self.error = error
        self.outputs = outputs

    @classmethod
    def failed(cls, failure: Failure, node: str) -> "RunEnds":
        """A step failed, and nothing in the workflow deals with that."""
        return cls(Status.FAILED, {**failure.as_json(), "node": node})

    @classmethod
    def too_late(cls) -> "RunEnds":
        """The time that the workflow gives its runs is over."""
        hint = "Give the runs of this workflow more time, or make its steps faster."
        return cls(Status.TIMED_OUT, _error("timed_out", "The run took longer than it may.", hint))

    @classmethod
    def unsure(cls, node: str) -> "RunEnds":
        """A worker died while a step ran that must not be done twice."""
        return cls(
            Status.NEEDS_ATTENTION,
            _error(
                "outcome_unknown",
                "The worker died while this step ran; whether it took effect is not known.",
                "Look at its target, then run from here or from the step after it.",
                node,
            ),
        )

    @classmethod
    def poison(cls, run: Run) -> "RunEnds":
        """Workers keep dying on this run."""
        places = [place for place, byte in enumerate(run.state) if byte in _SUSPECT]
        rows = NodeRun.objects.filter(run=run, place__in=places)
        node = rows.values_list("node", flat=True).first() or ""
        return cls(
            Status.NEEDS_ATTENTION,
            _error(
                "poison",
                "Workers died three times in a row while they carried this run.",
                "Look at what this step works on; run from here with less of it.",
                node,
            ),
        )

    @classmethod
    def unknown(cls, reason: Exception) -> "RunEnds":
        """This engine does not know something that the version is made of: it never guesses."""
        hint = "Run it with the release that knows it, or publish the workflow anew."
        return cls(Status.NEEDS_ATTENTION, _error("unknown_version", str(reason), hint))


_SUSPECT = frozenset({Byte.RUNNING, Byte.COMMITTED})


def close(ledger: Ledger, end: RunEnds, stored: Stored) -> None:
    """Write the end of a run. One that needs attention keeps its ticket, parked. Raises Fenced."""
    if end.status != Status.NEEDS_ATTENTION:
        ledger.finish(stored, end.status, outputs=end.outputs, error=end.error)
        return
    while True:
        try:
            news = ledger.flush(stored)
            ledger.release(
                stored,
                wake_seen=news.wake,
                ticket=Ticket.Status.PAUSED,
                status=end.status,
                error=end.error,
            )
        except WokenUp:
            continue
        return


def _error(code: str, message: str, hint: str, node: str = "") -> JSONDict:
    return {"code": code, "message": message, "hint": hint, "node": node or None}

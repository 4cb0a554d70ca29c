"""How runs end, or stop until a person has looked at them."""

from apps.common.types import JSON, JSONDict
from apps.dispatch.exceptions import WokenUp
from apps.dispatch.models import Ticket
from apps.files.exceptions import StorageAway
from apps.runs.interpreter.ledger import Ledger, stored_of
from apps.runs.models import NodeRun, Run
from apps.runs.state.course import Stored
from apps.runs.state.outcomes import Failure
from apps.runs.state.payloads import Kept, keep

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
    def unsure(cls, node: str, frame: str = "") -> "RunEnds":
        """A worker died while a step ran that must not be done twice."""
        return cls(
            Status.NEEDS_ATTENTION,
            _error(
                "outcome_unknown",
                "The worker died while this step ran; whether it took effect is not known.",
                "Look at its target, then say here what happened.",
                node,
                frame,
            ),
        )

    @classmethod
    def poison(cls, run: Run) -> "RunEnds":
        """Workers keep dying on this run."""
        rows = NodeRun.objects.filter(run=run, status=NodeRun.Status.RUNNING)
        suspect = rows.order_by("-frame", "place").first()  # the innermost: others hold it
        return cls(
            Status.NEEDS_ATTENTION,
            _error(
                "poison",
                "Workers died three times in a row while they carried this run.",
                "Look at what it works on: it may be too large or broken.",
                suspect.node if suspect else "",
                suspect.frame if suspect else "",
            ),
        )

    @classmethod
    def unknown(cls, reason: Exception) -> "RunEnds":
        """This engine does not know something that the version is made of: it never guesses."""
        hint = "Run it with the release that knows it, or publish the workflow anew."
        return cls(Status.NEEDS_ATTENTION, _error("unknown_version", str(reason), hint))


def close(ledger: Ledger, end: RunEnds, stored: Stored) -> None:
    """Write the end of a run. One that needs attention keeps its ticket, parked. Raises Fenced.

    Whom somebody wants cancelled asks no more questions.
    """
    if end.status != Status.NEEDS_ATTENTION:
        kept = _kept(ledger, end, stored)
        ledger.changes["outputs_blob"] = kept.blob
        ledger.finish(stored, end.status, outputs=kept.shown, error=end.error)
        return
    while True:
        try:
            news = ledger.flush(stored)
            is_ending = ledger.run.ending is not None or "ending" in ledger.changes
            if news.wanted == Ticket.Wish.CANCEL and not is_ending:
                ledger.finish(stored, Status.CANCELLED)
                return
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


def park_again(ledger: Ledger) -> bool:
    """Let a run go that still asks a person, and that its deadline woke; False: cancel it.

    Whoever looks at what happened is not overtaken by the clock: a deadline that has passed ends
    the run once the answer is taken in.
    """
    stored = stored_of(ledger.run)
    wake, wanted = ledger.lease.wake, ledger.lease.wanted
    while wanted != Ticket.Wish.CANCEL:
        try:
            ledger.release(stored, wake_seen=wake, ticket=Ticket.Status.PAUSED)
        except WokenUp:
            news = ledger.flush(stored)
            wake, wanted = news.wake, news.wanted
        else:
            return True
    return False


def _kept(ledger: Ledger, end: RunEnds, stored: Stored) -> Kept:
    """Keep large outputs; while the storage is away, at least what happened is written."""
    try:
        return keep(end.outputs)
    except StorageAway:
        ledger.flush(stored)
        raise


def _error(code: str, message: str, hint: str, node: str = "", frame: str = "") -> JSONDict:
    error: JSONDict = {"code": code, "message": message, "hint": hint, "node": node or None}
    return {**error, "frame": frame} if frame else error

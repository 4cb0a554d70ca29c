"""What services ask of an engine: of whatever carries runs on once they are written down.

An engine keeps the promise of `docs/promise.md`, and writes the same rows and events as any other.
`tests/conformance/` holds one to it, knowing nothing of an engine but this.
"""

from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from apps.runs.interpreter.ledger import Ledger
from apps.runs.models import Run, Wait


class Over(Protocol):
    """A run that has come to its end and is not written down."""

    def write(self) -> Run:
        """Write it with its whole history, in the caller's transaction."""


class Engine(Protocol):
    """Carries runs. Every call belongs to the caller's transaction: it counts once that commits."""

    def hurry(self, run: Run, *, priority: int) -> Over | None:
        """Carry a run that is not written yet to its end, if that takes but a moment; else None.

        Outside of a transaction. Nothing of what it does reaches outside before it is written.
        """

    def start(self, run: Run, *, priority: int) -> None:
        """Carry a new run as soon as there is room for it. Raises Backlogged."""

    def wake(self, run_id: UUID) -> None:
        """Look at a run again: something that it may wait for has happened."""

    def cancel(self, run_id: UUID) -> None:
        """End a run, and take back what it did; no later wish takes its place."""

    def ask(self, run_id: UUID, wish: str) -> None:
        """Tell who carries a run to cancel or pause it; the empty wish takes a pause back."""

    def resume(self, run_id: UUID) -> None:
        """Let a run go on that was paused."""

    def look_after(self, wait: Wait) -> None:
        """See to a question when its next reminder or escalation is due; to a settled one no more.

        What began with the question the engine sets itself: this is for what an answer changed.
        """

    def lock(self, run_id: UUID) -> None:
        """Let nobody else change a run until the transaction ends."""

    def read_locked(self, run: Run) -> str:
        """Lock a run, read it anew, and return what is wanted of it. Raises RunFinished."""

    def in_hand(self, run: Run) -> AbstractContextManager[Ledger | None]:
        """Hold a run that nobody carries now, to change it here; None where somebody does.

        Raises RunFinished. The run is read anew: it may have gone on since the caller looked.
        """

    def seize(self, run: Run) -> Ledger:
        """Take a run even from who carries it: that one writes nothing any more.

        Raises RunFinished. The run is read anew.
        """


_engine: list[Engine] = []


def register_engine(engine: Engine) -> None:
    """Say what carries runs here."""
    _engine[:] = [engine]


def engine() -> Engine:
    """Return what carries runs here."""
    return _engine[0]

"""Carrying a run to its end in the process that accepts it, because somebody waits for that.

A message to a worker and its way back take longer than most runs that only compute. So such a run
is carried before it is written down at all: for a tenth of a second, by one of a few threads. If it
is over by then, it is written with its whole history in one transaction, and the caller has the
answer; nobody else ever knew of it, so it needs neither ticket nor lease. If not, what was computed
is thrown away, and the run starts like any other: nothing of it has reached outside.
"""

import logging
from decimal import Decimal
from functools import partial
from threading import BoundedSemaphore

from django.db import Error as DatabaseError
from django.db import transaction

from apps.classification.veil import resolved
from apps.common import records
from apps.common.types import JSON, JSONDict
from apps.dispatch import services as dispatch
from apps.dispatch.leases import Lease, News
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.nodes.registry import UnknownNodeType
from apps.runs.interpreter.ledger import Clock, Ledger, announce, count_end
from apps.runs.interpreter.segment import Segment
from apps.runs.models import Run
from apps.runs.state import events, forgetting
from apps.runs.state.course import Stored
from apps.runs.state.graphs import UnknownEngine, graph_of
from apps.runs.state.lanes import lane_of
from apps.runs.state.vector import stopped

logger = logging.getLogger(__name__)

AT_ONCE = 4  # threads of a process that may be busy with it
NOTHING = Decimal("0E-10")  # was spent before; as the database says it

_places = BoundedSemaphore(AT_ONCE)


class NotOver(Exception):
    """The run goes on: it is a worker's."""


class Story(Ledger):
    """All that happened to a run that is written down once it is over."""

    def flush(self, stored: Stored) -> News:
        """Raise NotOver."""
        raise NotOver

    def release(self, stored: Stored, **_: object) -> None:
        """Raise NotOver."""
        raise NotOver

    def finish(
        self, stored: Stored, status: str, *, outputs: JSON = None, error: JSONDict | None = None
    ) -> None:
        """Note the end, to be written by `write`."""
        if self.waits or self.children:
            raise NotOver
        self._cancel_open({})
        self._note_end(status, outputs, error, NOTHING, 0)
        self.run.state = stopped(stored.state)

    def write(self) -> Run:
        """Write the run with its whole history, in the caller's transaction; return it."""
        run = self.run
        for name, value in self.changes.items():
            setattr(run, name, value)
        run.cost_usd, run.tokens, run.steps = self.cost_usd, self.tokens, self.steps
        run.cpu_ms, run.peak_kb = self.used.cpu_ms or 0, self.used.peak_kb
        run.seq = len(self.events)
        self._withhold()
        told = events.insert(run, self.events, records.new(run), self._step_rows())
        forgetting.plan(run)
        self._keep_results()
        announce(run, told, status=run.status)
        transaction.on_commit(partial(count_end, run))
        return run


def carried(run: Run, priority: int = 0) -> Story | None:
    """Carry a run that is not written yet to its end; None where it is to start like any other."""
    if not _is_short(run) or not _places.acquire(blocking=False):
        return None
    try:
        at = dispatch.free_at(priority)
        if at is None:
            return None
        lease = Lease(run.pk, fence=0, wake=0, wanted="", strikes=0, at=at, owner="")
        return _told(Story(run, lease, Clock(at)))
    except (NotOver, BlobUnusable, StorageAway):
        return None
    except DatabaseError:
        raise
    except Exception:
        logger.exception("Run %s met a fault in the engine, and is left to a worker.", run.pk)
        return None
    finally:
        _places.release()


def _is_short(run: Run) -> bool:
    """Tell whether a run may be over in a moment: it only computes, and has nobody to queue with."""
    if run.part is not None or run.inputs_blob is not None or lane_of(run) is not None:
        return False
    try:
        return graph_of(run).only_computes
    except (UnknownNodeType, UnknownEngine):  # a worker says so in the run
        return False


def _told(story: Story) -> Story:
    """Carry the run. Raises NotOver."""
    story.note("run.queued")
    masked = story.run.inputs
    story.run.inputs = resolved(masked)
    try:
        Segment(story.run, graph_of(story.run), story, here=True).carry()
    finally:
        story.run.inputs = masked
    return story

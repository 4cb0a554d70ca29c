"""The engine that there is: each run has a ticket, and whoever claims it carries the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from apps.dispatch import leases
from apps.dispatch import services as dispatch
from apps.dispatch.leases import Lease
from apps.dispatch.models import Ticket
from apps.runs.approvals import asking
from apps.runs.exceptions import RunFinished
from apps.runs.interpreter.here import Story, carried
from apps.runs.interpreter.ledger import Clock, Ledger
from apps.runs.models import Run, Wait
from apps.runs.state.lanes import lane_of

OWNER = "service"


class Tickets:
    """Runs are carried by the workers of `interpreter`, who ask `dispatch` for them."""

    def hurry(self, run: Run, *, priority: int) -> Story | None:
        return carried(run, priority)

    def start(self, run: Run, *, priority: int) -> None:
        ticket = dispatch.admit(run.pk, priority=priority, lane=lane_of(run))
        dispatch.ring_on_commit(ticket)

    def wake(self, run_id: UUID) -> None:
        dispatch.wake(run_id)

    def cancel(self, run_id: UUID) -> None:
        dispatch.cancel(run_id)

    def ask(self, run_id: UUID, wish: str) -> None:
        dispatch.ask(run_id, wish)

    def resume(self, run_id: UUID) -> None:
        dispatch.resume(run_id)

    def look_after(self, wait: Wait) -> None:
        asking.schedule(wait)

    def lock(self, run_id: UUID) -> None:
        Ticket.objects.select_for_update().filter(pk=run_id).first()

    def read_locked(self, run: Run) -> str:
        ticket = Ticket.objects.select_for_update().filter(pk=run.pk).first()
        run.refresh_from_db()
        if ticket is None or run.is_finished:
            raise RunFinished
        return ticket.wanted

    @contextmanager
    def in_hand(self, run: Run) -> Iterator[Ledger | None]:
        self._lock_outer(run)
        self.read_locked(run)  # so that it cannot end between our look and our wish
        lease = leases.seize(run.pk, owner=OWNER)
        yield None if lease is None else _ledger(run, lease)

    def seize(self, run: Run) -> Ledger:
        self._lock_outer(run)
        self.read_locked(run)
        lease = leases.usurp(run.pk, owner=OWNER)
        assert lease is not None
        return _ledger(run, lease)

    def _lock_outer(self, run: Run) -> None:
        """Lock the ticket of the run that this one is a step of.

        Tickets are locked from the outer run to the inner, so that two that end together do not
        wait for each other.
        """
        if run.parent_id is not None:
            self.lock(run.parent_id)


def _ledger(run: Run, lease: Lease) -> Ledger:
    return Ledger(run, lease, Clock(lease.at))

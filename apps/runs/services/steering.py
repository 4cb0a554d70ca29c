"""Steering runs that are not finished: cancel, terminate, pause, resume."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict
from apps.dispatch import leases
from apps.dispatch import services as dispatch
from apps.dispatch.models import Ticket
from apps.runs import events
from apps.runs.events import Event
from apps.runs.exceptions import NotPaused, RunFinished
from apps.runs.ledger import Clock, Ledger, announce, stored_of
from apps.runs.models import Run
from apps.runs.undoing import takes_back


@transaction.atomic
def cancel_run(run: Run, *, actor: User) -> Run:
    """End a run: no step starts after this returns. Raises RunFinished, Forbidden.

    Where a worker carries it, the wish is committed with the ticket: the worker sees it before it
    writes that a step starts, is told within a second, and stops what is under way. Else the run
    ends here. What has to be taken back first, a worker takes back.
    """
    policies.check(actor, "control", run)
    record("run.cancelled", actor=actor, target=run)
    wish = Event("run.cancelling", data={"by": str(actor)})
    if takes_back(run):
        _locked_ticket(run)
        dispatch.cancel(run.pk)
        announce(run, events.append(run, [wish]))
        return run
    with in_hand(run) as ledger:
        if ledger is None:
            _wish(run, Ticket.Wish.CANCEL, wish)
        else:
            ledger.note("run.cancelling", by=str(actor))
            ledger.finish(stored_of(run), Run.Status.CANCELLED)
    return run


@transaction.atomic
def end_run(run_id: UUID, reason: str) -> bool:
    """End a run for platform staff, who see nothing of it, and tell whether there was one to end.

    A worker that carries it, or has to take back what it did, ends it; else it ends here, with the
    reason.
    """
    run = Run.objects.filter(pk=run_id).first()
    if run is None or run.is_finished:
        return False
    if takes_back(run):
        dispatch.cancel(run.pk)
        return True
    with in_hand(run) as ledger:
        if ledger is None:
            dispatch.ask(run.pk, Ticket.Wish.CANCEL)
        else:
            error = {"code": "ended_by_staff", "message": reason, "hint": "", "node": None}
            ledger.finish(stored_of(run), Run.Status.CANCELLED, error=error)
    return True


@transaction.atomic
def terminate_run(run: Run, *, actor: User) -> Run:
    """End a run now, also under the hands of a worker. Raises RunFinished, Forbidden.

    The worker's fence is overtaken: it writes nothing any more, and stops within a second. What its
    open steps have done outside by then nobody will know, and nothing is taken back.
    """
    policies.check(actor, "control", run)
    record("run.terminated", actor=actor, target=run)
    _lock_outer(run)
    lease = leases.usurp(run.pk, owner="service")
    run.refresh_from_db()
    if lease is None or run.is_finished:
        raise RunFinished
    ledger = Ledger(run, lease, Clock(lease.at))
    ledger.note("run.cancelling", by=str(actor), at_once=True)
    ledger.finish(stored_of(run), Run.Status.CANCELLED)
    return run


@transaction.atomic
def pause_run(run: Run, *, actor: User) -> Run:
    """Let the steps that run finish and start no others. Raises RunFinished, Forbidden."""
    policies.check(actor, "control", run)
    record("run.paused", actor=actor, target=run)
    with in_hand(run) as ledger:
        if ledger is None:
            _wish(run, Ticket.Wish.PAUSE, Event("run.pausing", data={"by": str(actor)}))
        elif run.status in (Run.Status.PAUSED, Run.Status.NEEDS_ATTENTION):
            raise Conflict("The run stands still already.")
        else:
            ledger.note("run.pausing", by=str(actor))
            ledger.release(
                stored_of(run),
                wake_seen=ledger.lease.wake,
                ticket=Ticket.Status.PAUSED,
                status=Run.Status.PAUSED,
            )
    return run


@transaction.atomic
def resume_run(run: Run, *, actor: User) -> Run:
    """Go on where a paused run stopped. Raises NotPaused, RunFinished, Forbidden."""
    policies.check(actor, "control", run)
    ticket = _locked_ticket(run)
    if run.status != Run.Status.PAUSED and ticket.wanted != Ticket.Wish.PAUSE:
        raise NotPaused
    record("run.resumed", actor=actor, target=run)
    if run.status == Run.Status.PAUSED:
        dispatch.resume(run.pk)
        announce(run, events.append(run, [Event("run.queued")], status=Run.Status.QUEUED))
    else:
        dispatch.ask(run.pk, Ticket.Wish.NONE)
    return run


@contextmanager
def in_hand(run: Run) -> Iterator[Ledger | None]:
    """Hold a run that no worker carries, to change it here; None where one does.

    Raises RunFinished. The run is read anew: it may have gone on since the caller looked.
    """
    _lock_outer(run)
    _locked_ticket(run)  # so that it cannot end between our look and our wish
    lease = leases.seize(run.pk, owner="service")
    yield None if lease is None else Ledger(run, lease, Clock(lease.at))


def _lock_outer(run: Run) -> None:
    """Lock the ticket of the run that this one is a step of.

    Tickets are locked from the outer run to the inner, so that two that end together do not wait
    for each other.
    """
    if run.parent_id is not None:
        Ticket.objects.select_for_update().filter(pk=run.parent_id).first()


def _wish(run: Run, wish: str, event: Event) -> None:
    """Ask the worker that carries a run for something, and say so in its history."""
    dispatch.ask(run.pk, wish)
    announce(run, events.append(run, [event]))


def _locked_ticket(run: Run) -> Ticket:
    ticket = Ticket.objects.select_for_update().filter(pk=run.pk).first()
    run.refresh_from_db()
    if ticket is None or run.is_finished:
        raise RunFinished
    return ticket

"""Steering runs that are not finished: cancel, pause, resume."""

from collections.abc import Iterator
from contextlib import contextmanager

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

    Where a worker carries it, that one ends it within a second or two; else it ends here. What has
    to be taken back first, a worker takes back.
    """
    policies.check(actor, "control", run)
    record("run.cancelled", actor=actor, target=run)
    if takes_back(run):
        dispatch.cancel(run.pk)
        return run
    with in_hand(run) as ledger:
        if ledger is None:
            dispatch.ask(run.pk, Ticket.Wish.CANCEL)
        else:
            ledger.finish(stored_of(run), Run.Status.CANCELLED)
    return run


@transaction.atomic
def pause_run(run: Run, *, actor: User) -> Run:
    """Let the steps that run finish and start no others. Raises RunFinished, Forbidden."""
    policies.check(actor, "control", run)
    record("run.paused", actor=actor, target=run)
    with in_hand(run) as ledger:
        if ledger is None:
            dispatch.ask(run.pk, Ticket.Wish.PAUSE)
        elif run.status in (Run.Status.PAUSED, Run.Status.NEEDS_ATTENTION):
            raise Conflict("The run stands still already.")
        else:
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
    if run.parent_id is not None:  # tickets are locked from the outer run to the inner
        Ticket.objects.select_for_update().filter(pk=run.parent_id).first()
    _locked_ticket(run)  # so that it cannot end between our look and our wish
    lease = leases.seize(run.pk, owner="service")
    yield None if lease is None else Ledger(run, lease, Clock(lease.at))


def _locked_ticket(run: Run) -> Ticket:
    ticket = Ticket.objects.select_for_update().filter(pk=run.pk).first()
    run.refresh_from_db()
    if ticket is None or run.is_finished:
        raise RunFinished
    return ticket

"""Steering runs that are not finished: cancel, terminate, pause, resume."""

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict
from apps.common.types import JSONDict
from apps.dispatch.models import Ticket
from apps.runs.engine import engine
from apps.runs.exceptions import NotPaused, RunFinished
from apps.runs.interpreter.ledger import announce, stored_of
from apps.runs.interpreter.undoing import takes_back
from apps.runs.models import Run
from apps.runs.state import events
from apps.runs.state.events import Event

STAFF = "platform staff"


@transaction.atomic
def cancel_run(run: Run, *, actor: User) -> Run:
    """End a run: no step starts after this returns. Raises RunFinished, Forbidden.

    Where a worker carries it, the wish is committed with the ticket: the worker sees it before it
    writes that a step starts, is told within a second, and stops what is under way. Else the run
    ends here. What has to be taken back first, a worker takes back.
    """
    policies.check(actor, "control", run)
    record("run.cancelled", actor=actor, target=run)
    _cancel(run, by=str(actor))
    return run


@transaction.atomic
def abandon_run(run_id: UUID, *, by: str) -> None:
    """End a run whose answer nobody waits for any more, unless it is over. Nobody's act: no audit."""
    run = Run.objects.select_related("workflow", "version").get(pk=run_id)
    with suppress(RunFinished):
        _cancel(run, by=by)


@transaction.atomic
def end_run(run_id: UUID, reason: str, at_once: bool) -> bool:
    """End a run for platform staff, who see nothing of it, and tell whether there was one to end.

    The reason stands in its history. At once it is ended as `terminate_run` ends one: under the
    hands of a worker, which may hang, and with nothing taken back.
    """
    run = Run.objects.select_related("workflow", "version").filter(pk=run_id).first()
    if run is None or run.is_finished:
        return False
    error: JSONDict = {"code": "ended_by_staff", "message": reason, "hint": "", "node": None}
    if at_once:
        _end_at_once(run, error, by=STAFF, reason=reason)
    else:
        _cancel(run, error, by=STAFF, reason=reason)
    return True


@transaction.atomic
def terminate_run(run: Run, *, actor: User) -> Run:
    """End a run now, also under the hands of a worker. Raises RunFinished, Forbidden.

    The worker's fence is overtaken: it writes nothing any more, and stops within a second. What its
    open steps have done outside by then nobody will know, and nothing is taken back.
    """
    policies.check(actor, "control", run)
    record("run.terminated", actor=actor, target=run)
    _end_at_once(run, by=str(actor))
    return run


@transaction.atomic
def pause_run(run: Run, *, actor: User) -> Run:
    """Let the steps that run finish and start no others. Raises RunFinished, Conflict, Forbidden."""
    policies.check(actor, "control", run)
    record("run.paused", actor=actor, target=run)
    with engine().in_hand(run) as ledger:
        if engine().read_locked(run) == Ticket.Wish.CANCEL:  # its carrier has not seen that yet
            raise Conflict("The run is being cancelled.")
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
    wanted = engine().read_locked(run)
    if run.status != Run.Status.PAUSED and wanted != Ticket.Wish.PAUSE:
        raise NotPaused
    record("run.resumed", actor=actor, target=run)
    if run.status == Run.Status.PAUSED:
        engine().resume(run.pk)
        announce(run, events.append(run, [Event("run.queued")], status=Run.Status.QUEUED))
    else:
        engine().ask(run.pk, Ticket.Wish.NONE)
    return run


def _end_at_once(run: Run, error: JSONDict | None = None, **told: str) -> None:
    ledger = engine().seize(run)
    ledger.note("run.cancelling", None, **told, at_once=True)
    ledger.finish(stored_of(run), Run.Status.CANCELLED, error=error)


def _cancel(run: Run, error: JSONDict | None = None, **told: str) -> None:
    wish = Event("run.cancelling", data=told)
    if takes_back(run):
        engine().read_locked(run)
        engine().cancel(run.pk)
        announce(run, events.append(run, [wish]))
        return
    with engine().in_hand(run) as ledger:
        if ledger is None:
            _wish(run, Ticket.Wish.CANCEL, wish)
        else:
            ledger.note("run.cancelling", None, **told)
            ledger.finish(stored_of(run), Run.Status.CANCELLED, error=error)


def _wish(run: Run, wish: str, event: Event) -> None:
    """Ask the worker that carries a run for something, and say so in its history."""
    engine().ask(run.pk, wish)
    announce(run, events.append(run, [event]))

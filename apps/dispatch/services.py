"""Admission, wake-ups, wishes and timers; and the doorbell, which is allowed to fail."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from amqp.exceptions import AMQPError
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.dispatch import gate
from apps.dispatch.exceptions import BrokerAway
from apps.dispatch.gate import Lane
from apps.dispatch.models import Ticket, Timer
from apps.tenants.context import current_schema

logger = logging.getLogger(__name__)

Advance = Callable[[UUID, str], None]
End = Callable[[UUID, str, bool], bool]
_advance: list[Advance] = []
_end: list[End] = []


def register_advance(function: Advance) -> None:
    """Say what to do to have a run of a schema carried on: send a message, most likely."""
    _advance[:] = [function]


def register_end(function: End) -> None:
    """Say how to end a run of the current workspace for a reason; it returns whether it could.

    The last argument: at once, whatever a worker is doing with it.
    """
    _end[:] = [function]


def end(run_id: UUID, reason: str, *, at_once: bool) -> bool:
    """End a run and tell whether that was possible."""
    return any(each(run_id, reason, at_once) for each in _end)


def admit(
    run_id: UUID, *, priority: int = 0, lane: Lane | None = None, is_step: bool = False
) -> Ticket:
    """Make the ticket of a new run: ready where there is room for it, else queued.

    Raises Backlogged when too many are queued already, unless the run is a step of another.
    """
    load = gate.Load.read(priority)
    if not is_step:
        gate.refuse_if_backlogged(load)
    return Ticket.objects.create(
        id=run_id,
        priority=priority,
        lane=None if lane is None else lane.id,
        lane_cap=None if lane is None else lane.cap,
        status=gate.entry(load, lane),
    )


def free_at(priority: int = 0) -> datetime | None:
    """Return the database's time if runs may go on now without queueing for it, else None."""
    load = gate.Load.read(priority)
    return load.at if load.is_ample else None


def ring_on_commit(ticket: Ticket) -> None:
    """Have a ready run carried on as soon as this transaction is committed."""
    if ticket.status == Ticket.Status.READY:
        schema = current_schema()
        transaction.on_commit(lambda: ring_quietly(ticket.pk, schema))


def ring(run_id: UUID, schema: str) -> None:
    """Send for a worker now. Raises BrokerAway; the row stays due, so the sweeper rings again."""
    try:
        for advance in _advance:
            advance(run_id, schema)
    except (OperationalError, AMQPError, RedisError, OSError) as error:
        raise BrokerAway(str(error)) from error


def wake(run_id: UUID) -> None:
    """Have a run looked at again, because something happened that it waits for.

    A worker that carries it now will notice before it lets go; a paused run stays paused.
    """
    if Ticket.objects.filter(pk=run_id).update(wake=F("wake") + 1, due_at=Now()):
        ticket = Ticket.objects.get(pk=run_id)
        if ticket.status == Ticket.Status.WAITING:
            _let_in(ticket)
        ring_on_commit(ticket)


def ask(run_id: UUID, wish: str) -> None:
    """Tell the worker that carries a run to cancel or pause it; the empty wish takes a pause back.

    A cancel was promised to somebody: no later wish takes its place.
    """
    found = Ticket.objects.filter(pk=run_id).exclude(wanted=Ticket.Wish.CANCEL)
    found.update(wake=F("wake") + 1, wanted=wish)


def cancel(run_id: UUID) -> None:
    """Have a run ended by whoever carries it or, if nobody does, by the next to claim it."""
    carried = When(status=Ticket.Status.RUNNING, then=F("status"))
    found = Ticket.objects.filter(pk=run_id)
    # Past the gate: one that is only ended takes nobody's turn.
    found.update(
        wake=F("wake") + 1,
        wanted=Ticket.Wish.CANCEL,
        status=Case(carried, default=Value(Ticket.Status.READY)),
        due_at=Now(),
    )
    for ticket in found:
        ring_on_commit(ticket)


def resume(run_id: UUID) -> bool:
    """Let a paused run go on and tell whether it was paused."""
    paused = Ticket.objects.filter(pk=run_id, status=Ticket.Status.PAUSED)
    ticket = paused.select_for_update().first()
    if ticket is None:
        return False
    paused.update(wanted=Ticket.Wish.NONE, wake=F("wake") + 1, due_at=Now())
    _let_in(ticket)
    ring_on_commit(ticket)
    return True


def _let_in(ticket: Ticket) -> None:
    """Bring a run that stood still to the gate, before all that have not begun."""
    ticket.priority = max(ticket.priority, gate.RESUMED)
    load = gate.Load.read(ticket.priority)
    ticket.status = gate.entry(load, gate.lane_of(ticket))
    ticket.save(update_fields=["priority", "status"])


@dataclass(frozen=True)
class Alarm:
    """A timer to be set; `key` says what in the run it is for."""

    key: str
    kind: str
    fire_at: datetime


def set_timers(run_id: UUID, alarms: Sequence[Alarm]) -> None:
    """Have the run woken at some times; one of the same key and kind is replaced."""
    timers = [
        Timer(ticket_id=run_id, key=alarm.key, kind=alarm.kind, fire_at=alarm.fire_at)
        for alarm in alarms
    ]
    Timer.objects.bulk_create(
        timers,
        update_conflicts=True,
        unique_fields=["ticket", "key", "kind"],
        update_fields=["fire_at", "fired_at"],
    )


def clear_timers(run_id: UUID, keys: list[str]) -> None:
    """Remove the timers of some keys."""
    Timer.objects.filter(ticket_id=run_id, key__in=keys).delete()


def fired_timers(run_id: UUID) -> list[Timer]:
    """Return the timers of a run that have fired and were not cleared yet."""
    return list(Timer.objects.filter(ticket_id=run_id).exclude(fired_at=None))


def ring_quietly(run_id: UUID, schema: str) -> None:
    """Send for a worker now; if that fails, the sweeper will."""
    try:
        ring(run_id, schema)
    except BrokerAway as error:
        logger.warning("Nobody rung for run %s, the sweeper will: %s", run_id, error)

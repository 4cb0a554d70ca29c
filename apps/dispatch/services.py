"""Admission, wake-ups, wishes and timers; and the doorbell, which is allowed to fail."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.dispatch.exceptions import Backlogged
from apps.dispatch.models import CurrentRole, Ticket, Timer
from apps.tenants.context import current_schema

logger = logging.getLogger(__name__)

Advance = Callable[[UUID, str], None]
_advance: list[Advance] = []


def register_advance(function: Advance) -> None:
    """Say what to do to have a run of a schema carried on: send a message, most likely."""
    _advance[:] = [function]


def admit(run_id: UUID, *, priority: int = 0, is_step: bool = False) -> Ticket:
    """Make the ticket of a new run: ready below the workspace's cap, else pending.

    Raises Backlogged when too many are pending, unless the run is a step of another. The cap may be
    passed by as many as start at the same instant; an exact count would let a workspace start only
    one run at a time.
    """
    own = Ticket.objects.filter(role=CurrentRole())
    queued = own.pending()[: settings.RUN_BACKLOG].count()
    if queued >= settings.RUN_BACKLOG and not is_step:
        raise Backlogged(retry_after=30)
    busy = queued or own.active()[: settings.RUNS_PER_TENANT].count() >= settings.RUNS_PER_TENANT
    status = Ticket.Status.PENDING if busy else Ticket.Status.READY
    return Ticket.objects.create(id=run_id, priority=priority, status=status)


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
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerAway(str(error)) from error


class BrokerAway(Exception):
    """The message broker cannot be reached right now."""


def wake(run_id: UUID) -> None:
    """Have a run looked at again, because something happened that it waits for.

    A worker that carries it now will notice before it lets go; a paused run stays paused.
    """
    found = Ticket.objects.filter(pk=run_id)
    waiting = When(status=Ticket.Status.WAITING, then=Value(Ticket.Status.READY))
    found.update(wake=F("wake") + 1, status=Case(waiting, default=F("status")), due_at=Now())
    _ring_if_ready(run_id)


def ask(run_id: UUID, wish: str) -> None:
    """Tell the worker that carries a run to cancel or pause it; the empty wish takes a pause back.

    A cancel was promised to somebody: no later wish takes its place.
    """
    found = Ticket.objects.filter(pk=run_id).exclude(wanted=Ticket.Wish.CANCEL)
    found.update(wake=F("wake") + 1, wanted=wish)


def cancel(run_id: UUID) -> None:
    """Have a run ended by whoever carries it or, if nobody does, by the next to claim it."""
    idle = [Ticket.Status.PENDING, Ticket.Status.WAITING, Ticket.Status.PAUSED]
    ready = When(status__in=idle, then=Value(Ticket.Status.READY))
    Ticket.objects.filter(pk=run_id).update(
        wake=F("wake") + 1,
        wanted=Ticket.Wish.CANCEL,
        status=Case(ready, default=F("status")),
        due_at=Now(),
    )
    _ring_if_ready(run_id)


def resume(run_id: UUID) -> bool:
    """Make a paused run ready again and tell whether it was paused."""
    paused = Ticket.objects.filter(pk=run_id, status=Ticket.Status.PAUSED)
    count = paused.update(
        status=Ticket.Status.READY, wanted=Ticket.Wish.NONE, wake=F("wake") + 1, due_at=Now()
    )
    _ring_if_ready(run_id)
    return count > 0


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


def _ring_if_ready(run_id: UUID) -> None:
    ticket = Ticket.objects.filter(pk=run_id).first()
    if ticket is not None:
        ring_on_commit(ticket)

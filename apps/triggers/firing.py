"""Firing schedules: what is due by the database's clock becomes deliveries, each fire time once.

The row of the trigger is locked, and `next_at` moves on in the transaction that writes the
deliveries down: any number of schedulers may call at once.
"""

from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from django.db import transaction

from apps.dispatch import chores
from apps.gateway.cache import ahead
from apps.triggers.configs import Misfire
from apps.triggers.deliveries import DELIVERY, SCHEDULE, Outcome, attempt, locked_trigger
from apps.triggers.models import Delivery, Trigger
from apps.triggers.schedule import delay_of, times_after, times_until

MOST_MISSED = 100


def fire(trigger_id: UUID) -> None:
    """Start what is due of a schedule, and say when it is due next."""
    with transaction.atomic():
        trigger = locked_trigger(trigger_id)
        if trigger is None or not trigger.enabled or trigger.next_at is None:
            chores.done(SCHEDULE, [trigger_id])
            return
        now = chores.now()
        due, is_cut = _due(trigger, trigger.next_at, now)
        _move_on(trigger, due[-1] if due else None)
        for delivery in _deliveries(trigger, due, now, is_cut=is_cut):
            attempt(delivery)


def plan(trigger: Trigger, after: datetime) -> None:
    """Say when a schedule fires for the first time after a moment; a disabled one never does."""
    times = times_after(trigger.schedule, after, start=trigger.since or after)
    trigger.next_at = next(times, None) if trigger.enabled else None
    trigger.save(update_fields=["next_at", "updated_at"])
    if trigger.next_at is None:
        chores.done(SCHEDULE, [trigger.pk])
    else:
        chores.plan(SCHEDULE, [trigger.pk], _due_at(trigger, trigger.next_at))
        ahead.plan(trigger.workflow_id, trigger.next_at)


def _due(trigger: Trigger, first: datetime, now: datetime) -> tuple[list[datetime], bool]:
    """Return the fire times that are due, and whether there are more than we look at."""
    start = trigger.since or trigger.created_at
    times, is_cut = times_until(trigger.schedule, first, now, start=start, most=MOST_MISSED)
    return list(takewhile(lambda moment: _due_at(trigger, moment) <= now, times)), is_cut


def _due_at(trigger: Trigger, moment: datetime) -> datetime:
    return moment + delay_of(trigger.pk, moment, trigger.schedule.jitter_s)


def _move_on(trigger: Trigger, fired: datetime | None) -> None:
    """Go on after what fired; a schedule whose last time is over rests."""
    if fired is not None:
        plan(trigger, fired)
    elif trigger.next_at is not None:  # called before its time: the chore was moved
        chores.plan(SCHEDULE, [trigger.pk], _due_at(trigger, trigger.next_at))


def _deliveries(
    trigger: Trigger, due: list[datetime], now: datetime, *, is_cut: bool
) -> list[Delivery]:
    """Write down what is to be started for the due times, by what is said about missed ones."""
    schedule = trigger.schedule
    grace = timedelta(seconds=schedule.grace_s)
    missed = [moment for moment in due if now - _due_at(trigger, moment) > grace]
    wanted = due
    if missed and schedule.misfire is not Misfire.ALL:
        on_time = [moment for moment in due if moment not in missed]
        wanted = on_time or ([due[-1]] if schedule.misfire is Misfire.ONCE else [])
        _note_missed(trigger, [moment for moment in missed if moment not in wanted], is_cut=is_cut)
    rows = [_delivery(trigger, moment) for moment in wanted]
    Delivery.objects.bulk_create(rows)
    again_at = now + timedelta(seconds=chores.AGAIN_S)
    chores.plan(DELIVERY, [row.pk for row in rows], again_at)
    return rows


def _delivery(trigger: Trigger, moment: datetime) -> Delivery:
    payload = {"fire_at": moment.isoformat()}
    return Delivery(trigger=trigger, fire_at=moment, payload=payload)


def _note_missed(trigger: Trigger, missed: list[datetime], *, is_cut: bool) -> None:
    """Tell of the fire times for which nothing is started, in one line."""
    if not missed:
        return
    many = f"{len(missed)}{' or more' if is_cut else ''}"
    times = "1 fire time was" if many == "1" else f"{many} fire times were"
    Delivery.objects.create(
        trigger=trigger,
        fire_at=missed[-1],
        outcome=Outcome.SKIPPED,
        reason=f"{times} missed while nobody was there to start a run.",
        is_whole=False,
    )

"""Slices as rows: taking, telling what was spent, and ending them. Only the database's clock counts.

Whoever changes a slice changes its period first, and several periods in the order of their ids, so
that nobody waits in a circle. The period's row decides: it grants what it has and nothing beyond.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from apps.dispatch import chores
from apps.gateway.budgets.periods import around
from apps.gateway.budgets.tally import Owed, usd
from apps.gateway.models import Budget, BudgetPeriod

LEASE_S = 15
GRACE_S = 60  # in which the machine of a dead process may come back and tell what it had spent
SHARE = 100  # a slice is at most this part of what is left

# One statement decides. The inner query locks the row and reads what is left now, not before.
GRANT = """
UPDATE gateway_budgetperiod AS period SET held_usd = held_usd + wanted.usd
FROM (
    SELECT id, greatest(%(need)s, CASE WHEN limit_usd IS NULL THEN %(most)s ELSE
        trunc((limit_usd - spent_usd - held_usd) / %(share)s, 10) END) AS usd
    FROM gateway_budgetperiod WHERE id = %(period)s FOR UPDATE
) AS wanted
WHERE period.id = wanted.id
  AND (period.limit_usd IS NULL
       OR period.spent_usd + period.held_usd + wanted.usd <= period.limit_usd)
RETURNING wanted.usd
"""
KEEP = """
INSERT INTO gateway_budgetslice (id, period_id, owner, amount_usd, settled_usd, expires_at)
VALUES (%(id)s, %(period)s, %(owner)s, %(usd)s, 0, clock_timestamp() + %(lease)s * interval '1 second')
ON CONFLICT (period_id, owner) DO UPDATE
SET amount_usd = gateway_budgetslice.amount_usd + excluded.amount_usd,
    expires_at = excluded.expires_at
RETURNING xmax = 0
"""
# What comes of slices whose time is over and of which nobody told: they count as spent.
BURY = """
WITH dead AS (
    DELETE FROM gateway_budgetslice
    WHERE period_id = %(period)s
      AND expires_at < clock_timestamp() - %(grace)s * interval '1 second'
    RETURNING amount_usd
)
UPDATE gateway_budgetperiod SET
    spent_usd = spent_usd + (SELECT sum(amount_usd) FROM dead),
    held_usd = held_usd - (SELECT sum(amount_usd) FROM dead)
WHERE id = %(period)s AND EXISTS (SELECT FROM dead)
"""
# What a process tells is how its slice stands, not what changed: telling it again changes nothing.
TELL = """
WITH before AS (
    SELECT amount_usd, settled_usd FROM gateway_budgetslice WHERE id = %(id)s
), told AS (
    UPDATE gateway_budgetslice
    SET amount_usd = %(amount)s, settled_usd = %(settled)s,
        expires_at = clock_timestamp() + %(lease)s * interval '1 second'
    WHERE id = %(id)s
)
UPDATE gateway_budgetperiod AS period
SET spent_usd = spent_usd + %(settled)s - before.settled_usd,
    held_usd = held_usd + %(amount)s - before.amount_usd
FROM before WHERE period.id = %(period)s
RETURNING period.id
"""
REFUSED = """
UPDATE gateway_budgetperiod
SET refused = refused + %(calls)s, refused_at = coalesce(refused_at, clock_timestamp())
WHERE id = %(period)s
"""


@dataclass(frozen=True)
class Wanted:
    """What a process wants of one budget: at least so much, for one call."""

    budget_id: UUID
    need: int  # in units
    most: int  # of a budget without a limit, which would give any amount


@dataclass(frozen=True)
class Granted:
    """What it got."""

    budget_id: UUID
    slice_id: UUID
    period_id: UUID
    ends_at: datetime
    amount: int
    is_new: bool  # whether this process had no slice of the period before


@dataclass(frozen=True)
class Standing:
    """How a slice stands with its process: what is still out of it, and what was spent in all."""

    slice_id: UUID
    period_id: UUID
    amount: int
    settled: int
    is_over: bool  # nobody spends from it any more


class TooLittle(Exception):
    """A budget has not so much left; nothing was taken of any."""

    def __init__(self, period: BudgetPeriod) -> None:
        super().__init__(str(period))
        self.period = period

    @property
    def left(self) -> Decimal:
        """What it had."""
        period = self.period
        return max(
            Decimal(0), (period.limit_usd or Decimal(0)) - period.spent_usd - period.held_usd
        )


def take(wanted: Sequence[Wanted], owner: str, zone: ZoneInfo) -> list[Granted]:
    """Take of each budget what is wanted, or of none. Raises TooLittle.

    Budgets that are gone are left out: what is taken of them binds nobody.
    """
    now = chores.now()
    budgets = Budget.objects.in_bulk([each.budget_id for each in wanted])
    found = [
        (current(budgets[each.budget_id], zone, now), each)
        for each in wanted
        if each.budget_id in budgets
    ]
    granted = []
    with transaction.atomic():
        for period, each in sorted(found, key=lambda pair: pair[0].pk):
            amount, slice_id = _grant(period, each), uuid5(period.pk, owner)
            kept = _run(KEEP, id=slice_id, period=period.pk, owner=owner, usd=amount, lease=LEASE_S)
            units, is_new = int(amount.scaleb(10)), bool(kept[0][0])
            granted.append(
                Granted(each.budget_id, slice_id, period.pk, period.ends_at, units, is_new)
            )
    return granted


def tell(standings: Sequence[Standing]) -> set[UUID]:
    """Note how slices of this process stand, and keep them for another while.

    Returns those that are still there; what is out of one that is gone was counted as spent.
    """
    known = set()
    with transaction.atomic():
        for each in sorted(standings, key=lambda each: each.period_id):
            _lock(each.period_id)
            _bury(each.period_id)
            rows = _run(
                TELL, id=each.slice_id, period=each.period_id, lease=LEASE_S,
                amount=usd(each.amount), settled=usd(each.settled),
            )  # fmt: skip
            if rows:
                known.add(each.slice_id)
        over = [each.slice_id for each in standings if each.is_over]
        _run("DELETE FROM gateway_budgetslice WHERE id = ANY(%(ids)s)", ids=over)
    return known


def note_refusals(period_id: UUID, calls: int) -> None:
    """Count calls that a period had too little for."""
    with transaction.atomic():
        _run(REFUSED, period=period_id, calls=calls)
        _bury(period_id)


def settle_dead(owed: Sequence[Owed]) -> None:
    """End slices of a process that died: what it owed is spent, and the rest is there again."""
    with transaction.atomic():
        found = _run(
            "SELECT period_id, id, amount_usd, settled_usd FROM gateway_budgetslice"
            " WHERE id = ANY(%(ids)s) ORDER BY period_id",
            ids=[each.slice_id for each in owed],
        )
        by_id = {each.slice_id: each for each in owed}
        for period_id, slice_id, _, _ in found:
            each = by_id[slice_id]
            _lock(period_id)
            settled = usd(each.settled + each.held)
            _run(TELL, id=slice_id, period=period_id, lease=0, amount=Decimal(0), settled=settled)
            _run("DELETE FROM gateway_budgetslice WHERE id = %(id)s", id=slice_id)


def current(budget: Budget, zone: ZoneInfo, now: datetime) -> BudgetPeriod:
    """Return the period of a budget in which a moment lies, made for the first who needs it."""
    found = budget.periods.filter(begins_at__lte=now, ends_at__gt=now).first()
    return found or _begin(budget, zone, now)


@transaction.atomic
def _begin(budget: Budget, zone: ZoneInfo, now: datetime) -> BudgetPeriod:
    locked = Budget.objects.select_for_update().get(pk=budget.pk)  # its amount stays meanwhile
    begins_at, ends_at = around(now, locked.every, zone)
    last = locked.periods.first()
    if last is not None and last.ends_at > begins_at:
        # Another was faster; or the zone was changed, and the last period ended later than this
        # one would have begun.
        if last.ends_at > now:
            return last
        begins_at = last.ends_at
    limit = locked.amount_usd if locked.stops else None
    return locked.periods.create(begins_at=begins_at, ends_at=ends_at, limit_usd=limit)


def _grant(period: BudgetPeriod, wanted: Wanted) -> Decimal:
    """Raise what is held of a period. Raises TooLittle."""
    values = {"need": usd(wanted.need), "most": usd(wanted.most), "share": SHARE}
    if rows := _run(GRANT, period=period.pk, **values):
        return Decimal(rows[0][0])
    raise TooLittle(BudgetPeriod.objects.select_related("budget").get(pk=period.pk))


def _bury(period_id: UUID) -> None:
    """Count as spent what was out of slices whose processes and machines are gone."""
    _run(BURY, period=period_id, grace=GRACE_S)


def _lock(period_id: UUID) -> None:
    _run("SELECT 1 FROM gateway_budgetperiod WHERE id = %(id)s FOR UPDATE", id=period_id)


def _run(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []

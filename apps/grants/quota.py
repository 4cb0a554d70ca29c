"""Counting what is used of a grant: the worst case is reserved in one statement, then put right.

What is reserved counts as used. Whatever becomes of a process, a quota is never used twice; what it
reserved and did not settle stays counted as it was reserved.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, When

from apps.grants.models import Grant
from apps.tenants.context import public_scope


@dataclass(frozen=True)
class Reservation:
    """What is counted for one call until it is over, and of which day."""

    grant_id: UUID
    day: date
    tokens: int
    usd: Decimal


@dataclass(frozen=True)
class UsedUp:
    """Which quota has too little left, and when it starts anew."""

    limit: str  # in words
    starts_anew: str


def reserve(grant_id: UUID, *, tokens: int, usd: Decimal) -> Reservation | UsedUp:
    """Count what a call takes at most, or say which quota has too little left."""
    today = datetime.now(UTC).date()
    month = today.replace(day=1)
    used_tokens, used_usd = _used("day", today), _used("month", month)
    fits = (Q(tokens_a_day=None) | Q(tokens_a_day__gte=used_tokens + tokens)) & (
        Q(usd_a_month=None) | Q(usd_a_month__gte=used_usd + usd)
    )
    with public_scope():
        changed = Grant.objects.filter(fits, pk=grant_id).update(
            day=today, day_tokens=used_tokens + tokens, month=month, month_usd=used_usd + usd
        )
        if changed:
            return Reservation(grant_id, today, tokens, usd)
        return _refusal(grant_id, today, tokens)


def settle(held: Reservation, *, tokens: int, usd: Decimal) -> None:
    """Count what a call took instead of what was reserved, in the day and month it was reserved in."""
    month = held.day.replace(day=1)
    with public_scope():
        grants = Grant.objects.filter(pk=held.grant_id)
        grants.filter(day=held.day).update(day_tokens=F("day_tokens") + tokens - held.tokens)
        grants.filter(month=month).update(month_usd=F("month_usd") + usd - held.usd)


def _used(period: str, now: date) -> Any:
    """Return what counts of a period: nothing of one that is over."""
    amount, nothing = {"day": ("day_tokens", 0), "month": ("month_usd", Decimal(0))}[period]
    field: Any = Grant._meta.get_field(amount)
    return Case(When(**{period: now}, then=F(amount)), default=nothing, output_field=field)


def _refusal(grant_id: UUID, today: date, tokens: int) -> UsedUp:
    grant = Grant.objects.filter(pk=grant_id).first()
    if grant is None:
        return UsedUp("nothing any more", "when it is granted again")
    spent = grant.day_tokens if grant.day == today else 0
    if grant.tokens_a_day is not None and grant.tokens_a_day < spent + tokens:
        return UsedUp(f"{grant.tokens_a_day:,} tokens a day", "at midnight UTC")
    return UsedUp(f"${grant.usd_a_month:,} a month", "on the first of the month, UTC")

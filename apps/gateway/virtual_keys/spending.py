"""What keys took: sums over the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import ApiKey, User
from apps.common.types import JSONDict
from apps.gateway.budgets import standing
from apps.gateway.budgets.standing import Standing
from apps.gateway.budgets.subjects import Payer
from apps.gateway.filters import period
from apps.gateway.models import LlmCall

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Spending:
    """Sums of this month and of the last minute, for which the limits are."""

    since: datetime
    month: JSONDict
    minute: JSONDict

    @property
    def minute_tokens(self) -> int:
        """Tokens in and out of the last minute."""
        return int(self.minute["input_tokens"] + self.minute["output_tokens"])


def spending_of(key: ApiKey, *, actor: User) -> Spending | None:
    """Return what a key took; None for who may not see usage."""
    if not policies.holds(actor, "usage.view"):
        return None
    since, _ = period({})
    calls = LlmCall.objects.filter(key_id=key.pk)
    month, minute = calls.between(since, None), calls.between(timezone.now() - MINUTE, None)
    return Spending(since, month.totals(), minute.totals())


def totals_of(keys: Iterable[ApiKey], *, actor: User) -> dict[UUID, Any]:
    """Return the sums of this month, by key; those that asked nothing are left out."""
    since, _ = period({})
    calls = policies.visible(actor, LlmCall.objects.between(since, None))
    rows = calls.filter(key_id__in=[key.pk for key in keys]).totals_by("key_id")
    return {row["key_id"]: row for row in rows}


def limits_of(keys: Sequence[ApiKey], *, actor: User) -> list[Standing | None]:
    """Return the budget that stops each key first, of those that somebody may see."""
    return standing.foremost_of(
        [Payer(member_id=each.user_id, key_id=each.pk) for each in keys], actor
    )

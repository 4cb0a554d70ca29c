"""How the keys of a provider stand: which are used, which are left alone, and what they took."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Sum

from apps.accounts import policies
from apps.accounts.models import User
from apps.gateway.filters import period
from apps.gateway.models import Credential, LlmCall, Provider
from apps.gateway.routes import health, sharing
from apps.tenants.context import current_schema


@dataclass(frozen=True)
class KeyStanding:
    """A key, the models for which it is left alone, and what it took."""

    key: Credential
    cooling: dict[str, float]
    last_used_at: datetime | None = None
    month: dict[str, Any] | None = None  # None: who asks may not see usage

    @property
    def state(self) -> str:
        """`ready`, `cooling`, `refused` or `stopped`."""
        if not self.key.is_active:
            return "refused" if self.key.disabled_reason == Credential.REFUSED else "stopped"
        return "cooling" if self.cooling else "ready"

    @property
    def cooling_s(self) -> int:
        """For how long it is left alone, at most."""
        return max(1, round(max(self.cooling.values(), default=0)))


def of(provider: Provider, *, actor: User) -> list[KeyStanding]:
    """Return the keys of a provider in their order, without those that others took the place of."""
    kept = [
        each
        for each in provider.credentials.all()
        if each.is_active or each.disabled_reason != Credential.REPLACED
    ]
    schema, now = current_schema(), time.time()
    sharing.catch_up(schema)
    may_see = policies.holds(actor, "usage.view")
    months, uses = _months(kept) if may_see else {}, _uses(kept) if may_see else {}
    nothing = {"calls": 0, "cost_usd": None}
    return [
        KeyStanding(
            each, health.models_cooling(schema, str(each.pk), now), uses.get(each.pk),
            months.get(each.pk, nothing) if may_see else None,
        )
        for each in sorted(kept, key=lambda each: (each.order, each.created_at))
    ]  # fmt: skip


def _months(keys: list[Credential]) -> dict[Any, dict[str, Any]]:
    since, _ = period({})
    calls = LlmCall.objects.between(since, None).filter(credential_id__in=[key.pk for key in keys])
    rows = calls.order_by().values("credential_id")
    return {
        row["credential_id"]: row
        for row in rows.annotate(calls=Count("pk"), cost_usd=Sum("cost_usd"))
    }


def _uses(keys: list[Credential]) -> dict[Any, datetime]:
    """Return when each was used last, as far as the ledger goes back."""
    calls = LlmCall.objects.filter(credential_id__in=[key.pk for key in keys]).order_by()
    rows = calls.values("credential_id").annotate(at=Max("created_at"))
    return {row["credential_id"]: row["at"] for row in rows}

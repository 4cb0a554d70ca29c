"""What a workspace may use of the platform's providers just now: read as the platform, never as a tenant."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from uuid import UUID

from django.db.models import QuerySet

from apps.common.types import JSONDict
from apps.grants.models import Grant, PlatformProvider
from apps.tenants.context import current_schema, public_scope
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import unseal


@dataclass(frozen=True)
class Lent:
    """A provider of the platform as a workspace may use it. The key never shows in a repr."""

    grant_id: UUID
    provider_id: UUID
    base_url: str
    kind: str
    litellm_provider: str
    capabilities: tuple[str, ...]
    patterns: tuple[str, ...]
    tokens_a_day: int | None
    usd_a_month: Decimal | None
    key: str = field(default="", repr=False)
    # What the provider itself says that its models cost, where it does.
    prices: JSONDict = field(default_factory=dict, repr=False, compare=False)

    def lends(self, model: str) -> bool:
        """Tell whether a model is among those that may be asked."""
        return matches(self.patterns, model)


@dataclass(frozen=True)
class Use:
    """What is granted to a workspace, and what it used of that."""

    tokens_a_day: int | None
    usd_a_month: Decimal | None
    day_tokens: int
    month_usd: Decimal
    patterns: tuple[str, ...]


def matches(patterns: tuple[str, ...], model: str) -> bool:
    """Tell whether a model is among those that patterns name; none name all."""
    return not patterns or any(fnmatchcase(model, each) for each in patterns)


def lent() -> dict[UUID, Lent]:
    """Return what this workspace may use, by the grant, with the keys opened."""
    schema = current_schema()
    with public_scope():
        active = _grants_of(schema).filter(provider__status=PlatformProvider.Status.ACTIVE)
        return {each.pk: _lent(each) for each in active}


def use_of(grant_id: UUID) -> Use | None:
    """Return what is granted to this workspace by a grant, and what it used of that."""
    schema, today = current_schema(), datetime.now(UTC).date()
    with public_scope():
        grant = _grants_of(schema).filter(pk=grant_id).first()
    if grant is None:
        return None
    return Use(
        grant.tokens_a_day, grant.usd_a_month, grant.day_tokens if grant.day == today else 0,
        grant.month_usd if grant.month == today.replace(day=1) else Decimal(0), tuple(grant.patterns),
    )  # fmt: skip


def _grants_of(schema: str) -> QuerySet[Grant]:
    return Grant.objects.filter(tenant__schema_name=schema).select_related("provider")


def _lent(grant: Grant) -> Lent:
    provider = grant.provider
    return Lent(
        grant.pk, provider.pk, provider.base_url, provider.kind, provider.litellm_provider,
        tuple(provider.capabilities), tuple(grant.patterns), grant.tokens_a_day, grant.usd_a_month,
        opened(provider), provider.prices,
    )  # fmt: skip


def opened(provider: PlatformProvider) -> str:
    """Return the key of a provider; empty where it has none that opens. Only for asking it."""
    if not provider.sealed:
        return ""
    try:
        return unseal(provider.sealed, context=provider.context)
    except CannotUnseal:  # one that is spoilt must not stop the others
        return ""

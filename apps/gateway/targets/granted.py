"""Models that the platform lends to a workspace: asked with its key, counted against the workspace's quota.

The quota counts at the provider's own prices, where it told the platform any, else at delivered ones,
whatever a workspace says that models cost.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from yarl import URL

from apps.audit.services import record
from apps.gateway import alarms, catalogue, news
from apps.gateway.adapters.speaking import is_limited
from apps.gateway.asks import LIMITS, SPEAKING, Ask, limit_of
from apps.gateway.budgets.estimates import most_tokens
from apps.gateway.exceptions import GrantUsedUp, PriceUnknown, ProviderTimedOut
from apps.gateway.models import ModelPrice
from apps.gateway.models.prices import delivered, told_by
from apps.gateway.targets.router import Target
from apps.gateway.upstreams.answers import Answer
from apps.gateway.usage import Usage
from apps.grants import quota
from apps.grants.lending import Lent
from apps.grants.models import PlatformProvider
from apps.grants.quota import Reservation, UsedUp
from apps.tenants.context import public_scope
from apps.tenants.database import query

MOST_ANSWER = 4_096  # tokens, where nobody says how long an answer may become
REFUSED = "refused"


class Trouble(StrEnum):
    """What staff alone can put right about a provider of the platform."""

    REFUSED = "key_refused"
    MONEY = "out_of_money"


_hearers: list[Callable[[UUID, Trouble], None]] = []


@dataclass
class Meter:
    """What one call to a lent model turned out to be."""

    answer: Answer | None = None


def limited(target: Target, ask: Ask) -> tuple[Target, Ask]:
    """Return a call with a limit of its answer, and a target that leaves it in.

    Only so is there a worst case to reserve.
    """
    if target.lent is None or ask.endpoint not in SPEAKING:
        return target, ask
    params = target.upstream.params.items()
    kept = {name: value for name, value in params if value is not None or name not in LIMITS}
    target = replace(target, upstream=replace(target.upstream, params=kept))
    if is_limited(ask, target.upstream):
        return target, ask
    return target, replace(ask, body={**ask.body, limit_of(ask): MOST_ANSWER})


@asynccontextmanager
async def metered(target: Target, ask: Ask) -> AsyncIterator[Meter]:
    """Count a call against the quota of a lent model. Raises GrantUsedUp, PriceUnknown.

    What was asked and said nothing may have been charged for: it stays counted as it was reserved.
    """
    meter, lent = Meter(), target.lent
    if lent is None:
        yield meter
        return
    price = _price(target)
    held = await _reserved(target, ask, lent, price)
    is_silent = False
    try:
        yield meter
    except (asyncio.CancelledError, ProviderTimedOut):
        is_silent = meter.answer is None
        raise
    finally:
        if not is_silent:
            usage = meter.answer.usage(ask) if meter.answer is not None else Usage(0, 0)
            usd = price.cost(usage) if price else Decimal(0)
            await query(quota.settle, held, tokens=usage.input + usage.output, usd=usd)


async def _reserved(target: Target, ask: Ask, lent: Lent, price: ModelPrice | None) -> Reservation:
    if price is None and lent.usd_a_month is not None:
        raise PriceUnknown(
            f"A quota in dollars applies, and what {target.upstream.model} costs is not known."
        )
    sent = most_tokens(ask.body)
    answer = max(ask.limits(target.upstream.params), default=0) * ask.most_choices
    if price is not None and price.context_tokens is not None:
        sent = min(sent, price.context_tokens)
    usd = price.cost(Usage(sent, answer)) if price else Decimal(0)
    held = await query(quota.reserve, lent.grant_id, tokens=sent + answer, usd=usd)
    if isinstance(held, UsedUp):
        raise GrantUsedUp(
            f"{target.upstream.provider} is lent by the platform: of {held.limit} too little is left for "
            f"this call. It starts anew {held.starts_anew}."
        )
    return held


def on_trouble(hear: Callable[[UUID, Trouble], None]) -> None:
    """Call a function with each provider of the platform that staff alone can put right."""
    _hearers.append(hear)


def leave(hear: Callable[[UUID, Trouble], None]) -> None:
    """Call a function no longer."""
    _hearers.remove(hear)


def refuse_key(lent: Lent, model: str) -> None:
    """Disable a provider of the platform whose key was refused; the next call would only be refused again.

    Only where staff named the model: some refuse a key for one model alone, and what one workspace
    asks for must not take the provider from the others.
    """
    with public_scope(), transaction.atomic():
        active = PlatformProvider.objects.select_for_update().filter(
            pk=lent.provider_id, status=PlatformProvider.Status.ACTIVE, default_model=model
        )
        provider = active.first()
        if provider is None:
            return
        provider.status, provider.disabled_reason = PlatformProvider.Status.DISABLED, REFUSED
        provider.save()
        record("platform_provider.key_refused", actor=None, target=provider, result="failed")
        for hear in _hearers:
            transaction.on_commit(partial(hear, provider.pk, Trouble.REFUSED), robust=True)
    news.announce()


def tell_of_money(lent: Lent) -> None:
    """Tell staff that the account of a provider of the platform is empty, once a day."""
    with public_scope():
        if alarms.is_new(lent.provider_id):
            for hear in _hearers:
                transaction.on_commit(partial(hear, lent.provider_id, Trouble.MONEY), robust=True)


def _price(target: Target) -> ModelPrice | None:
    upstream = target.upstream
    if target.lent is not None and (
        told := told_by(target.lent, upstream.provider, upstream.model)
    ):
        return told
    names = [upstream.litellm_provider, URL(upstream.base_url).host or ""]
    found = catalogue.find([n for n in names if n], upstream.model, on=timezone.now().date())
    return delivered(found) if found else None

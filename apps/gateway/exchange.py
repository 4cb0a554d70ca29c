"""Asking targets in order until one begins to answer.

Whoever cannot be asked, or fails before the first word, gives way to the next; after the first word
somebody has read it. The breaker of a model hears how its answer went, to its end.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from yarl import URL

from apps.audit.services import record
from apps.common.types import JSONDict
from apps.egress.answers import LONG_S
from apps.egress.breakers import Fault, Health, Verdict, breaker
from apps.egress.exceptions import BreakerOpen
from apps.gateway.adapters import builtin, litellm_adapter, openai_compatible
from apps.gateway.adapters.speaking import adapter_for
from apps.gateway.answers import Answer
from apps.gateway.asks import Ask
from apps.gateway.calls import TRANSLATED, GoThrough, Upstream
from apps.gateway.exceptions import (
    AddressDenied,
    GatewayError,
    KeyRefused,
    NotOffered,
    ProviderBusy,
    ProviderFull,
    ProviderResting,
)
from apps.gateway.models import Credential, Provider
from apps.gateway.router import Plan, Target
from apps.tenants.database import query

Adapter = Callable[[Ask, Upstream], AbstractAsyncContextManager[Answer]]
FULL_S = 1.0  # after which it is worth asking again for a place that others have
ADAPTERS: dict[str, Adapter] = {
    Provider.Kind.BUILTIN: builtin.opened,
    Provider.Kind.OPENAI: openai_compatible.opened,
    Provider.Kind.LITELLM: litellm_adapter.opened,
}


@dataclass
class Trace:
    """What was tried and when: kept for the ledger, also when the call fails."""

    began: float = field(default_factory=time.perf_counter)
    attempts: list[JSONDict] = field(default_factory=list)
    target: Target | None = None
    answer: Answer | None = None
    first_ms: int | None = None  # until the first of a stream
    cache: str = ""  # `LlmCall.Cache`, with the name of what is kept and what a hit saved
    cache_name: str = ""
    saved_usd: Decimal | None = None
    # Asked before a provider whose calls at a time are limited.
    go_through: GoThrough | None = None

    def elapsed_ms(self) -> int:
        """Milliseconds since the call began."""
        return round((time.perf_counter() - self.began) * 1000)


@asynccontextmanager
async def exchange(plan: Plan, ask: Ask, trace: Trace) -> AsyncIterator[Answer]:
    """Hand out the first answer that begins, for as long as the block lasts.

    Raises the last target's GatewayError.
    """
    async with AsyncExitStack() as kept:
        answer = await _first(plan, ask, trace, kept)
        trace.answer = answer
        if answer.streams:
            trace.first_ms = trace.elapsed_ms()
        yield answer


async def _first(plan: Plan, ask: Ask, trace: Trace, kept: AsyncExitStack) -> Answer:
    failure: GatewayError | None = None
    for target in plan.targets:
        try:
            return await _try(target, ask, trace, kept)
        except GatewayError as error:
            failure = error
            if not error.moves_on:
                raise
    assert failure is not None
    raise failure


async def _try(target: Target, ask: Ask, trace: Trace, kept: AsyncExitStack) -> Answer:
    start = time.perf_counter()
    attempt: JSONDict = {"provider": target.upstream.provider, "model": target.upstream.model}
    trace.target = target
    trace.attempts.append(attempt)
    try:
        await _check_room(target, trace.go_through)
        async with AsyncExitStack() as opening:
            answer = await opening.enter_async_context(_guarded(target, ask))
            await answer.begin()
            kept.push_async_exit(opening.pop_all())
            return answer
    except GatewayError as error:
        attempt["error"] = error.code
        if isinstance(error, KeyRefused) and target.credential_id is not None:
            await query(_give_up, target.credential_id)
        raise
    finally:
        attempt["ms"] = round((time.perf_counter() - start) * 1000)


async def _check_room(target: Target, go_through: GoThrough | None) -> None:
    if go_through is None or target.provider_id is None or target.max_calls is None:
        return
    if not await go_through(target.provider_id, target.max_calls):
        raise ProviderFull(retry_after=FULL_S)


@asynccontextmanager
async def _guarded(target: Target, ask: Ask) -> AsyncIterator[Answer]:
    """Ask a target unless its breaker is open, and let the breaker hear how it went."""
    adapter = adapter_for(ask, target.upstream, ADAPTERS[target.upstream.kind])
    if target.is_builtin:
        async with adapter(ask, target.upstream) as answer:
            yield answer
        return
    try:
        async with (
            breaker("model", _place(target.upstream), judge=_health),
            adapter(ask, target.upstream) as answer,
        ):
            yield answer
    except BreakerOpen as error:
        raise ProviderResting(str(error), retry_after=error.retry_after) from error


def _place(upstream: Upstream) -> str:
    """Return the model and its host: keys and names of providers do not make it another one."""
    address = upstream.base_url or TRANSLATED.get(upstream.litellm_provider, "")
    return f"{upstream.model} at {URL(address).authority}"


def _health(error: Exception) -> Verdict:
    """Return whose fault it was. What a provider said may repeat a prompt, so it is not kept."""
    if not isinstance(error, GatewayError):
        return Health.UNKNOWN
    wait = error.retry_after or 0
    if error.blames_service or (isinstance(error, ProviderBusy) and wait >= LONG_S):
        return Fault((type(error).__doc__ or "").strip(), wait)
    was_asked = not isinstance(error, AddressDenied | NotOffered)
    return Health.WELL if was_asked else Health.UNKNOWN


@transaction.atomic
def _give_up(credential_id: UUID) -> None:
    """Disable a key that its provider refused; the next call would only be refused again."""
    key = Credential.objects.select_for_update().filter(pk=credential_id, status="active").first()
    if key is not None:
        key.disable(Credential.REFUSED)
        record(
            "provider.key_refused", actor=None, target=key.provider, after={"last4": key.last4},
            result="failed",
        )  # fmt: skip

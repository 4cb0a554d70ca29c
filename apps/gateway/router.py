"""Which target of a route is called, and which one next when it fails.

Targets are tried in order. What is disabled or has no key is skipped. The next one is tried as
long as nothing was heard: after the first word somebody has read it.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from yarl import URL

from apps.audit.services import record
from apps.common.types import JSONDict
from apps.egress import client as egress
from apps.egress.answers import LONG_S
from apps.egress.breakers import Fault, Health, Verdict, breaker
from apps.egress.exceptions import BreakerOpen
from apps.gateway.adapters import builtin, litellm_adapter, openai_compatible
from apps.gateway.calls import (
    PATIENCE,
    TRANSLATED,
    CompletionRequest,
    GoThrough,
    Listener,
    Patience,
    Reply,
    Upstream,
)
from apps.gateway.exceptions import (
    AddressDenied,
    GatewayError,
    KeyRefused,
    NoUsableTarget,
    ProviderBusy,
    ProviderFull,
    ProviderResting,
    UnknownRoute,
)
from apps.gateway.models import Credential, ModelPrice, ModelRoute, Provider, RouteTarget
from apps.tenants.database import query
from apps.vault.services import unseal

Adapter = Callable[[CompletionRequest, Upstream, Listener], Awaitable[Reply]]
FULL_S = 1.0  # after which it is worth asking again for a place that others have
ADAPTERS: dict[str, Adapter] = {
    Provider.Kind.BUILTIN: builtin.call,
    Provider.Kind.OPENAI: openai_compatible.call,
    Provider.Kind.LITELLM: litellm_adapter.call,
}


@dataclass(frozen=True)
class Target:
    """A model that can be called now, with what a million of its tokens cost."""

    upstream: Upstream
    price: ModelPrice | None = None
    credential_id: UUID | None = None
    provider_id: UUID | None = None
    max_calls: int | None = None

    @property
    def is_builtin(self) -> bool:
        """Whether it is ours, without a model."""
        return self.upstream.kind == Provider.Kind.BUILTIN

    def cost(self, input_tokens: int, output_tokens: int) -> Decimal | None:
        """Return what the tokens cost; None where the price is not known."""
        if self.is_builtin:
            return Decimal(0)
        return self.price.cost(input_tokens, output_tokens) if self.price else None


@dataclass(frozen=True)
class Plan:
    """The usable targets of a route, in order."""

    route: str
    version: int | None
    targets: tuple[Target, ...]


@dataclass
class Trace:
    """What was tried: kept for the ledger, also when the call fails."""

    attempts: list[JSONDict] = field(default_factory=list)
    target: Target | None = None
    go_through: GoThrough | None = None


def limits_calls() -> bool:
    """Tell whether there is a provider of which only so many calls may go on at a time."""
    return Provider.objects.exclude(max_calls=None).exists()


def first_provider(alias: str) -> Provider | None:
    """Return the provider that a route asks first; None where none can be asked."""
    targets = RouteTarget.objects.filter(route__alias=alias).select_related("provider")
    found = targets.prefetch_related("provider__credentials")
    return next((each.provider for each in found if each.provider.state == "ready"), None)


def plan(alias: str) -> Plan:
    """Return what a route leads to now. Raises UnknownRoute, NoUsableTarget."""
    route = (
        ModelRoute.objects.filter(alias=alias)
        .prefetch_related("targets__provider__credentials")
        .first()
    )
    if route is None:
        raise UnknownRoute(f"There is no model route named “{alias[:80]}”.")
    usable = [
        target_of(each.provider, each.model, each.params)
        for each in route.targets.all()
        if each.provider.state == "ready"
    ]
    if not usable:
        raise NoUsableTarget(
            f"The route “{route.alias}” has no provider that is enabled and has a key."
        )
    return Plan(route.alias, route.version, tuple(usable))


def target_of(
    provider: Provider, model: str, params: JSONDict, patience: Patience = PATIENCE
) -> Target:
    """Return a provider's model, ready to be called: its key opened, for its own origin only."""
    key = provider.credential
    at_home = key and key.is_active and key.origin == egress.origin_of(provider.base_url)
    opened = unseal(key.sealed, context=key.context) if key and at_home else ""
    upstream = Upstream(
        provider=provider.slug, kind=provider.kind, model=model, base_url=provider.base_url,
        litellm_provider=provider.litellm_provider, capabilities=tuple(provider.capabilities),
        params=params, key=opened, patience=patience,
    )  # fmt: skip
    host = URL(provider.base_url).host or "" if provider.base_url else ""
    names = {provider.slug, host, provider.litellm_provider} - {""}
    price = ModelPrice.objects.best(names, model)
    return Target(upstream, price, key.pk if key else None, provider.pk, provider.max_calls)


async def ask(
    plan: Plan, request: CompletionRequest, listener: Listener, trace: Trace
) -> tuple[Target, Reply]:
    """Return the first answer, and whose it is. Raises the last target's GatewayError."""
    failure: GatewayError | None = None
    for target in plan.targets:
        try:
            return target, await _try(target, request, listener, trace)
        except GatewayError as error:
            failure = error
            if listener.has_heard or not (error.retryable or isinstance(error, KeyRefused)):
                raise
    assert failure is not None
    raise failure


async def _try(
    target: Target, request: CompletionRequest, listener: Listener, trace: Trace
) -> Reply:
    start = time.perf_counter()
    attempt: JSONDict = {"provider": target.upstream.provider, "model": target.upstream.model}
    trace.target = target
    trace.attempts.append(attempt)
    try:
        await _check_room(target, trace.go_through)
        return await _ask_guarded(target, request, listener)
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


async def _ask_guarded(target: Target, request: CompletionRequest, listener: Listener) -> Reply:
    adapter = ADAPTERS[target.upstream.kind]
    if target.is_builtin:
        return await adapter(request, target.upstream, listener)
    try:
        async with breaker("model", _place(target.upstream), judge=_health):
            return await adapter(request, target.upstream, listener)
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
    return Health.UNKNOWN if isinstance(error, AddressDenied) else Health.WELL


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


def settings_stamp() -> str:
    """Return what changes whenever providers, credentials or routes do: answers may then differ."""
    newest = (
        model.objects.order_by("-updated_at").values_list("updated_at", flat=True)[:1]
        for model in (Provider, Credential, ModelRoute)
    )
    counts = (model.objects.count() for model in (Provider, Credential, RouteTarget))
    return " ".join(str(each) for each in (*(list(times) for times in newest), *counts))

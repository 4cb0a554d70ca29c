"""Asking models, and the providers who are asked.

`complete` is what everything above calls. Each change of a setting is one transaction with its
audit entry; a key goes in here, sealed, and comes out only in the router.
"""

import asyncio
import re
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.dispatch import passes
from apps.gateway import outlook
from apps.gateway.calls import (
    TRANSLATED,
    WORKFLOW,
    Completion,
    CompletionRequest,
    GoThrough,
    OnText,
)
from apps.gateway.carrying import carried
from apps.gateway.checks.reading import text_of
from apps.gateway.exceptions import (
    BadProvider,
    BadRoute,
    BuiltInStays,
    InUse,
    LentStays,
    NameTaken,
    RouteNeeded,
)
from apps.gateway.ledger import rows
from apps.gateway.models import NAME, AllowList, Credential, ModelPrice, ModelRoute, Provider
from apps.gateway.prompts.library import filled
from apps.gateway.routes import versions
from apps.gateway.routes.versions import MAX_TARGETS
from apps.gateway.targets import router
from apps.gateway.targets.trials import TEST_PATIENCE, Trial, tried
from apps.gateway.upstreams import keys, known_providers

CAPABILITIES = ("json_schema", "json_object", "responses")
DELIVERED_ROUTES = ("default", "fast", "large")


async def complete(
    request: CompletionRequest,
    *,
    on_text: OnText | None = None,
    go_through: GoThrough | None = None,
) -> Completion:
    """Ask the models of a route and return the first answer; `on_text` hears it as it comes.

    `go_through` is asked before a provider whose calls at a time are limited. Every call leaves one
    row in the rows, also one that failed or was cancelled. Raises GatewayError.
    """
    asked = await filled(request)
    return await _completed(asked, on_text=on_text, go_through=go_through)


async def _completed(
    request: CompletionRequest,
    *,
    on_text: OnText | None = None,
    go_through: GoThrough | None = None,
    plan: router.Plan | None = None,
) -> Completion:
    try:
        async with carried(request.ask(), plan=plan, go_through=go_through) as call:
            text = await text_of(call.answer, on_text)
    finally:
        await asyncio.shield(rows.written())
    entry = call.entry
    return Completion(
        text=text,
        usage={"input": entry.usage.input, "output": entry.usage.output},
        cost_usd=None if entry.cost_usd is None else entry.cost_usd + call.trace.judged_usd,
        model=entry.model,
        provider=call.target.upstream.provider,
        builtin=call.target.is_builtin,
        prompt=request.prompt,
    )


def try_provider(
    provider: Provider, *, actor: User, model: str = "", key: Credential | None = None
) -> Trial:
    """Make a small real call and say how it went; it is in the ledger like every call.

    `key` is the one of its keys that is shown. Raises Forbidden, BadProvider without a model to ask.
    """
    policies.check(actor, "manage", provider)
    model = model or provider.default_model
    if not model and not provider.is_builtin:
        raise BadProvider.at("model", "Name a model to ask.")
    if provider.state == "needs_key":
        return Trial(False, f"{provider.name} has no key.", "Enter its key.", model, 0)
    target = router.target_of(provider, model, {}, TEST_PATIENCE, key=key)
    plan = router.Plan("", None, (target,), allowed=router.allowed())

    async def asked(request: CompletionRequest) -> tuple[str, str]:
        answer = await _completed(request, plan=plan)
        return answer.text, answer.model

    return tried(asked, provider.name, model)


@transaction.atomic
def add_provider(
    *,
    actor: User,
    kind: str,
    name: str,
    slug: str = "",
    base_url: str = "",
    litellm_provider: str = "",
    credential: str = "",
    default_model: str = "",
    needs_key: bool = True,
    max_calls: int | None = None,
    capabilities: list[str] | None = None,
) -> Provider:
    """Connect a provider. Raises BadProvider, BadAddress, NameTaken, Forbidden."""
    policies.check(actor, "manage", Provider)
    _check_kind(kind, litellm_provider)
    address = base_url or TRANSLATED.get(litellm_provider, "")
    provider = Provider(
        kind=kind, name=name.strip(), slug=slug or free_slug(name), needs_key=needs_key,
        base_url=keys.checked_address(address, with_key=bool(credential)),
        litellm_provider=litellm_provider,
        default_model=default_model.strip(), max_calls=max_calls,
        capabilities=_checked(capabilities if capabilities is not None else ["json_schema"]),
    )  # fmt: skip
    _check_name(provider)
    provider.save()
    record("provider.added", actor=actor, target=provider, after=_shown(provider))
    if credential:
        keys.store(provider, credential, actor=actor)
    return provider


@transaction.atomic
def update_provider(provider: Provider, *, actor: User, changes: JSONDict) -> Provider:
    """Change name, address, status, model, capabilities or key.

    A key never follows to another address: it is disabled unless a new one comes with the change.
    Raises BuiltInStays, LentStays, BadProvider, BadAddress, Forbidden.
    """
    policies.check(actor, "manage", provider)
    provider = Provider.objects.select_for_update().get(pk=provider.pk)
    _check_changes(provider, changes)
    before = _shown(provider)
    key = str(changes.get("credential") or "")
    if "base_url" in changes:
        address = changes["base_url"] or TRANSLATED.get(provider.litellm_provider, "")
        provider.base_url = keys.checked_address(address, with_key=bool(key))
    if "capabilities" in changes:
        provider.capabilities = _checked(changes["capabilities"])
    for field in {"name", "status", "default_model", "needs_key", "max_calls"} & set(changes):
        setattr(provider, field, changes[field])
    if "max_calls" in changes:
        set_cap = partial(passes.set_cap, provider.pk, provider.max_calls)
        transaction.on_commit(set_cap, robust=True)  # for the steps that wait already
    provider.save()
    after = _shown(provider)
    if after != before:
        record("provider.updated", actor=actor, target=provider, before=before, after=after)
    keys.keep_home(provider, actor=actor)
    if key:
        keys.replace(provider, key, actor=actor)
    return provider


def _check_changes(provider: Provider, changes: JSONDict) -> None:
    """Raise unless a provider of this kind may be changed like this."""
    is_more = bool(set(changes) - {"status"})
    if provider.is_builtin and is_more:
        raise BuiltInStays
    if provider.grant_id and (is_more or provider.status == Provider.Status.WITHDRAWN):
        raise LentStays
    if changes.get("status") == Provider.Status.WITHDRAWN:
        raise BadProvider.at("status", "Only the platform withdraws what it lends.")


@transaction.atomic
def delete_provider(provider: Provider, *, actor: User) -> None:
    """Remove a provider with its keys; its calls stay in the ledger. Raises BuiltInStays, InUse."""
    policies.check(actor, "manage", provider)
    if provider.is_builtin:
        raise BuiltInStays
    if provider.grant_id and provider.status != Provider.Status.WITHDRAWN:
        raise LentStays
    used = sorted(set(provider.targets.values_list("route__alias", flat=True)))
    if used:
        raise InUse(f"Routes lead to this provider: {', '.join(used)}. Change them first.")
    record("provider.deleted", actor=actor, target=provider, before=_shown(provider))
    provider.delete()


def _check_kind(kind: str, litellm_provider: str) -> None:
    if kind not in (Provider.Kind.OPENAI, Provider.Kind.LITELLM):
        raise BadProvider.at("kind", "Use openai_compatible or litellm.")
    if kind == Provider.Kind.LITELLM and litellm_provider not in TRANSLATED:
        raise BadProvider.at("litellm_provider", f"Use one of {', '.join(TRANSLATED)}.")
    if litellm_provider and known_providers.find(litellm_provider) is None:
        raise BadProvider.at("litellm_provider", "No provider of this name is known.")


def _check_name(provider: Provider) -> None:
    if not provider.name:
        raise BadProvider.at("name", "Give it a name.")
    try:
        NAME(provider.slug)
    except ValidationError as error:
        raise BadProvider.at("slug", error.messages[0]) from error
    taken = provider.slug == WORKFLOW or Provider.objects.filter(slug=provider.slug).exists()
    if taken:
        raise NameTaken


def free_slug(name: str) -> str:
    """Return a short name that no provider of the workspace has yet."""
    base = re.sub(r"^[^a-z]+", "", slugify(name))[:50] or "provider"
    taken = set(Provider.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken.add(WORKFLOW)
    numbered = (f"{base}-{place}" for place in range(2, len(taken) + 3))
    return base if base not in taken else next(each for each in numbered if each not in taken)


def _checked(capabilities: list[str]) -> list[str]:
    if set(capabilities) - set(CAPABILITIES):
        raise BadProvider.at("capabilities", f"Use {', '.join(CAPABILITIES)}.")
    return sorted(set(capabilities))


@transaction.atomic
def save_route(
    route: ModelRoute | None,
    *,
    actor: User,
    alias: str = "",
    description: str | None = None,
    targets: list[JSONDict] | None = None,
    policy: JSONDict | None = None,
) -> ModelRoute:
    """Make or change a route; targets name their provider by its slug (`routes.versions.target_of`).

    Each change of targets or policy is a new version. The alias of a route never changes, because
    steps name it. Raises BadRoute, NameTaken, Forbidden.
    """
    policies.check(actor, "manage", route or ModelRoute)
    before = None
    if route is None:
        route, action = _new_route(alias), "route.added"
    else:
        route, action = ModelRoute.objects.select_for_update().get(pk=route.pk), "route.updated"
        before = versions.shown(route)
    if description is not None:
        route.description = description.strip()[:300]
    route.save()
    versions.change(route, targets, policy, author=str(actor))
    after = versions.shown(route)
    if after != before:
        record(action, actor=actor, target=route, before=before, after=after)
        outlook.look_soon()
    return route


def restore_route(route: ModelRoute, number: int, *, actor: User) -> ModelRoute:
    """Make an earlier version the newest. Raises NotFound, BadRoute, Forbidden."""
    policies.check(actor, "manage", route)
    settings = versions.settings_of(route, number)
    return save_route(route, actor=actor, **settings)


@transaction.atomic
def allow_models(*, actor: User, patterns: list[str], regions: list[str]) -> AllowList:
    """Say which models and regions may be asked at all; empty lists allow all. Raises Forbidden."""
    policies.check(actor, "manage", AllowList)
    found, _ = AllowList.objects.select_for_update().get_or_create(pk=1)
    before = {"patterns": found.patterns, "regions": found.regions}
    found.patterns, found.regions = sorted(set(patterns)), sorted(set(regions))
    found.save()
    after = {"patterns": found.patterns, "regions": found.regions}
    if after != before:
        record("models.allowed", actor=actor, target=found, before=before, after=after)
    return found


@transaction.atomic
def delete_route(route: ModelRoute, *, actor: User) -> None:
    """Remove a route. Raises RouteNeeded for those that every workspace has, Forbidden."""
    policies.check(actor, "manage", route)
    if route.alias in DELIVERED_ROUTES:
        raise RouteNeeded
    record("route.deleted", actor=actor, target=route, before=versions.shown(route))
    route.delete()


def put_first(route: ModelRoute, provider: Provider, *, actor: User, model: str) -> ModelRoute:
    """Let a route ask this provider first; what it asked until now remains as the fallback."""
    targets = [versions.settings_of_target(each) for each in versions.targets_of(route)]
    rest = [
        {**each, "order": each["order"] + 1}
        for each in targets
        if each["provider"] != provider.slug
    ]
    first = {"provider": provider.slug, "model": model, "order": 0}
    return save_route(route, actor=actor, targets=[first, *rest][:MAX_TARGETS])


def _new_route(alias: str) -> ModelRoute:
    try:
        NAME(alias)
    except ValidationError as error:
        raise BadRoute.at("alias", error.messages[0]) from error
    if ModelRoute.objects.filter(alias=alias).exists():
        raise NameTaken
    return ModelRoute(alias=alias, version=0)


@transaction.atomic
def set_price(*, actor: User, provider: str, model: str, **figures: Any) -> ModelPrice:
    """Say what a million tokens cost from now on; the workspace's own price wins over a delivered one."""
    policies.check(actor, "manage", ModelPrice)
    price = ModelPrice.objects.create(provider=provider, model=model, **figures)
    outlook.look_soon()
    after = {name: str(value) for name, value in figures.items() if value is not None}
    record("price.set", actor=actor, target=price, after=after)
    return price


@transaction.atomic
def delete_price(price: ModelPrice, *, actor: User) -> None:
    """Forget a price with its versions; for calls that it fitted the delivered list counts again."""
    policies.check(actor, "manage", price)
    record("price.deleted", actor=actor, target=price)
    ModelPrice.objects.filter(provider=price.provider, model=price.model).delete()


def _shown(provider: Provider) -> JSONDict:
    fields = (
        "name", "kind", "base_url", "status", "default_model", "needs_key", "capabilities", "max_calls",
    )  # fmt: skip
    return {field: getattr(provider, field) for field in fields}

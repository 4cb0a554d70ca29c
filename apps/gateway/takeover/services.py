"""Making what a configuration was read to say: providers with their keys, prices and routes, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import DomainError
from apps.gateway import services
from apps.gateway.exceptions import BadConfig
from apps.gateway.models import ModelRoute, Provider
from apps.gateway.takeover.draft import Draft, DraftProvider, DraftRoute, Secret
from apps.gateway.upstreams import pools


@dataclass
class Made:
    """What was made, for the report."""

    providers: list[Provider] = field(default_factory=list)
    routes: list[ModelRoute] = field(default_factory=list)


@transaction.atomic
def take_over(
    draft: Draft, *, actor: User, secrets: Mapping[str, str], replace: bool = False
) -> Made:
    """Make all of a draft; routes that exist are changed where `replace` says so, else left.

    Raises BadConfig naming what cannot be made: then nothing is.
    """
    policies.check(actor, "manage", Provider)
    made, slugs = Made(), {}
    for each in draft.providers:
        provider = _provider(each, actor, secrets)
        slugs[each.address] = provider.slug
        made.providers.append(provider)
    for price in draft.prices:
        services.set_price(
            actor=actor, provider=slugs[price.provider.address], model=price.model,
            input_usd=price.input_usd, output_usd=price.output_usd,
        )  # fmt: skip
    for route in draft.routes.values():
        if route.targets and (found := _route(route, draft, actor, slugs, replace=replace)):
            made.routes.append(found)
    record("gateway.taken_over", actor=actor, after={
        "providers": [each.slug for each in made.providers],
        "routes": [each.alias for each in made.routes],
    })  # fmt: skip
    return made


def _provider(draft: DraftProvider, actor: User, secrets: Mapping[str, str]) -> Provider:
    """Return the provider of an address: the one that is there already, else a new one."""
    known = Provider.objects.filter(base_url=draft.address, grant_id=None).first()
    if known is not None:
        return known
    keys = [key for key in (_text(each, secrets) for each in draft.keys) if key]
    try:
        made = services.add_provider(
            actor=actor, kind=draft.entry.kind, name=draft.name, base_url=draft.address,
            litellm_provider="" if draft.entry.slug == "other" else draft.entry.slug,
            default_model=draft.model, credential=keys[0] if keys else "",
            needs_key=bool(draft.keys) or draft.entry.key == "required",
        )  # fmt: skip
        for key in keys[1:]:
            pools.add_key(made, actor=actor, credential=key)
    except DomainError as error:
        said = " ".join(each["message"] for each in error.errors) or error.detail
        raise BadConfig.at("config", f"{draft.name} cannot be added: {said}") from error
    return made


def _route(
    draft: DraftRoute, whole: Draft, actor: User, slugs: Mapping[str, str], *, replace: bool
) -> ModelRoute | None:
    found = ModelRoute.objects.filter(alias=draft.alias).first()
    if found is not None and not replace:
        return None
    targets = [
        {"provider": slugs[each.provider.address], **each.settings} for each in draft.targets
    ]
    name = {} if found else {"alias": draft.alias, "description": f"Taken over: {draft.called}"}
    policy = {"retries": whole.retries} if whole.retries else {}
    try:
        return services.save_route(found, actor=actor, targets=targets, policy=policy, **name)
    except DomainError as error:
        said = " ".join(each["message"] for each in error.errors) or error.detail
        raise BadConfig.at("config", f"The route {draft.alias} cannot be made: {said}") from error


def _text(secret: Secret, given: Mapping[str, str]) -> str:
    return secret.text or given.get(secret.variable, "").strip()

"""What a provider of the platform tells of itself, kept for all workspaces that it is lent to.

Of a LiteLLM proxy that is what its models cost, too: quotas in dollars and budgets need to know.
"""

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.gateway import news
from apps.gateway.exceptions import ModelsUnknown
from apps.gateway.models import Provider
from apps.gateway.platform.services import models_lent
from apps.gateway.providers import importing
from apps.gateway.providers.importing import LIMITS, PATIENCE_S, PROXY, Imported, Told
from apps.grants.lending import opened
from apps.grants.models import PlatformProvider
from apps.tenants.context import public_scope, tenant_context

KEPT = ("known_models", "prices", "default_model")


def import_models(
    provider: PlatformProvider, *, actor: User | None, patience_s: float = PATIENCE_S
) -> Imported:
    """Ask a provider of the platform for its models, a proxy also for their prices, and keep both.

    Raises ModelsUnknown.
    """
    if provider.kind != Provider.Kind.OPENAI:
        raise ModelsUnknown(
            "Only providers that speak OpenAI's protocol can be asked for their models."
        )
    is_proxy = provider.litellm_provider == PROXY
    with public_scope():
        key = opened(provider)
        told = importing.told_by(provider.base_url, key, is_proxy=is_proxy, patience_s=patience_s)
    return _keep(provider, told, actor)


@transaction.atomic
def _keep(provider: PlatformProvider, told: Told, actor: User | None) -> Imported:
    with public_scope():
        kept = PlatformProvider.objects.select_for_update().get(pk=provider.pk)
        before = {name: getattr(kept, name) for name in KEPT}
        prices = _prices(told)
        kept.known_models, kept.prices = told.names, kept.prices if told.problem else prices
        kept.default_model = _default(kept, told.names)
        done = Imported(len(told.names), len(prices), told.problem)
        if before == {name: getattr(kept, name) for name in KEPT}:
            return done
        kept.save(update_fields=[*KEPT, "updated_at"])
        record("platform_provider.models_imported", actor=actor, target=kept, after=vars(done))
        grants = list(kept.grants.select_related("tenant"))
    for grant in grants:
        grant.provider = kept
        with tenant_context(grant.tenant):
            rows = Provider.objects.filter(grant_id=grant.pk)
            rows.filter(default_model=before["default_model"]).update(
                default_model=kept.default_model
            )
            rows.update(known_models=models_lent(grant))
            news.announce()
    return done


def _prices(told: Told) -> JSONDict:
    """Return what a million tokens cost, by model, as a column of JSON holds it."""
    return {
        each.model: {
            "input_usd": str(each.input_usd), "output_usd": str(each.output_usd),
            **{name: getattr(each, name) for name in LIMITS},
        }
        for each in importing.prices_in(told.info, PROXY)
    }  # fmt: skip


def _default(provider: PlatformProvider, names: list[str]) -> str:
    """Return the model to begin with: one that a proxy does not serve would only be refused.

    A proxy that lists patterns serves more than it names.
    """
    is_whole = provider.litellm_provider == PROXY and not any("*" in name for name in names)
    if not names or not is_whole or provider.default_model in names:
        return provider.default_model
    return names[0]

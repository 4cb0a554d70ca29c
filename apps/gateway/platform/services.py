"""What platform staff do with the platform's own providers: connect them, and lend them to workspaces.

Each act stands in the platform's trail; what touches a workspace stands in its own too, where its
people see that staff acted. A workspace gets a row of its own, to which its routes lead, without a key.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.dispatch.operations import Staff
from apps.egress import client as egress
from apps.gateway import news
from apps.gateway.calls import Upstream
from apps.gateway.models import Provider
from apps.gateway.services import free_slug
from apps.gateway.targets.router import Target
from apps.gateway.targets.trials import TEST_PATIENCE, Trial, try_target
from apps.gateway.upstreams import keys
from apps.grants.lending import matches, opened
from apps.grants.models import Grant, PlatformProvider
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.vault.services import seal

FIELDS = (
    "slug", "name", "kind", "base_url", "litellm_provider", "default_model", "capabilities", "status",
)  # fmt: skip
QUOTA = ("patterns", "tokens_a_day", "usd_a_month")


@transaction.atomic
def save_provider(provider: PlatformProvider, *, actor: User | None, key: str = "") -> None:
    """Keep a provider of the platform, with a new key where one is given. Raises BadAddress, BadProvider.

    A key never follows to another address: without a new one, the provider is disabled.
    """
    with public_scope():
        before = PlatformProvider.objects.filter(pk=provider.pk).first()
        provider.base_url = keys.checked_address(provider.base_url, with_key=bool(key))
        if key:
            _seal(provider, keys.checked_key(key))
        elif provider.sealed and provider.origin != egress.origin_of(provider.base_url):
            provider.sealed = provider.last4 = ""
            provider.status = PlatformProvider.Status.DISABLED
            provider.disabled_reason = "address changed"
        if provider.status == PlatformProvider.Status.ACTIVE:
            provider.disabled_reason = ""
        provider.save()
        record(
            "platform_provider.updated" if before else "platform_provider.added", actor=actor,
            target=provider, before=_shown(before) if before else None, after=_shown(provider),
        )  # fmt: skip
        tenants = [each.tenant for each in provider.grants.select_related("tenant")]
    for tenant in tenants:
        with tenant_context(tenant):
            news.announce()


def try_provider(provider: PlatformProvider, *, actor: User) -> Trial:
    """Make a small real call with the platform's key and say how it went; it stands in the trail.

    No workspace pays for it, and none has it in its ledger.
    """
    with public_scope():
        trial = try_target(_target(provider), provider.name)
        told = {"model": provider.default_model, "message": trial.message}
        result = "ok" if trial.ok else "failed"
        record("platform_provider.tried", actor=actor, target=provider, after=told, result=result)
    return trial


def _target(provider: PlatformProvider) -> Target:
    upstream = Upstream(
        provider=provider.slug, kind=provider.kind, model=provider.default_model,
        base_url=provider.base_url, litellm_provider=provider.litellm_provider,
        capabilities=tuple(provider.capabilities), key=opened(provider),
        patience=TEST_PATIENCE,
    )  # fmt: skip
    return Target(upstream)


@transaction.atomic
def save_grant(grant: Grant, *, actor: User | None) -> None:
    """Lend a provider to a workspace, or change how much of it."""
    with public_scope():
        before = Grant.objects.filter(pk=grant.pk).first()
        grant.save()
        _record("provider.lent", actor, grant, before)
    with _at(grant.tenant, actor) as staff:
        row = Provider.objects.filter(grant_id=grant.pk).first() or _row(grant)
        row.known_models = models_lent(grant)
        row.save()
        _record("provider.lent", staff, grant, before)


@transaction.atomic
def withdraw(grant: Grant, *, actor: User | None) -> None:
    """Lend a provider to a workspace no longer: its routes skip it from now on."""
    with _at(grant.tenant, actor) as staff:
        for row in Provider.objects.filter(grant_id=grant.pk):
            row.status = Provider.Status.WITHDRAWN
            row.save()
        record("provider.withdrawn", actor=staff, target=grant)
    with public_scope():
        record("provider.withdrawn", actor=actor, target=grant)
        grant.delete()


@transaction.atomic
def delete_provider(provider: PlatformProvider, *, actor: User) -> None:
    """Remove a provider of the platform; whoever it was lent to has it no longer."""
    with public_scope():
        grants = list(provider.grants.select_related("tenant", "provider"))
    for grant in grants:
        withdraw(grant, actor=actor)
    with public_scope():
        record("platform_provider.deleted", actor=actor, target=provider, before=_shown(provider))
        provider.delete()


def models_lent(grant: Grant) -> list[str]:
    """Return the models that a grant lends, of those that are known."""
    return [each for each in grant.provider.known_models if matches(tuple(grant.patterns), each)]


def _row(grant: Grant) -> Provider:
    provider = grant.provider
    return Provider(
        slug=free_slug(provider.slug), name=provider.name, kind=provider.kind, grant_id=grant.pk,
        base_url=provider.base_url, litellm_provider=provider.litellm_provider,
        default_model=provider.default_model, capabilities=provider.capabilities, needs_key=False,
    )  # fmt: skip


def _seal(provider: PlatformProvider, key: str) -> None:
    keys.checked_address(provider.base_url, with_key=True)
    provider.origin = egress.origin_of(provider.base_url)
    provider.last4 = keys.last4_of(key)
    provider.sealed = seal(key, context=provider.context)


def _record(action: str, actor: "User | Staff | None", grant: Grant, before: Grant | None) -> None:
    told = _quota(before) if before else None
    record(action, actor=actor, target=grant, before=told, after=_quota(grant))


def _shown(provider: PlatformProvider) -> JSONDict:
    return {name: getattr(provider, name) for name in (*FIELDS, "last4")}


def _quota(grant: Grant) -> JSONDict:
    return {name: getattr(grant, name) for name in QUOTA}


@contextmanager
def _at(tenant: Tenant, actor: User | None) -> Iterator[Staff | None]:
    """Work in a workspace, as staff; without anybody, as the system itself."""
    with tenant_context(tenant):
        yield Staff(actor.email) if actor else None

"""Providers that the environment names: platform-owned, made at the first start, lent to the demo alone."""

from django.conf import settings

from apps.gateway.exceptions import ModelsUnknown
from apps.gateway.platform import services
from apps.gateway.platform.importing import import_models
from apps.gateway.providers.importing import PROXY
from apps.gateway.upstreams import known_providers
from apps.grants.models import Grant, PlatformProvider
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant

DEMO = "demo"
PATIENCE_S = 3.0  # for a proxy, at each start
QUOTA = {"tokens_a_day": 2_000_000, "usd_a_month": None}
# What is asked where nobody says more; as good as any to begin with.
MODELS = {
    "openai": "gpt-5-mini", "anthropic": "claude-haiku-4-5", "azure": "gpt-5-mini",
    PROXY: "gpt-5-mini",
}  # fmt: skip


def add() -> list[PlatformProvider]:
    """Make what is missing; what staff changed or removed the demo's grant of stays so."""
    made = []
    for slug, address, key in _named():
        with public_scope():
            known = PlatformProvider.objects.filter(slug=slug).exists()
        if not known and (key or slug == PROXY):
            made.append(_add(slug, address, key))
    return made


def refresh() -> str:
    """Take over which models the proxy of the environment serves and what they cost; say how it went.

    A start waits a moment for it and goes on without: what was known of it stays.
    """
    with public_scope():
        active = PlatformProvider.objects.filter(status=PlatformProvider.Status.ACTIVE)
        proxy = active.filter(slug=PROXY).first() if settings.LITELLM_PROXY_URL else None
    if proxy is None:
        return ""
    try:
        done = import_models(proxy, actor=None, patience_s=PATIENCE_S)
    except ModelsUnknown as error:
        return f"{proxy.name}: its models are not known. {error}"
    said = f"{proxy.name}: {done.models} models, {done.prices} with their prices"
    return f"{said}. {done.problem}" if done.problem else said


def _named() -> list[tuple[str, str, str]]:
    """Return what the environment names: slug, address and key."""
    azure, proxy = settings.AZURE_ENDPOINT.rstrip("/"), settings.LITELLM_PROXY_URL.rstrip("/")
    named = [("openai", "", settings.OPENAI_API_KEY), ("anthropic", "", settings.ANTHROPIC_API_KEY)]
    if azure:
        address = azure if "/openai" in azure else f"{azure}/openai/v1"
        named.append(("azure", address, settings.AZURE_API_KEY))
    if proxy:
        address = proxy if proxy.endswith("/v1") else f"{proxy}/v1"
        named.append((PROXY, address, settings.LITELLM_PROXY_KEY))
    return [each for each in named if each[2] or each[0] == PROXY]


def _add(slug: str, address: str, key: str) -> PlatformProvider:
    entry = known_providers.find(slug)
    assert entry is not None
    provider = PlatformProvider(
        slug=slug, name=entry.name, kind=entry.kind, base_url=address or entry.address,
        litellm_provider=slug, default_model=MODELS[slug],
        capabilities=entry.capabilities,
    )  # fmt: skip
    services.save_provider(provider, actor=None, key=key)
    with public_scope():
        demo = Tenant.objects.filter(slug=DEMO).first()
    if demo is not None:
        grant = Grant(provider=provider, tenant=demo, **QUOTA)
        services.save_grant(grant, actor=None)
    return provider

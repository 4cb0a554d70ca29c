"""Which site a host name stands for."""

import hashlib
import time
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from apps.tenants.context import public_scope
from apps.tenants.models import Domain, Tenant

LOOPBACK = frozenset({"localhost", "127.0.0.1"})
REMEMBER_S = 5  # a suspended or new workspace is seen within this time
MOST_REMEMBERED = 10_000  # so that keys that nobody has do not fill the memory


class Site(Enum):
    """The kinds of sites we serve."""

    TENANT = "tenant"
    PUBLIC = "public"  # sign-up
    ADMIN = "admin"  # platform staff
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Destination:
    """What a host stands for; the tenant only where the site is a tenant's."""

    site: Site
    tenant: Tenant | None = None


KEY_PREFIX = "Bearer aut_"
_known: dict[str, tuple[float, Destination]] = {}


def bare_host(host: str) -> str:
    """Return a Host header without port, in lower case."""
    return host.rsplit(":", 1)[0].lower().rstrip(".") if not host.endswith("]") else host


def resolve(host: str) -> Destination:
    """Return the site of a Host header. One query at most every few seconds and host."""
    found = remembered(host)
    if found is not None:
        return found
    name = bare_host(host)
    return _keep(name, _look_up(name))


def _keep(name: str, destination: Destination) -> Destination:
    if destination.site is not Site.UNKNOWN:  # strangers' host names must not fill the memory
        if len(_known) >= MOST_REMEMBERED:
            _known.clear()
        _known[name] = (time.monotonic() + REMEMBER_S, destination)
    return destination


def remembered(host: str, authorization: str = "") -> Destination | None:
    """Return where a request goes if that was looked up a moment ago; asks no database."""
    found = _known.get(_name(host, authorization))
    return found[1] if found and found[0] > time.monotonic() else None


def _name(host: str, authorization: str) -> str:
    """Return under what a destination is remembered: the host, or the whole key that decides.

    By its id alone a wrong key would be answered sooner where somebody has one of that id.
    """
    if key_decides(host, authorization):
        return f"key {hashlib.sha256(authorization.encode()).hexdigest()}"
    return bare_host(host)


def key_decides(host: str, authorization: str) -> bool:
    """Tell whether a key chooses the tenant: scripts cannot resolve names below localhost."""
    loopback = bare_host(host) in LOOPBACK and not settings.PRODUCTION
    return loopback and authorization.startswith(KEY_PREFIX)


def destination(host: str, authorization: str = "") -> Destination:
    """Return where a request goes: to the site of its host, or on loopback to its key's tenant."""
    if not key_decides(host, authorization):
        return resolve(host)
    known = remembered(host, authorization)
    if known is not None:
        return known
    tenant = _tenant_of_key(authorization.removeprefix(KEY_PREFIX)[:8])
    found = Destination(Site.TENANT, tenant) if tenant else resolve(host)
    return _keep(_name(host, authorization), found)


def destination_of_socket(host: str, ticket: str = "") -> Destination:
    """Return where a socket goes: to the site of its host, or where that is none, its ticket's.

    A ticket begins with the slug of the workspace that gave it, and is looked for there only.
    """
    on_loopback = bare_host(host) in LOOPBACK and not settings.PRODUCTION
    if ticket and (on_loopback or is_socket_host(host)):
        return _tenant(slug=ticket.partition(".")[0])
    return resolve(host)


def is_socket_host(host: str) -> bool:
    """Tell whether a host is the one that all workspaces' sockets were moved to."""
    return bool(host) and host.lower() == urlsplit(settings.YJS_WEBSOCKET_URL).netloc


def is_served(tenant: Tenant | None) -> bool:
    """Tell whether the workspace is served now; what has been open for a while asks again."""
    with public_scope():
        active = Tenant.objects.filter(status=Tenant.Status.ACTIVE)
        return tenant is not None and active.filter(pk=tenant.pk).exists()


def served(tenant_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some workspaces that are served now."""
    with public_scope():
        active = Tenant.objects.filter(status=Tenant.Status.ACTIVE, pk__in=tenant_ids)
        return set(active.values_list("pk", flat=True))


def _tenant_of_key(key_id: str) -> Tenant | None:
    with public_scope():
        return Tenant.objects.filter(keyindex=key_id).first()


def forget() -> None:
    """Look every host up anew."""
    _known.clear()


def _look_up(name: str) -> Destination:
    if name in LOOPBACK and not settings.PRODUCTION:
        return _tenant(slug=settings.DEMO_TENANT)
    base = settings.BASE_DOMAIN
    if name in {base, f"www.{base}"}:
        return Destination(Site.PUBLIC)
    if name == f"admin.{base}":
        return Destination(Site.ADMIN)
    if name.endswith(f".{base}"):
        return _tenant(slug=name.removesuffix(f".{base}"))
    with public_scope():
        domain = Domain.objects.select_related("tenant").filter(domain=name).first()
    return Destination(Site.TENANT, domain.tenant) if domain else Destination(Site.UNKNOWN)


def _tenant(slug: str) -> Destination:
    with public_scope():
        tenant = Tenant.objects.filter(slug=slug).first()
    return Destination(Site.TENANT, tenant) if tenant else Destination(Site.UNKNOWN)

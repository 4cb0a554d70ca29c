"""The current tenant: one ContextVar, fail-closed.

asgiref carries context variables into threads and back, so views, tasks, sockets and their
threads all see the scope that their entrance set, and coroutines never see each other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from apps.tenants.models import Tenant

PUBLIC = "public"


class NoTenant(RuntimeError):
    """Nobody said whose data this is: enter tenant_context() or public_scope() first."""


class SchemaOwner(Protocol):
    """What django-tenants hands to a connection: anything that has a schema name."""

    schema_name: str


@dataclass(frozen=True)
class Scope:
    """Where queries go, and as which database role (empty: the owner, without the second wall)."""

    schema: str
    role: str = ""
    tenant: "Tenant | None" = None
    include_public: bool = True


_scope: ContextVar[Scope | None] = ContextVar("tenant_scope", default=None)
_maintaining: ContextVar[bool] = ContextVar("tenant_maintenance", default=False)


def current_scope() -> Scope:
    """Return the scope. Raises NoTenant outside of any."""
    scope = _scope.get()
    if scope is None:
        raise NoTenant(NoTenant.__doc__)
    return scope


def current_schema() -> str:
    """Return the schema of the scope. Raises NoTenant outside of any."""
    return current_scope().schema


def current_tenant() -> "Tenant":
    """Return the tenant of the scope. Raises NoTenant in the public scope too."""
    tenant = current_scope().tenant
    if tenant is None:
        raise NoTenant("This needs a workspace, but runs in the public scope.")
    return tenant


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Work in a scope, then return to the one before."""
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


@contextmanager
def tenant_context(tenant: "Tenant") -> Iterator["Tenant"]:
    """Work as a tenant, behind both walls: its search path and its database role."""
    with entered(Scope(tenant.schema_name, tenant.role_name, tenant)):
        yield tenant


@contextmanager
def public_scope() -> Iterator[None]:
    """Work on what tenants share, as the owner."""
    with entered(Scope(PUBLIC)):
        yield


@contextmanager
def maintenance(schema: str = PUBLIC) -> Iterator[None]:
    """Work in any schema as the owner: migrations and provisioning only."""
    token = _maintaining.set(True)
    try:
        with entered(Scope(schema)):
            yield
    finally:
        _maintaining.reset(token)


def enter_from_library(owner: SchemaOwner, *, include_public: bool) -> None:
    """Let django-tenants choose the scope, as its migration commands do.

    A bare schema name grants the owner's rights, so that is refused outside maintenance.
    """
    role = getattr(owner, "role_name", "")
    if not role and owner.schema_name != PUBLIC and not _maintaining.get():
        raise NoTenant(f"Entering {owner.schema_name} without its role is for maintenance only.")
    tenant = owner if role else None
    _scope.set(Scope(owner.schema_name, role, tenant, include_public))  # type: ignore[arg-type]

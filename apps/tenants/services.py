"""Making and removing workspaces."""

from collections.abc import Callable

from django.db import IntegrityError

from apps.common.errors import Conflict
from apps.tenants import provisioning
from apps.tenants.context import maintenance, public_scope
from apps.tenants.models import Tenant, validate_slug

_removers: list[Callable[[str], None]] = []


class SlugTaken(Conflict):
    """This address is taken. Choose another one."""

    code = "slug_taken"


def create_tenant(*, name: str, slug: str) -> Tenant:
    """Make a workspace: a clone of the template schema and a database role of its own.

    Raises ValidationError for a bad slug, SlugTaken when another workspace has it.
    """
    validate_slug(slug)
    schema = "t_" + slug.replace("-", "_")
    try:
        with maintenance(), provisioning.locked():
            tenant = Tenant.objects.create(name=name, slug=slug, schema_name=schema)
            provisioning.clone_template(schema)
            tenant.role_name = provisioning.ensure_role(schema)
            tenant.save(update_fields=["role_name"])
    except IntegrityError as error:
        raise SlugTaken from error
    return tenant


def register_remover(remover: Callable[[str], None]) -> None:
    """Have what lies outside of the database removed with a workspace; called with its schema."""
    _removers.append(remover)


def drop_tenant(tenant: Tenant) -> None:
    """Remove a workspace with everything in it.

    The database goes first, and the data keys with it: what a storage that is away keeps cannot be
    read any more.
    """
    with maintenance(), provisioning.locked():
        provisioning.drop(tenant.schema_name)
        Tenant.objects.filter(pk=tenant.pk).delete()
    for remove in _removers:
        remove(tenant.schema_name)


def suspend_tenant(tenant: Tenant) -> None:
    """Close a workspace to its people; nothing is deleted."""
    _set_status(tenant, Tenant.Status.SUSPENDED)


def resume_tenant(tenant: Tenant) -> None:
    """Open a suspended workspace again."""
    _set_status(tenant, Tenant.Status.ACTIVE)


def _set_status(tenant: Tenant, status: Tenant.Status) -> None:
    with public_scope():
        tenant.status = status
        tenant.save(update_fields=["status"])

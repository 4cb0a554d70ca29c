"""Making and removing workspaces."""

from collections.abc import Callable

from django.db import IntegrityError

from apps.common.errors import Conflict
from apps.tenants import provisioning
from apps.tenants.context import maintenance, public_scope
from apps.tenants.models import Tenant, validate_slug

_removers: list[Callable[[str], None]] = []
_resting: list[Callable[[str], bool]] = []


class SlugTaken(Conflict):
    """This address is taken. Choose another one."""

    code = "slug_taken"


def create_tenant(*, name: str, slug: str) -> Tenant:
    """Make a workspace: a clone of the template schema and a database role of its own.

    Raises ValidationError for a bad slug, SlugTaken when another workspace has it.
    """
    validate_slug(slug)
    if is_resting(slug):
        raise SlugTaken
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


def register_rest(is_kept: Callable[[str], bool]) -> None:
    """Keep addresses of workspaces that are gone from others for a while; asked in the public scope."""
    _resting.append(is_kept)


def is_resting(slug: str) -> bool:
    """Tell whether an address belonged to a workspace that is gone, so that nobody may have it yet."""
    with public_scope():
        return any(is_kept(slug) for is_kept in _resting)


def register_remover(remover: Callable[[str], None]) -> None:
    """Have what lies outside of the database removed with a workspace; called with its schema."""
    _removers.append(remover)


def drop_tenant(tenant: Tenant) -> None:
    """Remove a workspace with everything in it.

    The database goes first, and the data keys with it: what a storage that is away keeps cannot be
    read any more.
    """
    drop_tables(tenant)
    remove_outside(tenant.schema_name)


def drop_tables(tenant: Tenant) -> None:
    """Remove what the database holds of a workspace: its schema, its role, and what all share."""
    with maintenance(), provisioning.locked():
        provisioning.drop(tenant.schema_name)
        Tenant.objects.filter(pk=tenant.pk).delete()


def remove_outside(schema: str) -> None:
    """Remove what lies outside of the database; repeatable."""
    for remove in _removers:
        remove(schema)


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

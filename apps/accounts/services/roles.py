"""A workspace's own roles: named sets of permissions."""

from collections.abc import Collection
from uuid import NAMESPACE_OID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from apps.accounts import policies
from apps.accounts.exceptions import BuiltInRole, RoleExists, RoleInUse, UnknownPermission
from apps.accounts.models import Role, User
from apps.accounts.roles import GRANTABLE
from apps.audit.services import record
from apps.common.errors import Forbidden, Invalid


@transaction.atomic
def create_role(*, label: str, permissions: Collection[str], actor: User) -> Role:
    """Make a role. Raises RoleExists, UnknownPermission, Forbidden for more than the actor holds."""
    policies.require(actor, "role.manage")
    _check_permissions(permissions, actor, already=frozenset())
    name = _name_of(label)
    try:
        with transaction.atomic():
            role = Role.objects.create(
                name=name, label=label.strip(), permissions=sorted(set(permissions))
            )
    except IntegrityError as error:
        raise RoleExists from error
    record("role.created", actor=actor, target=role, after={"permissions": role.permissions})
    return role


def _name_of(label: str) -> str:
    """Return what a role is called in addresses: made of its label, whatever it is written in."""
    if not any(each.isalnum() for each in label):
        raise Invalid.at("label", "A name has a letter or a digit.")
    plain = slugify(label)[:40].strip("-")
    return plain or f"role-{uuid5(NAMESPACE_OID, label.strip().casefold()).hex[:8]}"


@transaction.atomic
def change_custom_role(
    role: Role, *, actor: User, label: str | None = None, permissions: Collection[str] | None = None
) -> None:
    """Let a role allow other things; whoever holds it gains or loses them at once.

    Raises BuiltInRole, UnknownPermission, Forbidden for adding more than the actor holds.
    """
    policies.require(actor, "role.manage")
    role = _own(role)
    before = {"label": role.label, "permissions": role.permissions}
    if permissions is not None:
        _check_permissions(permissions, actor, already=role.allowed)
        role.permissions = sorted(set(permissions))
    role.label = label.strip() if label else role.label
    role.save(update_fields=["label", "permissions", "updated_at"])
    after = {"label": role.label, "permissions": role.permissions}
    record("role.changed", actor=actor, target=role, before=before, after=after)


@transaction.atomic
def delete_role(role: Role, *, actor: User) -> None:
    """Delete a role that nobody holds. Raises BuiltInRole, RoleInUse."""
    policies.require(actor, "role.manage")
    role = _own(role)
    record("role.deleted", actor=actor, target=role, before={"permissions": role.permissions})
    try:
        role.delete()
    except ProtectedError as error:
        raise RoleInUse from error


def _own(role: Role) -> Role:
    locked = Role.objects.select_for_update().get(pk=role.pk)
    if locked.builtin:
        raise BuiltInRole
    return locked


def _check_permissions(
    permissions: Collection[str], actor: User, *, already: frozenset[str]
) -> None:
    unknown = sorted(set(permissions) - GRANTABLE)
    if unknown:
        raise UnknownPermission.at("permissions", f"No role can hold “{unknown[0][:80]}”.")
    if not set(permissions) - already <= actor.permissions_in():
        raise Forbidden("A role cannot hold more than you may do yourself.")

"""Groups and the roles that their people share; without an actor a directory acts."""

from django.db import IntegrityError, transaction

from apps.accounts.exceptions import GroupExists, KeptByDirectory, NotForGroups
from apps.accounts.keepers import Keeper
from apps.accounts.models import Group, Membership, Role, RoleBinding, User
from apps.accounts.roles import FOR_PEOPLE_ALONE
from apps.accounts.services.giving import check_may_give, check_may_manage, role_named
from apps.audit.services import record


@transaction.atomic
def create_group(
    *, name: str, role: str | None = None, external_id: str = "", actor: User | Keeper | None = None
) -> Group:
    """Make a group, with a role on the whole workspace or none. Raises GroupExists, NotForGroups."""
    _check_may_manage(actor)
    try:
        with transaction.atomic():
            group = Group.objects.create(name=name.strip(), external_id=external_id)
    except IntegrityError as error:
        raise GroupExists from error
    record("group.created", actor=actor, target=group, after={"external_id": external_id})
    if role and not isinstance(actor, Keeper):  # which gives none
        set_group_role(group, role=role, actor=actor)
    return group


@transaction.atomic
def rename_group(group: Group, *, name: str, actor: User | Keeper | None = None) -> None:
    """Call a group otherwise. Raises GroupExists, KeptByDirectory."""
    _check_may_change(group, actor)
    before, group.name = group.name, name.strip()
    try:
        with transaction.atomic():
            group.save(update_fields=["name", "updated_at"])
    except IntegrityError as error:
        raise GroupExists from error
    record(
        "group.renamed",
        actor=actor,
        target=group,
        before={"name": before},
        after={"name": group.name},
    )


@transaction.atomic
def delete_group(group: Group, *, actor: User | Keeper | None = None) -> None:
    """Delete a group; its people lose what they held through it."""
    _check_may_change(group, actor)
    record("group.deleted", actor=actor, target=group, before={"people": group.members.count()})
    group.delete()


@transaction.atomic
def add_to_group(group: Group, user: User, *, actor: User | None = None) -> None:
    """Let somebody hold what the group holds. Raises Forbidden; repeating changes nothing."""
    _check_may_change(group, actor)
    for held in group.role_bindings.select_related("role", "folder"):
        check_may_give(actor, held.role, held.path)
    _, added = Membership.objects.get_or_create(group=group, user=user)
    if added:
        record("group.member_added", actor=actor, target=group, after={"user": str(user)})


@transaction.atomic
def remove_from_group(group: Group, user: User, *, actor: User | None = None) -> None:
    """Take somebody out of a group; repeating changes nothing."""
    _check_may_change(group, actor)
    membership = Membership.objects.filter(group=group, user=user).first()
    if membership is not None:
        membership.delete()
        record("group.member_removed", actor=actor, target=group, before={"user": str(user)})


@transaction.atomic
def set_group_role(group: Group, *, role: str | None, actor: User | None = None) -> None:
    """Let the people of a group hold a role on the whole workspace, or none.

    Raises NotForGroups, UnknownRole, Forbidden.
    """
    _check_may_manage(actor)
    found = group.role_bindings.select_related("role").filter(folder=None).first()
    before = found.role.name if found else None
    if role:
        chosen = role_named(role)
        check_fits_groups(chosen)
        check_may_give(actor, chosen)
        RoleBinding.objects.update_or_create(group=group, folder=None, defaults={"role": chosen})
    elif found:
        found.delete()
    record(
        "group.role_changed",
        actor=actor,
        target=group,
        before={"role": before},
        after={"role": role},
    )


def check_fits_groups(role: Role) -> None:
    """Raise NotForGroups for a role that only a person holds, on the whole workspace."""
    if role.builtin and role.name in FOR_PEOPLE_ALONE:
        raise NotForGroups.at("role", NotForGroups.__doc__ or "")


def _check_may_manage(actor: User | Keeper | None) -> None:
    if actor is not None:
        check_may_manage(actor)


def _check_may_change(group: Group, actor: User | Keeper | None) -> None:
    """Raise Forbidden, or KeptByDirectory where a person would undo what a directory said."""
    _check_may_manage(actor)
    if group.external_id and actor is not None and not isinstance(actor, Keeper):
        raise KeptByDirectory

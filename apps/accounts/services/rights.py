"""Folders, and the roles that people and groups hold on them."""

from django.db import transaction

from apps.accounts import policies, sources
from apps.accounts.exceptions import RoleKept
from apps.accounts.models import Folder, Group, RoleBinding, User
from apps.accounts.services.giving import check_may_give, role_named
from apps.accounts.services.groups import check_fits_groups
from apps.audit.services import record


@transaction.atomic
def create_folder(*, name: str, actor: User, parent: Folder | None = None) -> Folder:
    """Make a folder in the workspace's tree."""
    policies.require(actor, "workflow.edit")
    folder = Folder.objects.create(name=name, parent=parent)
    record("folder.created", actor=actor, target=folder)
    return folder


@transaction.atomic
def give_right(folder: Folder, holder: User | Group, *, role: str, actor: User) -> RoleBinding:
    """Let a person or a group hold a role on a folder and what lies in it, instead of another one.

    Raises Forbidden for more than the actor holds there, UnknownRole, NotForGroups, and RoleKept for
    who would lose it at the next sign-in.
    """
    policies.require(actor, "member.manage", folder.path)
    if isinstance(holder, User) and sources.roles_are_kept(holder):
        raise RoleKept
    chosen = role_named(role)
    check_fits_groups(chosen)
    check_may_give(actor, chosen, folder.path)
    user, group = (holder, None) if isinstance(holder, User) else (None, holder)
    right, _ = RoleBinding.objects.update_or_create(
        user=user, group=group, folder=folder, defaults={"role": chosen}
    )
    if user is not None:
        user.forget_bindings()
    record("folder.right_given", actor=actor, target=folder, after=_told(right))
    return right


@transaction.atomic
def take_right(right: RoleBinding, *, actor: User) -> None:
    """Take a role on a folder away; what is held elsewhere stays."""
    policies.require(actor, "member.manage", right.path)
    record("folder.right_taken", actor=actor, target=right.folder, before=_told(right))
    right.delete()


def _told(right: RoleBinding) -> dict[str, str]:
    kind = "user" if right.user_id else "group"
    return {kind: str(right.holder), "role": right.role.name}

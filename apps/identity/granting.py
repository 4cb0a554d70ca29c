"""From the groups of a provider to roles here, anew at every sign-in: who leaves a group loses its role."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import transaction

from apps.accounts.keepers import Keeper
from apps.accounts.models import Role, RoleBinding, User
from apps.accounts.sources import Source, Summary
from apps.audit.services import record
from apps.identity.models import Connection, GroupRule, Link
from apps.tenants.context import current_scope

# Where a role is held: a folder's id, or None for the whole workspace.
Roles = dict[UUID | None, Role]


def matching(connection: Connection, groups: Iterable[str]) -> list[GroupRule]:
    """Return the rules that a person in these groups falls under."""
    found = connection.rules.filter(group__in=set(groups)).select_related("role", "folder")
    return list(found.order_by("group"))


def wanted(connection: Connection, groups: Iterable[str]) -> Roles:
    """Return the roles that follow from the groups: in each place the strongest."""
    roles: Roles = {}
    if connection.default_role is not None:
        roles[None] = connection.default_role
    for rule in matching(connection, groups):
        held = roles.get(rule.folder_id)
        if held is None or len(rule.role.allowed) > len(held.allowed):
            roles[rule.folder_id] = rule.role
    return roles


def follows_groups(connection: Connection) -> bool:
    """Tell whether the provider decides about roles; else administrators here do."""
    return connection.rules.exists()


class FollowedMembers:
    """Members who sign in through a provider whose groups decide about their roles.

    Answers only inside workspaces: the platform's own staff signs in by itself.
    """

    def of(self, users: Collection[UUID]) -> Mapping[UUID, Source]:
        """Return by whose groups people's roles go at their next sign-in."""
        if current_scope().tenant is None:
            return {}
        ruled = GroupRule.objects.values("connection")
        links = Link.objects.filter(user__in=users, connection__in=ruled)
        told = links.filter(connection__status=Connection.Status.ACTIVE).order_by("seen_at")
        return {
            user: Source(protocol.upper(), name, decides_roles=True)
            for user, protocol, name in told.values_list(
                "user_id", "connection__protocol", "connection__name"
            )
        }

    def summaries(self) -> Collection[Summary]:
        """Return nothing: a provider keeps no list of people here."""
        return ()

    def let_be(self, user: User) -> None:
        """Do nothing: a sign-in lets nobody in again who is suspended here."""


@transaction.atomic
def give(user: User, roles: Roles, *, actor: Keeper | None = None) -> None:
    """Let the person hold exactly these roles; owners are above what a provider says."""
    held = {binding.folder_id: binding for binding in user.role_bindings.select_related("role")}
    before = _named(held)
    if None in held and held[None].role.name == "owner":
        return
    for place, role in roles.items():
        RoleBinding.objects.update_or_create(user=user, folder_id=place, defaults={"role": role})
    RoleBinding.objects.filter(user=user, pk__in=_lost(held, roles)).delete()
    after = {_place(place): role.name for place, role in roles.items()}
    if before != after:
        record("member.roles_followed_groups", actor=actor, target=user, before=before, after=after)
        user.forget_bindings()


def _lost(held: dict[UUID | None, RoleBinding], roles: Roles) -> list[UUID]:
    return [binding.pk for place, binding in held.items() if place not in roles]


def _named(held: dict[UUID | None, RoleBinding]) -> dict[str, str]:
    return {_place(place): binding.role.name for place, binding in held.items()}


def _place(place: UUID | None) -> str:
    return str(place) if place else "workspace"

"""From what a directory says of groups to roles: the same rules as at a sign-in, at once."""

from collections.abc import Collection, Iterable

from apps.accounts.models import Group, Role, User
from apps.directory.exceptions import BeyondCap
from apps.directory.models import Directory, KeptGroup
from apps.identity import granting
from apps.identity.models import Connection


class KeptGroups:
    """What sign-ins ask: the groups that a directory keeps somebody in."""

    def groups_of(self, connection: Connection, user: User) -> Collection[str] | None:
        """Return the groups' names; None for whom it does not keep, and while it tells no groups."""
        directory = Directory.objects.filter(connection=connection, is_on=True).first()
        if directory is None or not directory.groups.exists():
            return None
        kept = directory.people.present().filter(user=user).exists()
        return names_of(directory, user) if kept else None

    def let_go(self, connection: Connection) -> None:
        """Let the workspace change the groups by itself."""
        Group.objects.filter(kept__directory__connection=connection).update(external_id="")


def names_of(directory: Directory, user: User) -> list[str]:
    """Return by what names rules may know the groups that somebody is kept in."""
    held = directory.groups.filter(group__memberships__user=user)
    return [name for kept in held for name in kept.names]


def follow(directory: Directory, users: Iterable[User]) -> None:
    """Give people the roles that their groups bring now; without rules, roles are given here."""
    connection = directory.connection
    if not granting.follows_groups(connection):
        return
    for user in users:
        roles = granting.wanted(connection, names_of(directory, user))
        granting.give(user, roles, actor=directory)


def check_may_bring(directory: Directory, role: Role) -> None:
    """Raise BeyondCap for a role that allows more than the directory may give."""
    if not role.allowed <= directory.cap.allowed:
        raise BeyondCap(
            f"This would bring the role {role}, and the directory gives at most {directory.cap}. An owner can raise that on the page of the directory."
        )


def check_may_carry(kept: KeptGroup) -> None:
    """Raise BeyondCap where being in a group of these names would give too much."""
    directory = kept.directory
    rules = granting.matching(directory.connection, kept.names)
    for rule in rules:
        check_may_bring(directory, rule.role)
    if rules and directory.connection.default_role:  # whom rules are followed for gets it as well
        check_may_bring(directory, directory.connection.default_role)
    for held in kept.group.role_bindings.select_related("role"):
        check_may_bring(directory, held.role)


def check_may_readdress(directory: Directory, user: User) -> None:
    """Raise BeyondCap for who holds more than it may give: who reads the new address can be them."""
    for held in user.bindings:
        if not held.role.allowed <= directory.cap.allowed:
            raise BeyondCap(
                f"{user} holds the role {held.role}, and the directory gives at most {directory.cap}: it cannot choose another address for them. An owner can raise that on the page of the directory."
            )


def brings_roles(kept: KeptGroup) -> bool:
    """Tell whether a rule names the group."""
    return bool(granting.matching(kept.directory.connection, kept.names))

"""Directories that keep people and groups, as this app knows them: they register what we ask."""

from collections.abc import Collection
from typing import Protocol

from apps.accounts.models import User
from apps.identity.models import Connection


class Directories(Protocol):
    """What keeps people and groups of connections."""

    def groups_of(self, connection: Connection, user: User) -> Collection[str] | None:
        """Return the names of somebody's groups; None where no directory tells them."""

    def let_go(self, connection: Connection) -> None:
        """Leave people and groups to the workspace: the connection is about to be deleted."""


_directories: list[Directories] = []


def register(directories: Directories) -> None:
    """Say who knows."""
    _directories.append(directories)


def groups_of(connection: Connection, user: User) -> Collection[str] | None:
    """Return the groups that a directory keeps somebody in: they count before what a sign-in says."""
    told = (each.groups_of(connection, user) for each in _directories)
    return next((groups for groups in told if groups is not None), None)


def let_go(connection: Connection) -> None:
    """Have all directories of a connection leave their people and groups to the workspace."""
    for each in _directories:
        each.let_go(connection)

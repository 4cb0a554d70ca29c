"""Where members come from: directories and providers, as this app knows them; they register what we ask."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.accounts.models import User


@dataclass(frozen=True)
class Source:
    """Where a member comes from, and whether their roles follow from groups there."""

    label: str
    name: str
    decides_roles: bool


@dataclass(frozen=True)
class Summary:
    """A directory as the page of members shows it."""

    name: str
    url: str
    people: int
    groups: int
    decides_roles: bool
    changed_at: datetime | None


class Sources(Protocol):
    """What keeps members."""

    def of(self, users: Collection[UUID]) -> Mapping[UUID, Source]:
        """Return where people come from; nothing for whom nobody keeps."""

    def summaries(self) -> Collection[Summary]:
        """Return the directories of the workspace."""

    def let_be(self, user: User) -> None:
        """Let no directory undo whether somebody may sign in: a person here has said so."""


_sources: list[Sources] = []


def register(sources: Sources) -> None:
    """Say who knows."""
    _sources.append(sources)


def of(users: Collection[UUID]) -> dict[UUID, Source]:
    """Return where people come from; of several, what decides about their roles."""
    found: dict[UUID, Source] = {}
    for each in _sources:
        for user, source in each.of(users).items():
            if user not in found or source.decides_roles or not found[user].decides_roles:
                found[user] = source
    return found


def summaries() -> list[Summary]:
    """Return the directories of the workspace."""
    return [summary for each in _sources for summary in each.summaries()]


def let_be(user: User) -> None:
    """Let no directory undo whether somebody may sign in: a person here has said so."""
    for each in _sources:
        each.let_be(user)


def roles_are_kept(user: User) -> bool:
    """Tell whether somebody's roles follow from their groups elsewhere; owners are above that."""
    if user.role is not None and user.role.name == "owner":
        return False
    source = of([user.pk]).get(user.pk)
    return source is not None and source.decides_roles

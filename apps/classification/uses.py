"""Where classes are used: whoever marks values with them registers and tells."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.accounts.models import User

HIDDEN = "A workflow that you may not see"


@dataclass(frozen=True)
class Use:
    """Something that marks values with a class; without an id where the reader may not see it."""

    name: str
    id: UUID | None
    fields: tuple[str, ...] = ()  # the marked places, such as `start.email`
    published: bool = False


class Users(Protocol):
    """Tells of one kind of thing what uses a class."""

    def uses_of(self, slug: str, actor: User) -> list[Use]:
        """Return what marks values with the class, as the actor may know of it."""


_users: list[Users] = []


def register(users: Users) -> None:
    """Have somebody asked. To be called in `AppConfig.ready()`."""
    _users.append(users)


def uses_of(slug: str, actor: User) -> list[Use]:
    """Return all that marks values with a class."""
    return [use for users in _users for use in users.uses_of(slug, actor)]

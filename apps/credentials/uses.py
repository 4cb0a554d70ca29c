"""What uses a credential: the apps above that do say so."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.accounts.models import User

HIDDEN = "A workflow that you may not see"


@dataclass(frozen=True)
class Use:
    """A workflow whose steps name a credential; without an id it is one that the asker may not see."""

    name: str
    id: UUID | None = None
    published: bool = False  # in what runs now; else in the draft alone


class Users(Protocol):
    """Knows the workflows."""

    def uses_of(self, credential_id: UUID, actor: User) -> list[Use]:
        """Return those whose draft or published version names a credential, HIDDEN ones too."""

    def names_of(self, workflow_ids: Collection[UUID], actor: User) -> dict[UUID, str]:
        """Return the names of those that the actor may see."""


_users: list[Users] = []


def register_users(users: Users) -> None:
    """Have somebody asked what of theirs uses credentials. For `AppConfig.ready()`."""
    _users.append(users)


def uses_of(credential_id: UUID, actor: User) -> list[Use]:
    """Return all that uses a credential, with the names that the actor may see."""
    return [use for users in _users for use in users.uses_of(credential_id, actor)]


def names_of(workflow_ids: Collection[UUID], actor: User) -> dict[UUID, str]:
    """Return what workflows are called that the actor may see."""
    wanted = set(workflow_ids)
    return {pk: name for users in _users for pk, name in users.names_of(wanted, actor).items()}

"""What uses a prompt: the apps above that do say so, and what is used is not deleted."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.accounts.models import User

HIDDEN = "a workflow that you may not see"


@dataclass(frozen=True)
class Use:
    """Something that names a prompt: how it is called, and with which label or version, if any."""

    name: str
    wanted: str  # "" is the newest version


Uses = Callable[[str, User], list[Use]]
_users: list[Uses] = []


def register_user(uses: Uses) -> None:
    """Have somebody asked what of theirs uses a prompt, by its slug. For `AppConfig.ready()`.

    They name what the user may see, and say HIDDEN of what the user may not.
    """
    _users.append(uses)


def uses_of(slug: str, actor: User) -> list[Use]:
    """Return all that uses a prompt, with the names that the actor may see."""
    return [use for uses in _users for use in uses(slug, actor)]

"""Who else is let in to the API than keys: the tokens of identity providers, checked one floor up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.accounts.models import User


@dataclass(frozen=True)
class Program:
    """A program that comes with tokens, as the page of keys shows it."""

    name: str
    through: str
    url: str
    role: str
    last_used_at: datetime | None


class Tokens(Protocol):
    """What knows providers' tokens."""

    def user_of(self, text: str, address: str) -> User | None:
        """Return whom a token lets in, with what it allows; None where no tokens are accepted.

        Raises a domain error for one that is refused.
        """

    def programs(self) -> Sequence[Program]:
        """Return the programs that come with tokens."""


_known: list[Tokens] = []


def register(tokens: Tokens) -> None:
    """Say who knows. For `AppConfig.ready()`."""
    _known.append(tokens)


def is_token(text: str) -> bool:
    """Tell a token from a key: the parts of one are joined by dots, and keys have none."""
    return "." in text


def user_of(text: str, address: str) -> User | None:
    """Return whom a token lets in; None for nobody."""
    found = (each.user_of(text, address) for each in _known)
    return next((user for user in found if user is not None), None)


def programs() -> list[Program]:
    """Return the programs that come with tokens."""
    return [program for each in _known for program in each.programs()]

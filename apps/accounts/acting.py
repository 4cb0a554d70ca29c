"""A token of an identity provider that somebody acts through in one request."""

from dataclasses import dataclass
from typing import Protocol


class RoleLike(Protocol):
    """A role, as far as who acts in it is told."""

    name: str


@dataclass(frozen=True)
class ActingToken:
    """What the token allows at most; it stands where an API key would."""

    pk: str  # of the subject it speaks for, as calls are counted and answers kept
    label: str
    role: RoleLike
    allowed: frozenset[str]
    networks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.label

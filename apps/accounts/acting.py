"""A token of an identity provider that somebody acts through in one request."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.accounts.models.rights import Role


@dataclass(frozen=True)
class ActingToken:
    """What the token allows at most; it stands where an API key would."""

    pk: str  # of the subject it speaks for, as calls are counted and answers kept
    label: str
    role: "Role"
    allowed: frozenset[str]
    networks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.label

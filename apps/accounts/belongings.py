"""What people look after that somebody else may have to: apps say what there is and how it is given."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from django.db.models import Model

from apps.accounts.keepers import Keeper
from apps.accounts.models import User

M = TypeVar("M", bound=Model)
Actor = User | Keeper


class Belongings(ABC, Generic[M]):
    """One sort of things that people look after."""

    name: ClassVar[str]  # in the API and in the trail
    label: ClassVar[str]
    about: ClassVar[str]  # what it means for who takes them over
    left: ClassVar[str]  # what becomes of them otherwise

    @abstractmethod
    def of(self, user: User) -> Iterable[M]:
        """Return what somebody looks after."""

    @abstractmethod
    def hindrance(self, thing: M, heir: User, actor: Actor) -> str:
        """Return why the heir cannot look after it; empty if they can."""

    @abstractmethod
    def give(self, thing: M, user: User, heir: User, actor: Actor) -> None:
        """Let the heir look after it, with an audit entry, in the caller's transaction."""

    def let_go(self, user: User) -> None:
        """Do what `left` says as the membership ends, where it says more than that they stay."""


_every: list[Belongings[Model]] = []


def register(belongings: Belongings[M]) -> None:
    """Add a sort of things. For `AppConfig.ready()`."""
    _every.append(belongings)  # type: ignore[arg-type]  # each is asked about its own things only


def every() -> list[Belongings[Model]]:
    """Return all sorts, in one order."""
    return sorted(_every, key=lambda each: each.label)


@dataclass(frozen=True)
class Thing:
    """One thing as a preview tells of it; `stays` says why it cannot be handed over."""

    name: str
    stays: str = ""


@dataclass(frozen=True)
class Share:
    """What somebody looks after of one sort."""

    name: str
    label: str
    about: str
    left: str
    things: tuple[Thing, ...]

    @property
    def going(self) -> int:
        """How many of them can be handed over."""
        return sum(1 for thing in self.things if not thing.stays)

"""What a call was asked, where anything above keeps it: the ledger holds figures, no words."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.gateway.models import LlmCall


@dataclass(frozen=True)
class Asked:
    """The words of a call as a version of a prompt would hold them, and who keeps them."""

    content: JSONDict
    keeper: str  # in words, such as "the history of its run"


Keeper = Callable[[LlmCall, User], Asked | None]
_keepers: list[Keeper] = []


def register_keeper(keeper: Keeper) -> None:
    """Have somebody asked for the words of a call. For `AppConfig.ready()`."""
    _keepers.append(keeper)


def asked_in(call: LlmCall, actor: User) -> Asked | None:
    """Return what a call was asked, as far as somebody may see it; None where nobody keeps it."""
    return next((found for keeper in _keepers if (found := keeper(call, actor))), None)

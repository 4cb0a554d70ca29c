"""What the guards did in one call: how many findings of each kind, and what became of them. Never values."""

from collections import Counter
from typing import Any

from apps.common.types import JSONDict
from apps.gateway.exceptions import GuardRefused
from apps.gateway.guards.kinds import NAMES, Action, Kind, Place

WORDS = {Place.INPUT: "the prompt", Place.OUTPUT: "the answer"}


class Tally:
    """Counts while a call goes on."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._counts: Counter[tuple[Place, Kind, Action]] = Counter()

    def note(self, place: Place, kind: Kind, action: Action) -> None:
        """Count a finding."""
        self._counts[place, kind, action] += 1

    def apart(self) -> "Tally":
        """Return another one, for what was counted here already."""
        return Tally()

    def rows(self) -> list[JSONDict]:
        """Return the counts as the ledger keeps them."""
        return [
            {"place": str(place), "kind": str(kind), "action": str(action), "count": count}
            for (place, kind, action), count in sorted(self._counts.items())
        ]

    def check(self, place: Place) -> None:
        """Raise GuardRefused where something was found that ends the call."""
        found = {
            kind: count
            for (where, kind, action), count in self._counts.items()
            if where == place and action == Action.REFUSE
        }
        if found:
            raise GuardRefused(refusal(place, found))


def refusal(place: Place, found: dict[Kind, Any]) -> str:
    """Return why a call ends, in words that hold nothing of what was found."""
    kinds = ", ".join(sorted(NAMES[kind] for kind in found))
    return f"The guards of this route do not let {WORDS[place]} pass. Found: {kinds}."

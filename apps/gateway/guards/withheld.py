"""What a run withholds, exchanged in the prompts of its steps; the same walk as that of the guards."""

from dataclasses import dataclass, field

from apps.gateway.asks import Withheld
from apps.gateway.guards.standing_in import Placeholders, mask_of

LONGEST_KIND = 20  # characters of a class in a placeholder


@dataclass(frozen=True)
class Exchange:
    """Puts placeholders in the place of values whose class the route does not allow."""

    withheld: Withheld
    allowed: frozenset[str]
    placeholders: Placeholders
    noted: set[str] = field(default_factory=set)  # classes of which there was something

    def text(self, raw: str, *, is_json: bool = False, is_own: bool = False) -> str:
        """Return a text as it may go on."""
        return self.withheld.text(raw, self.allowed, self._instead)

    def number(self, value: float) -> float:
        """Return a number as it is: those of a body are settings."""
        return value

    def _instead(self, data_class: str, value: str) -> str:
        self.noted.add(data_class)
        kind = data_class.replace("-", "_")[:LONGEST_KIND].rstrip("_")
        if data_class in self.withheld.stays_out:
            return mask_of(kind)
        return self.placeholders.name(kind, value)

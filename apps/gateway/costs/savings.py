"""What choosing among targets saved in a period, beside a random mix of them and the dearest."""

from dataclasses import dataclass
from decimal import Decimal

from apps.gateway.models import LlmCallQuerySet

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Savings:
    """The calls that had a choice: what they cost, and what they would have cost otherwise."""

    calls: int
    cost_usd: Decimal
    mix_usd: Decimal
    dearest_usd: Decimal
    checked: int
    held: int

    @property
    def saved_usd(self) -> Decimal:
        """What was saved against a random mix; negative where choosing cost more."""
        return self.mix_usd - self.cost_usd

    @property
    def saved_percent(self) -> Decimal:
        """The same, as a share of what the mix would have cost."""
        return _percent(self.saved_usd, self.mix_usd)

    @property
    def by_mixing_percent(self) -> Decimal:
        """What a random mix saves against always asking the dearest: no merit of choosing."""
        return _percent(self.dearest_usd - self.mix_usd, self.dearest_usd)

    @property
    def against_dearest_percent(self) -> Decimal:
        """What was saved against always asking the dearest."""
        return _percent(self.dearest_usd - self.cost_usd, self.dearest_usd)

    @property
    def held_percent(self) -> Decimal | None:
        """How many of the answers held that could be checked; None: none could."""
        return _percent(Decimal(self.held), Decimal(self.checked)) if self.checked else None

    @property
    def bars(self) -> list[tuple[str, Decimal, int]]:
        """The three as name, cost and share of the greatest, in percent."""
        most = max(self.dearest_usd, self.mix_usd, self.cost_usd) or Decimal(1)
        named = (
            ("Always the dearest", self.dearest_usd),
            ("Random mix", self.mix_usd),
            ("As chosen", self.cost_usd),
        )
        return [(name, cost, round(HUNDRED * cost / most)) for name, cost in named]


def of(calls: LlmCallQuerySet) -> Savings:
    """Return what choosing saved on some calls."""
    return Savings(**calls.choosing())


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return (HUNDRED * part / whole).quantize(Decimal("0.1")) if whole else Decimal(0)

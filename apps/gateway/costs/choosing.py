"""What a call would have cost at the other targets that could take it.

The same tokens at each target's price: at a random one of them, and at the dearest. Nothing is said where
there was no choice between models, where the answer was kept, or where a price is not known.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from apps.gateway.models import LlmCall
from apps.gateway.targets.exchange import Trace
from apps.gateway.targets.router import Plan
from apps.gateway.usage import Usage

EXACT = Decimal("1e-10")
KEPT = (LlmCall.Cache.HIT, LlmCall.Cache.SEMANTIC)


@dataclass(frozen=True)
class Others:
    """What one call would have cost elsewhere; None: not known."""

    mix_usd: Decimal | None = None
    dearest_usd: Decimal | None = None


NONE = Others()


def others_of(plan: Plan | None, trace: Trace, usage: Usage | None) -> Others:
    """Return it for a call that took so much, by the decision that it went by."""
    if plan is None or usage is None or trace.decision is None or trace.cache in KEPT:
        return NONE
    if trace.target is None or trace.target.is_ours:
        return NONE
    asked = [plan.targets[place] for place in trace.decision.outcome.ranked]
    return compared([each.cost(usage) for each in asked if not each.is_ours])


def compared(costs: Collection[Decimal | None]) -> Others:
    """Return what a random one and the dearest cost of at least two, all of them known."""
    known = [cost for cost in costs if cost is not None]
    if len(known) < 2 or len(known) < len(costs):
        return NONE
    mix = sum(known, Decimal(0)) / len(known)
    return Others(mix.quantize(EXACT), max(known).quantize(EXACT))

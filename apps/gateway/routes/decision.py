"""A decision as it is kept with its call: what was known, what was chosen, and why not the others.

`replayed` chooses again from what was kept. A later way of choosing gets a new number, so that old
decisions are not told to be wrong; one that chooses alike from what older ones kept is named with them.
"""

from dataclasses import dataclass
from typing import Self

from apps.common.types import JSONDict
from apps.gateway.routes.candidates import LATE, Candidate
from apps.gateway.routes.choice import Inputs, Outcome, choose

WAY = 3  # the number of the way of choosing that `choice` is
ALIKE = (
    1,
    2,
    3,
)  # the first knew nothing of costs, checks and what was learnt: neither do its records
REFUSED_LATE = 2  # the last that refused a call where every first word would have been late


@dataclass(frozen=True)
class Decision:
    """What was chosen from what."""

    inputs: Inputs
    outcome: Outcome

    @classmethod
    def made(cls, inputs: Inputs) -> Self:
        """Choose."""
        return cls(inputs, choose(inputs))

    @classmethod
    def kept(cls, record: JSONDict) -> Self | None:
        """Return the decision that a call was stored with; None for calls from before there were."""
        way = record.get("way")
        if way not in ALIKE:
            return None
        outcome = Outcome.model_validate(record["outcome"])
        late = any(LATE in why for why in outcome.rejected.values())
        if way <= REFUSED_LATE and late and not outcome.ranked:
            return None
        return cls(Inputs.model_validate(record["inputs"]), outcome)

    def record(self) -> JSONDict:
        """Return what is stored: nothing that is as usual."""
        return {
            "way": WAY,
            "inputs": self.inputs.model_dump(mode="json", exclude_defaults=True),
            "outcome": self.outcome.model_dump(mode="json", exclude_defaults=True),
        }

    def replayed(self) -> Outcome:
        """Choose once more from the same."""
        return choose(self.inputs)

    @property
    def ranked(self) -> list[Candidate]:
        """The candidates in the order in which they are asked."""
        return [self.inputs.candidates[place] for place in self.outcome.ranked]

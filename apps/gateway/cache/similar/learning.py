"""From which similarity on a kept answer fits a question: learnt for each answer, with what its route taught.

The chance that a kept answer is wrong is a logistic curve of the similarity, as in vCache: `level` is
the logarithm of its odds for equal vectors, `slope` how it rises as they part. The answers of a
route share a curve, but for some odd ones, which other questions fit by chance alone, at any
similarity. Which curve it is and how many are odd is believed in by degrees, over a grid. So
hundreds of comparisons of many answers say what the next answer begins with; hundreds of one answer do
not; and an answer that fitted before is less likely to be odd. What is left to doubt is that the error
is above the bound in one of twenty cases.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from math import exp, log
from operator import add, sub

DOUBT = 0.05  # that the bound does not hold
CURVES = [(place / 2, slope) for place in range(-26, 7) for slope in (0.0, 30.0, 120.0)]
ODD = (0.0005, 0.0015, 0.005, 0.015, 0.05, 0.15, 0.5)  # shares of answers that may be odd
CHANCES = (0.03, 0.1, 0.5)  # that an odd one is wrong: it may be odd in several degrees
USUAL = 0.97  # a similarity at which, before anything is known, every error is as likely
STEPS = 400  # in which similarities are told apart
MOST_ENTRIES, MOST_SEEN = 2_000, 40  # answers of a route, comparisons of an answer
TINY = 1e-280


@dataclass(frozen=True)
class Seen:
    """One comparison: an answer that was asked for, beside the kept one."""

    similarity: float
    right: bool


@dataclass
class _Known:
    """What is known of one answer: how well each curve, and each chance, tells what was seen of it."""

    askers: set[str] = field(default_factory=set)
    fits: "array[float]" = field(default_factory=lambda: array("d", [1.0] * len(CURVES)))
    odd: list[float] = field(default_factory=lambda: [1 / len(CHANCES)] * len(CHANCES))
    wrong_at: float = -1.0  # the highest similarity at which it was wrong
    evidence: "array[float]" = field(default_factory=lambda: array("d"))  # for each belief

    def see(self, asker: str, seen: Seen) -> None:
        """Take in a comparison."""
        self.askers.add(asker)
        for place, wrong in enumerate(_wrong(seen.similarity)):
            self.fits[place] *= 1 - wrong if seen.right else wrong
        for place, wrong in enumerate(CHANCES):
            self.odd[place] *= 1 - wrong if seen.right else wrong
        if not seen.right:
            self.wrong_at = max(self.wrong_at, seen.similarity)

    def weigh(self) -> "array[float]":
        """Return by how much each belief gains, as a logarithm, by what was seen since the last time."""
        odd, before = sum(self.odd), self.evidence or array("d", [0.0] * len(_PRIOR))
        self.evidence = array("d", (
            log(max(TINY, (1 - share) * fit + share * odd)) for fit in self.fits for share in ODD
        ))  # fmt: skip
        return array("d", map(sub, self.evidence, before))


_NOTHING = _Known()


class Learner:
    """What comparisons taught of one route. Not safe for several threads at once."""

    def __init__(self) -> None:
        self.compared, self.wrong = 0, 0
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._evidence = array("d", [0.0] * len(_PRIOR))
        self._beliefs: list[float] | None = None

    def take_in(self, entry: str, asker: str, seen: Seen) -> None:
        """Learn from a comparison; the same question counts once for an answer."""
        known = self._known.setdefault(entry, _Known())
        self._known.move_to_end(entry)
        if asker in known.askers or (seen.right and len(known.askers) >= MOST_SEEN):
            return
        known.see(asker, seen)
        self._evidence = array("d", map(add, self._evidence, known.weigh()))
        self.compared, self.wrong = self.compared + 1, self.wrong + (not seen.right)
        while len(self._known) > MOST_ENTRIES:
            oldest = self._known.popitem(last=False)[1]
            if oldest.evidence:
                self._evidence = array("d", map(sub, self._evidence, oldest.evidence))
        self._beliefs = None

    def accepts(self, entry: str, similarity: float, accepted_error: float) -> bool:
        """Tell whether an answer may be given again at a similarity."""
        if similarity <= self._known.get(entry, _NOTHING).wrong_at:
            return False
        return self.bound(entry, similarity) <= accepted_error

    def bound(self, entry: str, similarity: float) -> float:
        """Return what the chance that an answer is wrong is not above, for all that is known."""
        known = self._known.get(entry, _NOTHING)
        odd = sum(known.odd)
        odd_wrong = sum(fit * wrong for fit, wrong in zip(known.odd, CHANCES, strict=True))
        errors = [
            (share * odd_wrong + (1 - share) * fit * wrong)
            / max(TINY, share * odd + (1 - share) * fit)
            for fit, wrong in zip(known.fits, _wrong(similarity), strict=True)
            for share in ODD
        ]
        ranked = sorted(zip(errors, self._believed(), strict=True))
        sums = list(accumulate(belief for _, belief in ranked))
        place = bisect_left(sums, (1 - DOUBT) * sums[-1])
        return ranked[min(place, len(ranked) - 1)][0]

    def _believed(self) -> list[float]:
        if self._beliefs is None:
            top = max(self._evidence)
            pairs = zip(_PRIOR, self._evidence, strict=True)
            self._beliefs = [prior * exp(evidence - top) for prior, evidence in pairs]
        return self._beliefs


def _wrong(similarity: float) -> tuple[float, ...]:
    """Return the error of each curve; a similarity between two steps counts as the lower one."""
    return _wrong_at(int(max(0.0, min(1.0, similarity)) * STEPS))


@lru_cache(maxsize=STEPS + 1)
def _wrong_at(step: int) -> tuple[float, ...]:
    return tuple(_share(level + slope * (1 - step / STEPS)) for level, slope in CURVES)


def _share(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def _weight(level: float, slope: float) -> float:
    """Return how much a curve is believed in at first: every error as much as any other."""
    error = _share(level + slope * (1 - USUAL))
    return error * (1 - error)


# Each share of odd ones, too, is as likely as any other: the steps of the grid grow with it.
_PRIOR = [_weight(*curve) * share for curve in CURVES for share in ODD]

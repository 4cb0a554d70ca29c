"""The choice itself: a pure function of what is stored with the call and a seed.

Targets of the lowest order come first. Within an order two are drawn by their weights, and the one
with less load goes first; a canary goes first for its share of calls, whatever its load. A route may
prefer the cheapest in the end instead: `cost_order`.

Where a route climbs from cheap targets to strong ones and nothing can check the answer, those that are
said to be cheap come last, unless a floor of quality tells who is good enough. A small share of checked calls asks another one
first, to learn how it does; of what forbids asking it only a quality that is not known may be passed over.
"""

from random import Random

from apps.gateway.routes.candidates import LATE, Allowed, Candidate, Need, Plain, reasons
from apps.gateway.routes.cost_order import by_cost
from apps.gateway.routes.policy import Policy, Prefer, Verify

COOLING, RESTING = "cooling_down", "breaker_open"
PASSING = {COOLING, RESTING}
UNPROVEN = {"quality_unknown", "quality_too_low"}


class Inputs(Plain):
    """All that a choice depends on."""

    seed: str
    need: Need
    policy: Policy
    allowed: Allowed
    candidates: tuple[Candidate, ...]
    version: int | None = None  # of the route, whose policy it is

    @property
    def verified(self) -> bool:
        """Whether answers are held until they are checked."""
        return self.policy.verify == Verify.ESCALATE and bool(self.need.checks)

    def is_stronger(self, one: Candidate, other: Candidate) -> bool:
        """Whether one is asked when the answer of another failed its check."""
        if self.policy.prefer == Prefer.ORDER:
            return one.order > other.order
        costs = one.expected_cost(self.need), other.expected_cost(self.need)
        return costs[1] is not None and (costs[0] is None or costs[0] > costs[1])


class Outcome(Plain):
    """Places of candidates in the order in which they are asked; the others with their reasons.

    `in_need`: all that fit are left alone just now, and the first of them is tried all the same; or
    the first word of all comes too late, and they are asked all the same.
    """

    ranked: tuple[int, ...]
    rejected: dict[int, tuple[str, ...]]
    in_need: bool = False
    explored: bool = False  # the first is asked to learn how it does


def choose(given: Inputs) -> Outcome:
    """Rank the candidates. The same inputs give the same outcome, on every machine."""
    rejected = {place: tuple(_reasons(each, given)) for place, each in enumerate(given.candidates)}
    fitting = [place for place, why in rejected.items() if not why]
    in_need = False
    if not fitting:
        fitting = _least_bad(given.candidates, rejected)
        in_need = bool(fitting)
    ranked = fitting if in_need else _ranked(fitting, given)
    tried = None if in_need else _tried(ranked, rejected, given)
    if tried is not None:
        ranked = [tried, *(place for place in ranked if place != tried)]
    return Outcome(
        ranked=tuple(ranked),
        rejected={place: why for place, why in rejected.items() if why and place not in ranked},
        in_need=in_need,
        explored=tried is not None,
    )


def _tried(ranked: list[int], rejected: dict[int, tuple[str, ...]], given: Inputs) -> int | None:
    """Return whom this call asks first to learn how it does; None for nearly all calls."""
    draw = Random(f"explore {given.seed}")  # noqa: S311 - nobody gains by guessing it
    if not given.verified or draw.random() >= given.policy.explore:
        return None
    unproven = [place for place, why in rejected.items() if why and set(why) <= UNPROVEN]
    others = sorted({*ranked[1:], *unproven})
    return draw.choice(others) if others else None


def _reasons(candidate: Candidate, given: Inputs) -> list[str]:
    hard = reasons(candidate, given.need, given.policy, given.allowed)
    if candidate.cooling_s > 0:
        hard.append(COOLING)
    if candidate.resting_s > 0:
        hard.append(RESTING)
    return hard


def _least_bad(
    candidates: tuple[Candidate, ...], rejected: dict[int, tuple[str, ...]]
) -> list[int]:
    """Return those whose first word is late and nothing worse, the fastest first.

    Else the one that its breaker leaves alone for the shortest, where nothing else forbids it.
    """
    late = [place for place, why in rejected.items() if set(why) == {LATE}]
    if late:
        return sorted(late, key=lambda place: (candidates[place].expected_first_ms or 0, place))
    found = [place for place, why in rejected.items() if set(why) == {RESTING}]
    found.sort(key=lambda place: (candidates[place].resting_s, candidates[place].order, place))
    return found[:1]


def _ranked(fitting: list[int], given: Inputs) -> list[int]:
    if given.policy.prefer == Prefer.COST:
        ranked = by_cost(fitting, given.candidates, given.need, verified=given.verified)
    else:
        ranked = _by_order(fitting, given)
    if given.policy.verify == Verify.ESCALATE and given.policy.quality_floor is None:
        ranked.sort(key=lambda place: given.candidates[place].cheap and not given.need.checks)
    return ranked


def _by_order(fitting: list[int], given: Inputs) -> list[int]:
    draw = Random(given.seed)  # noqa: S311 - nobody gains by guessing it
    ranked: list[int] = []
    for order in sorted({given.candidates[place].order for place in fitting}):
        group = [place for place in fitting if given.candidates[place].order == order]
        ranked += _by_load(group, given.candidates, draw)
    return ranked


def _by_load(group: list[int], candidates: tuple[Candidate, ...], draw: Random) -> list[int]:
    rest, ranked = list(group), []
    for place in [each for each in group if candidates[each].canary]:
        if len(rest) > 1 and draw.random() * 100 < candidates[place].weight:
            rest.remove(place)
            ranked.append(place)
    while rest:
        found = _lighter(_main(rest, candidates), candidates, draw)
        rest.remove(found)
        ranked.append(found)
    return ranked


def _main(rest: list[int], candidates: tuple[Candidate, ...]) -> list[int]:
    """Leave out canaries while there is another: they have had their share."""
    return [place for place in rest if not candidates[place].canary] or rest


def _lighter(places: list[int], candidates: tuple[Candidate, ...], draw: Random) -> int:
    """Draw two by weight, with replacement, so that a small weight stays small; take the lighter."""
    if len(places) == 1:
        return places[0]
    weights = [candidates[place].weight for place in places]
    two = draw.choices(places, weights, k=2)
    return min(two, key=lambda place: candidates[place].load_ms)

"""The order of targets by what a call costs in the end: the cheapest first, of equals the fastest.

Where answers are checked, a cheap target that often fails costs the next one too. Expected costs are
found from the dearest target down, and the same numbers give the same order on every machine.
"""

from decimal import Decimal

from apps.gateway.routes.candidates import Candidate, Need

EQUAL = Decimal("1.05")  # costs that differ by no more count as the same: then speed decides
LATE = 10**9

Candidates = tuple[Candidate, ...]


def by_cost(places: list[int], candidates: Candidates, need: Need, *, verified: bool) -> list[int]:
    """Rank candidates; after one whose answer fails comes whoever is the cheapest from there on."""
    costs = {place: candidates[place].expected_cost(need) for place in places}
    known = {place: cost for place, cost in costs.items() if cost is not None}
    ladder = sorted(known, key=lambda place: (known[place], place))
    expected = _expected(ladder, known, candidates) if verified else known
    rest = list(ladder)
    ranked: list[int] = []
    while rest:
        above = _above(rest, ranked, known) if verified else rest
        found = _cheapest(above or rest, expected, candidates)
        rest.remove(found)
        ranked.append(found)
    return ranked + [place for place in places if place not in known]


def _expected(
    ladder: list[int], costs: dict[int, Decimal], candidates: Candidates
) -> dict[int, Decimal]:
    """Return what each costs with the attempts that its failures lead to."""
    expected: dict[int, Decimal] = {}
    for place in reversed(ladder):
        dearer = [cost for other, cost in expected.items() if costs[other] > costs[place]]
        again = (1 - candidates[place].hold_rate) * min(dearer, default=Decimal(0))
        expected[place] = costs[place] + again
    return expected


def _above(rest: list[int], ranked: list[int], costs: dict[int, Decimal]) -> list[int]:
    """Keep those that are dearer than the last one that was ranked."""
    return [place for place in rest if not ranked or costs[place] > costs[ranked[-1]]]


def _cheapest(places: list[int], costs: dict[int, Decimal], candidates: Candidates) -> int:
    limit = min(costs[place] for place in places) * EQUAL

    def late(place: int) -> tuple[int, Decimal, int]:
        return candidates[place].expected_ms or LATE, costs[place], place

    return min((place for place in places if costs[place] <= limit), key=late)

"""The order by cost in the end: expected escalation, what is cached, speed among equals."""

from decimal import Decimal
from typing import Any

from apps.gateway.routes.candidates import Allowed, Candidate, Need
from apps.gateway.routes.choice import Inputs, Outcome, choose
from apps.gateway.routes.policy import Policy, Prefer, Verify

NEED = Need(input_tokens=1_000, output_tokens=1_000)
CHECKED = NEED.model_copy(update={"checks": ("schema",)})


def candidate(model: str, price: float | None, **more: Any) -> Candidate:
    usd = None if price is None else Decimal(str(price))
    return Candidate(provider="p", model=model, input_usd=usd, output_usd=usd, **more)


def choice(*candidates: Candidate, need: Need = NEED, seed: str = "s", **policy: Any) -> Outcome:
    policy = {"prefer": Prefer.COST, "explore": 0, **policy}
    inputs = Inputs(
        seed=seed, need=need, policy=Policy(**policy), allowed=Allowed(), candidates=candidates
    )
    return choose(inputs)


def test_the_cheapest_comes_first_and_one_without_a_price_last() -> None:
    found = choice(candidate("a", 5), candidate("b", None), candidate("c", 1), candidate("d", 20))
    assert found.ranked == (2, 0, 3, 1)


def test_of_equals_the_fastest_comes_first() -> None:
    slow, fast = candidate("a", 1, expected_ms=900), candidate("b", 1.02, expected_ms=300)
    assert choice(slow, fast).ranked == (1, 0)
    assert choice(slow, candidate("b", 1.2, expected_ms=300)).ranked == (0, 1)
    assert choice(candidate("a", 1), fast).ranked == (1, 0)  # of the first nothing is known


def test_what_the_provider_still_has_is_cheaper() -> None:
    cached = candidate("a", 1.2, cached_usd=Decimal("0.12"), cached_share=0.8)
    assert choice(cached, candidate("b", 1)).ranked == (0, 1)
    assert cached.expected_cost(NEED) == Decimal("0.001536")
    assert cached.cost(NEED) == Decimal("0.0024")  # which limits of cost go by


def test_one_that_often_fails_costs_the_next_as_well() -> None:
    for passed, failed, first in ((90, 10, 0), (10, 90, 0), (1, 99, 1)):
        cheap = candidate("a", 2, passed=passed, failed=failed)
        found = choice(cheap, candidate("b", 20), need=CHECKED, verify=Verify.ESCALATE)
        assert found.ranked[0] == first


def test_a_rung_that_does_not_pay_is_left_out_of_the_climb() -> None:
    ladder = (
        candidate("a", 1, passed=80, failed=20),
        candidate("b", 15, passed=1, failed=99),
        candidate("c", 20),
    )
    found = choice(*ladder, need=CHECKED, verify=Verify.ESCALATE)
    assert found.ranked == (0, 2, 1)


def test_without_a_check_who_is_cheap_comes_last_unless_a_floor_tells_who_is_good() -> None:
    small = candidate("a", 1, order=0, quality=0.95, cheap=True)
    large, other = candidate("b", 20, order=1, quality=1, passed=9), candidate("c", 30, order=2)
    for prefer in Prefer:
        more: dict[str, Any] = {"prefer": prefer, "verify": Verify.ESCALATE}
        assert choice(small, large, other, **more).ranked == (1, 2, 0)
        assert choice(small, large, quality_floor=0.9, **more).ranked == (0, 1)
        assert choice(small, large, other, need=CHECKED, **more).ranked == (0, 1, 2)
        assert choice(small, large, other, prefer=prefer).ranked == (0, 1, 2)


def test_what_was_learnt_counts_for_more_than_what_is_stated_once_it_is_enough() -> None:
    stated = {"quality": 0.99, "bound": 0.5}
    few = candidate("a", 1, passed=10, failed=9, **stated)
    many = candidate("a", 1, passed=11, failed=9, **stated)
    assert choice(few, quality_floor=0.9).ranked == (0,)
    assert choice(many, quality_floor=0.9).rejected == {0: ("quality_too_low",)}


def explored(*candidates: Candidate, need: Need = CHECKED, **policy: Any) -> list[Outcome]:
    more: dict[str, Any] = {"verify": Verify.ESCALATE, "explore": 0.02, **policy}
    found = [choice(*candidates, need=need, seed=str(n), **more) for n in range(3_000)]
    return [each for each in found if each.explored]


def test_a_fiftieth_of_checked_calls_asks_another_first() -> None:
    both = candidate("a", 1), candidate("b", 20)
    found = explored(*both)
    assert 30 < len(found) < 100
    assert {each.ranked for each in found} == {(1, 0)}
    assert not explored(*both, need=NEED)
    assert not explored(*both, verify=Verify.WATCH)
    assert not explored(*both, explore=0)


def test_exploring_passes_over_unproven_quality_and_nothing_else() -> None:
    good = candidate("a", 1, quality=0.99)
    unproven = candidate("b", 1)
    found = explored(good, unproven, quality_floor=0.9)
    assert {each.ranked for each in found} == {(1, 0)}
    assert all(each.rejected == {} for each in found)
    here: dict[str, Any] = {"region": "eu"}
    for hard in (
        {"input_usd": Decimal(1_000_000)}, {"state": "budget"}, {"region": "us"}, {"cooling_s": 3.0},
    ):  # fmt: skip
        policy: dict[str, Any] = {"quality_floor": 0.9, "max_cost_usd": 1, "regions": ("eu",)}
        both = [each.model_copy(update=here) for each in (good, unproven)]
        assert explored(*both, **policy)
        assert not explored(both[0], both[1].model_copy(update=hard), **policy)

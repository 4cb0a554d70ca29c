"""Choosing among targets: filters with reasons, weights and load, and the same outcome each time."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.gateway.exceptions import BadRoute
from apps.gateway.routes.candidates import LATE, Allowed, Candidate, Need
from apps.gateway.routes.choice import Inputs, Outcome, choose
from apps.gateway.routes.decision import Decision
from apps.gateway.routes.policy import Policy


def candidate(model: str = "a", **more: Any) -> Candidate:
    return Candidate(provider="fake", model=model, **more)


def choice(*candidates: Candidate, seed: str = "s", **more: Any) -> Outcome:
    given = {"need": Need(), "policy": Policy(), "allowed": Allowed(), **more}
    return choose(Inputs(seed=seed, candidates=candidates, **given))


PRICED = {"input_usd": Decimal(1), "output_usd": Decimal(10)}
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("disabled", {"state": "disabled"}, {}),
    ("needs_key", {"state": "needs_key"}, {}),
    ("not_allowed", {}, {"allowed": Allowed(patterns=("other/*",))}),
    ("region_not_allowed", {"region": "us"}, {"allowed": Allowed(regions=("eu",))}),
    ("region_unknown", {}, {"allowed": Allowed(regions=("eu",))}),
    ("region", {"region": "us"}, {"policy": Policy(regions=("eu",))}),
    ("lacks_tools", {}, {"policy": Policy(capabilities=("tools",))}),
    ("lacks_tools", {"capabilities": ("vision",)}, {"need": Need(capabilities=("tools",))}),
    ("context_unknown", {}, {"policy": Policy(min_context=10)}),
    ("context_too_small", {"context_tokens": 9}, {"policy": Policy(min_context=10)}),
    ("context_too_small", {"context_tokens": 9}, {"need": Need(input_tokens=10)}),
    (
        "context_too_small", {"context_tokens": 14},
        {"need": Need(input_tokens=10, output_tokens=5, bounded=True)},
    ),
    ("quality_unknown", {}, {"policy": Policy(quality_floor=0.5)}),
    ("quality_too_low", {"quality": 0.4}, {"policy": Policy(quality_floor=0.5)}),
    ("price_unknown", {}, {"policy": Policy(max_cost_usd=Decimal(1))}),
    (
        "too_expensive", PRICED,
        {"need": Need(output_tokens=200, bounded=True, max_cost_usd=Decimal("0.001"))},
    ),
    (
        "too_expensive", PRICED,
        {"need": Need(input_tokens=900, output_tokens=500, max_cost_usd=Decimal("0.001"))},
    ),
    ("too_slow", {"expected_ms": 900}, {"need": Need(max_latency_ms=800)}),
    ("too_slow", {"expected_ms": 900}, {"policy": Policy(max_latency_ms=800)}),
    ("cooling_down", {"cooling_s": 3}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "stated", "wanted"), REFUSED)
def test_whoever_does_not_fit_is_refused_for_a_reason(
    reason: str, stated: dict[str, Any], wanted: dict[str, Any]
) -> None:
    outcome = choice(candidate(**stated), **wanted)
    assert (outcome.ranked, outcome.rejected) == ((), {0: (reason,)})


FITTING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"need": Need(capabilities=("tools",))}),
    ({}, {"need": Need(input_tokens=10**9)}),
    ({"builtin": True}, {"allowed": Allowed(patterns=("other/*",), regions=("eu",))}),
    ({"region": "eu"}, {"allowed": Allowed(patterns=("fake/?",), regions=("eu",))}),
    ({"capabilities": ("tools",)}, {"policy": Policy(capabilities=("tools",))}),
    ({"quality": 0.5}, {"policy": Policy(quality_floor=0.5)}),
    (PRICED, {"need": Need(output_tokens=500, max_cost_usd=Decimal("0.001"))}),
    (PRICED, {"need": Need(output_tokens=100, bounded=True, max_cost_usd=Decimal("0.001"))}),
    ({"expected_ms": 800}, {"need": Need(max_latency_ms=800)}),
]


@pytest.mark.parametrize(("stated", "wanted"), FITTING)
def test_whoever_fits_is_asked(stated: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert choice(candidate(**stated), **wanted).ranked == (0,)


def shares(*candidates: Candidate, calls: int = 2_000) -> dict[int, float]:
    first = Counter(choice(*candidates, seed=str(n)).ranked[0] for n in range(calls))
    return {place: count / calls for place, count in first.items()}


def test_a_lower_order_is_asked_first_and_all_are_in_the_list() -> None:
    outcome = choice(candidate("a", order=2), candidate("b", order=1), candidate("c", order=1))
    assert set(outcome.ranked[:2]) == {1, 2}
    assert outcome.ranked[2] == 0


def test_calls_are_shared_by_weight() -> None:
    found = shares(candidate("a", weight=9), candidate("b", weight=1))
    assert found[0] == pytest.approx(0.9, abs=0.03)
    found = shares(candidate("a", weight=1), candidate("b", weight=9))
    assert found[1] == pytest.approx(0.9, abs=0.03)


def test_of_two_the_one_with_less_load_is_asked() -> None:
    found = shares(candidate("a", load_ms=900), candidate("b", load_ms=100))
    assert found[1] == pytest.approx(0.75, abs=0.04)
    three = [candidate(name, load_ms=load) for name, load in (("a", 10), ("b", 500), ("c", 900))]
    found = shares(*three)
    assert found[0] > found[1] > found[2]


def test_a_canary_gets_its_share_however_fast_it_is() -> None:
    main, canary = candidate("a", load_ms=900), candidate("b", weight=5, canary=True)
    assert shares(main, canary)[1] == pytest.approx(0.05, abs=0.02)
    assert choice(canary).ranked == (0,)


def test_one_that_is_left_alone_is_passed_over_unless_all_are() -> None:
    resting, other = candidate("a", resting_s=20), candidate("b", order=1)
    outcome = choice(resting, other)
    assert (outcome.ranked, outcome.rejected) == ((1,), {0: ("breaker_open",)})
    outcome = choice(resting, candidate("b", order=1, resting_s=10))
    assert (outcome.ranked, outcome.in_need) == ((1,), True)
    outcome = choice(resting, policy=Policy(quality_floor=0.1))
    assert outcome.ranked == ()


def test_a_first_word_that_is_late_is_passed_over_unless_all_are() -> None:
    policy = Policy(max_ttft_ms=80)
    late, fast = candidate("a", expected_first_ms=95), candidate("b", expected_first_ms=70, order=1)
    outcome = choice(late, fast, policy=policy)
    assert (outcome.ranked, outcome.rejected) == ((1,), {0: ("first_word_too_late",)})
    slower, resting = candidate("b", expected_first_ms=99), candidate("c", resting_s=9)
    outcome = choice(slower, resting, late, policy=policy)
    assert (outcome.ranked, outcome.in_need) == ((2, 0), True)
    assert outcome.rejected == {1: ("breaker_open",)}
    assert choice(candidate(expected_first_ms=95, cooling_s=1), policy=policy).ranked == ()


def test_people_wait_two_seconds_for_a_first_word_unless_the_route_says_otherwise() -> None:
    late, fast = candidate("a", expected_first_ms=2_001), candidate("b", expected_first_ms=2_000)
    assert choice(late, fast).rejected == {}
    assert choice(late, fast, policy=Policy(interactive=True)).rejected == {0: (LATE,)}
    patient = Policy(interactive=True, max_ttft_ms=5_000)
    assert choice(late, fast, policy=patient).rejected == {}


def test_a_call_that_an_older_way_refused_as_late_is_not_told_anew() -> None:
    decision = Decision.made(
        Inputs(
            seed="s", need=Need(), policy=Policy(max_ttft_ms=80), allowed=Allowed(),
            candidates=(candidate(expected_first_ms=95),),
        )
    )  # fmt: skip
    refused = {"ranked": [], "rejected": {"0": ["first_word_too_late"]}}
    assert Decision.kept({**decision.record(), "way": 2, "outcome": refused}) is None
    assert Decision.kept(decision.record()) == decision


CANDIDATES = st.builds(
    candidate,
    model=st.sampled_from("abcdef"),
    order=st.integers(0, 3),
    weight=st.integers(1, 100),
    canary=st.booleans(),
    state=st.sampled_from(("ready", "ready", "ready", "disabled")),
    context_tokens=st.none() | st.integers(1, 100),
    quality=st.none() | st.floats(0, 1),
    region=st.sampled_from(("", "eu", "us")),
    input_usd=st.none() | st.decimals(0, 10, places=4),
    output_usd=st.none() | st.decimals(0, 10, places=4),
    load_ms=st.floats(0, 1e6),
    expected_ms=st.none() | st.integers(0, 10_000),
    cooling_s=st.sampled_from((0.0, 0.0, 2.5)),
    resting_s=st.sampled_from((0.0, 0.0, 0.3)),
)
INPUTS = st.builds(
    Inputs,
    seed=st.text("0123456789abcdef", min_size=1, max_size=32),
    need=st.builds(
        Need, input_tokens=st.integers(0, 200), output_tokens=st.integers(0, 200),
        bounded=st.booleans(), max_latency_ms=st.none() | st.integers(1, 10_000),
    ),
    policy=st.builds(
        Policy, quality_floor=st.none() | st.floats(0, 1),
        regions=st.sampled_from(((), ("eu",))), max_cost_usd=st.none() | st.just(Decimal("0.001")),
    ),
    allowed=st.builds(Allowed, regions=st.sampled_from(((), ("eu", "us")))),
    candidates=st.lists(CANDIDATES, max_size=8).map(tuple),
)  # fmt: skip


@given(INPUTS)
def test_a_decision_is_replayed_from_what_is_kept_of_it(inputs: Inputs) -> None:
    decision = Decision.made(inputs)
    kept = Decision.kept(decision.record())
    assert kept == decision
    assert kept.replayed() == decision.outcome
    outcome = decision.outcome
    places = [*outcome.ranked, *outcome.rejected]
    assert sorted(places) == list(range(len(inputs.candidates)))


def test_a_decision_that_was_altered_does_not_hold() -> None:
    decision = Decision.made(
        Inputs(
            seed="s", need=Need(), policy=Policy(), allowed=Allowed(),
            candidates=(candidate("a"), candidate("b", order=1)),
        )
    )  # fmt: skip
    record = decision.record()
    record["outcome"]["ranked"] = [1, 0]
    kept = Decision.kept(record)
    assert kept is not None
    assert kept.replayed() != kept.outcome
    assert Decision.kept({}) is None
    assert Decision.kept({**record, "way": 0}) is None


BAD: list[tuple[str, dict[str, Any]]] = [
    ("policy.regions.0", {"regions": ["EU west"]}),
    ("policy.quality_floor", {"quality_floor": 2}),
    ("policy.max_cost_usd", {"max_cost_usd": "-1"}),
    ("policy.max_ttft_ms", {"max_ttft_ms": 1}),
    ("policy.mending", {"mending": "magic"}),
    ("policy.retries", {"retries": 9}),
    ("policy.unknown", {"unknown": 1}),
]


@pytest.mark.parametrize(("field", "settings"), BAD)
def test_policies_that_make_no_sense(field: str, settings: dict[str, Any]) -> None:
    with pytest.raises(BadRoute) as caught:
        Policy.of(settings)
    assert [each["field"] for each in caught.value.errors] == [field]

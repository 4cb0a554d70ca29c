"""What will be spent until a period ends: what holds for any days, and how often the interval does."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.gateway.budgets.forecast import LEAST_DAYS, Forecast, forecast

MONDAY = date(2026, 11, 2)
CENTS = st.integers(0, 100_000).map(lambda cents: Decimal(cents) / 100)
HISTORIES = st.lists(CENTS, min_size=LEAST_DAYS, max_size=80)


def of(
    costs: list[Decimal], *, spent: Decimal = Decimal(0), left: int = 10, elapsed: float = 0
) -> Forecast:
    """Return the forecast on the day after these, with so many days to come after that one."""
    today = MONDAY + timedelta(days=len(costs))
    made = forecast(
        {MONDAY + timedelta(days=place): cost for place, cost in enumerate(costs)},
        since=MONDAY, today=today, last=today + timedelta(days=left), spent=spent, elapsed=elapsed,
    )  # fmt: skip
    assert made is not None
    return made


@given(HISTORIES, CENTS, st.integers(0, 30), st.floats(0, 1))
def test_what_was_spent_stays_spent_and_the_interval_holds_the_rest(
    costs: list[Decimal], spent: Decimal, left: int, elapsed: float
) -> None:
    made = of(costs, spent=spent, left=left, elapsed=elapsed)
    assert len(made.points) == left + 1
    before = (spent, spent, spent)
    for point in made.points:
        assert spent <= point.low <= point.expected <= point.high
        now = (point.low, point.expected, point.high)
        assert all(one <= other for one, other in zip(before, now, strict=True))
        before = now


@given(HISTORIES, st.integers(0, 30))
def test_ten_times_the_cost_is_ten_times_the_forecast(costs: list[Decimal], left: int) -> None:
    once, tenfold = of(costs, left=left), of([10 * cost for cost in costs], left=left)
    for one, other in ((once.expected, tenfold.expected), (once.high, tenfold.high)):
        assert float(other) == pytest.approx(10 * float(one), rel=1e-6, abs=1e-5)


@given(HISTORIES, st.integers(0, 30), CENTS)
def test_a_day_on_which_an_amount_is_reached_lies_between_the_likely_ones(
    costs: list[Decimal], left: int, amount: Decimal
) -> None:
    made = of(costs, left=left)
    reached = made.reached(amount)
    assert 0 <= reached.share <= 1
    if reached.day is None:
        assert made.expected < amount
    else:
        assert reached.earliest is not None
        assert reached.earliest <= reached.day
        assert reached.latest is None or reached.day <= reached.latest


@given(CENTS, st.integers(LEAST_DAYS, 60), st.integers(0, 30))
def test_even_days_go_on_evenly_and_leave_no_doubt(cost: Decimal, days: int, left: int) -> None:
    made = of([cost] * days, left=left)
    assert float(made.expected) == pytest.approx(float(cost * (left + 1)), abs=1e-4)
    assert float(made.high - made.low) == pytest.approx(0, abs=1e-3)


def test_weekdays_are_themselves() -> None:
    week = [Decimal(10)] * 5 + [Decimal(0)] * 2
    made = of(week * 8, left=13)  # two whole weeks from a Monday on
    took = [
        point.expected - before.expected
        for before, point in zip(made.points, made.points[1:], strict=False)
    ]
    assert all(cost > 9 for cost in took[:4])
    assert all(cost < Decimal("1.5") for cost in took[4:6])
    assert float(made.expected) == pytest.approx(100, rel=0.02)
    # Ten working days are 100: the budget of 55 ends in the second week, not on the weekend.
    assert made.reached(Decimal(55)).day == made.points[7].day


def test_the_rest_of_today_is_what_is_left_of_it() -> None:
    made = of([Decimal(24)] * 14, spent=Decimal(6), left=0, elapsed=0.75)
    assert float(made.expected) == pytest.approx(12, abs=1e-6)


def test_nothing_is_said_of_less_than_a_week() -> None:
    today = MONDAY + timedelta(days=LEAST_DAYS - 1)
    known = {MONDAY: Decimal(5)}
    assert forecast(
        known, since=MONDAY, today=today, last=today, spent=Decimal(5), elapsed=0.5
    ) is None  # fmt: skip


@pytest.mark.parametrize("days", [14, 28, 56])
@pytest.mark.parametrize("noise", [0.2, 0.6])
def test_about_four_of_five_periods_end_within_the_interval(days: int, noise: float) -> None:
    draw = Random(f"{days} {noise}")
    shares = (1, 1.2, 1.1, 1, 0.9, 0.3, 0.2)

    def cost(place: int) -> Decimal:
        return Decimal(str(round(40 * shares[place % 7] * draw.lognormvariate(0, noise), 4)))

    within, trials = 0, 400
    for _ in range(trials):
        left = draw.randrange(3, 28)
        made = of([cost(place) for place in range(days)], left=left)
        took = sum((cost(days + place) for place in range(left + 1)), Decimal(0))
        within += made.low <= took <= made.high
    assert 0.74 <= within / trials <= 0.92

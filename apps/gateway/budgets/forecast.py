"""What will be spent until a period ends, from what its days took until now: a pure function.

Each weekday has its share of an average day, drawn towards an even one while it was seen a few times
only. The level is that of the last weeks, the last ones counting most. How far single days were from
this says how far the rest may be: four of five periods should end within the interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

LEAST_DAYS = 7  # complete ones, before anything is said
MOST_DAYS = 56
HALF_LIFE = 14.0  # days after which a day counts half
EVEN = 1.0  # even days that each weekday is thought to have had already
CERTAINTY = 80  # percent of periods that end within the interval
_Z = 1.2816  # of the normal distribution, for that certainty
ZERO = Decimal(0)


@dataclass(frozen=True)
class Point:
    """What will have been spent of the period when a day ends."""

    day: date
    expected: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Reached:
    """When an amount is reached: as it looks, and the first and last day that are likely.

    `day` None: not in this period, as it looks; `latest` None: perhaps not in this period.
    """

    day: date | None
    share: float  # of that day which has passed by then
    earliest: date | None
    latest: date | None


@dataclass(frozen=True)
class Forecast:
    """The days from today to the last of a period; at its end, the whole of it."""

    spent: Decimal
    points: tuple[Point, ...]
    days_known: int

    @property
    def expected(self) -> Decimal:
        """What the period will have taken."""
        return self.points[-1].expected

    @property
    def low(self) -> Decimal:
        """The least that is likely."""
        return self.points[-1].low

    @property
    def high(self) -> Decimal:
        """The most that is likely."""
        return self.points[-1].high

    def reached(self, amount: Decimal) -> Reached:
        """Tell when an amount is reached that is not spent yet."""
        before, share = self.spent, 0.0
        found = next((each for each in self.points if each.expected >= amount), None)
        if found is not None:
            place = self.points.index(found)
            before = self.points[place - 1].expected if place else self.spent
            rise = found.expected - before
            share = float((amount - before) / rise) if rise > 0 else 0.0
        return Reached(
            found.day if found else None,
            min(1.0, max(0.0, share)),
            next((each.day for each in self.points if each.high >= amount), None),
            next((each.day for each in self.points if each.low >= amount), None),
        )


@dataclass(frozen=True)
class _Habit:
    """What days are like: the level of an average one, each weekday's share, and how they vary."""

    level: float
    shares: tuple[float, ...]
    variance: float  # of one day
    weight: float  # how many days of equal weight the level is known from
    seen: float  # how often each weekday was seen
    free: float  # how many days say how the days vary, after what was fitted to them


def forecast(
    history: Mapping[date, Decimal],
    *,
    since: date,
    today: date,
    last: date,
    spent: Decimal,
    elapsed: float,
) -> Forecast | None:
    """Return what a period will take that ends with the day `last`.

    `history` is what the days before today took, those left out nothing, from the day `since` on;
    `spent` what the period took until now, `elapsed` the share of today that has passed. None while
    too little is known.
    """
    first = max(since, today - timedelta(days=MOST_DAYS))
    days = [first + timedelta(days=number) for number in range((today - first).days)]
    if len(days) < LEAST_DAYS:
        return None
    habit = _habit(days, [float(history.get(day, ZERO)) for day in days])
    return Forecast(spent, tuple(_points(habit, spent, today, last, elapsed)), len(days))


def _habit(days: list[date], costs: list[float]) -> _Habit:
    shares = _shares(days, costs)
    weights = [0.5 ** ((len(days) - place) / HALF_LIFE) for place in range(len(days))]
    shared = [shares[day.weekday()] for day in days]
    whole = sum(weight * share for weight, share in zip(weights, shared, strict=True))
    level = sum(weight * cost for weight, cost in zip(weights, costs, strict=True)) / whole
    total = sum(weights)
    known = total**2 / sum(weight**2 for weight in weights)
    off = [(cost - level * share) ** 2 for cost, share in zip(costs, shared, strict=True)]
    variance = sum(weight * each for weight, each in zip(weights, off, strict=True)) / total
    # What was fitted lies nearer to the days than the days to come will.
    seen = len(days) / 7
    free = len(days) - (1 + 6 * seen / (seen + EVEN))
    return _Habit(level, shares, variance * len(days) / free, known, seen, free)


def _shares(days: list[date], costs: list[float]) -> tuple[float, ...]:
    """Return what a day of each weekday takes, as a share of an average day."""
    average = sum(costs) / len(costs)
    if average <= 0:
        return (1.0,) * 7
    found = []
    for weekday in range(7):
        own = [cost for day, cost in zip(days, costs, strict=True) if day.weekday() == weekday]
        found.append((sum(own) + EVEN * average) / ((len(own) + EVEN) * average))
    return tuple(found)


def _points(habit: _Habit, spent: Decimal, today: date, last: date, elapsed: float) -> list[Point]:
    points, ahead, low = [], 0.0, spent
    left = [0.0] * 7  # days of each weekday
    for number in range((last - today).days + 1):
        day = today + timedelta(days=number)
        part = 1.0 if number else 1.0 - min(1.0, max(0.0, elapsed))
        ahead += part * habit.shares[day.weekday()]
        left[day.weekday()] += part
        expected = habit.level * ahead
        off = _quantile(habit.free) * sqrt(habit.variance * _doubt(habit, ahead, left))
        # What was spent does not come back: the least that is likely never falls.
        low = max(low, spent + _usd(max(0.0, expected - off)))
        points.append(Point(day, spent + _usd(expected), low, spent + _usd(expected + off)))
    return points


def _doubt(habit: _Habit, ahead: float, left: list[float]) -> float:
    """Return how many days' variance the rest has: its own, that of the level, and of the shares."""
    shares = sum(days**2 for days in left) * habit.seen / (habit.seen + EVEN) ** 2
    return sum(left) + ahead**2 / habit.weight + shares


def _quantile(free: float) -> float:
    """Return how many deviations wide the interval is: wider while little is known (Student's t)."""
    return _Z + (_Z**3 + _Z) / (4 * free) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * free**2)


def _usd(value: float) -> Decimal:
    return Decimal(str(round(value, 8)))

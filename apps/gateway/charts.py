"""Figures as the coordinates of a drawing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

WIDTH, TOP, BASE, LEFT = 700, 12, 160, 64
MAX_DAYS = 92


@dataclass(frozen=True)
class Bar:
    """One day."""

    day: date
    cost: Decimal
    calls: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class DayChart:
    """Cost of each day of a period, drawn."""

    bars: list[Bar]
    top: Decimal
    half: Decimal


def by_day(rows: Iterable[dict[str, Any]], since: datetime, until: datetime) -> DayChart:
    """Return a bar for each day of the period, also for those without calls."""
    known = {row["day"]: row for row in rows}
    first, last = timezone.localdate(since), timezone.localdate(until)
    first = max(first, last - timedelta(days=MAX_DAYS - 1))
    days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
    top = round_up(max((row["cost_usd"] for row in known.values()), default=Decimal(0)))
    step = (WIDTH - LEFT) / len(days)
    bars = []
    for place, day in enumerate(days):
        row = known.get(day, {"cost_usd": Decimal(0), "calls": 0})
        height = float(row["cost_usd"] / top) * (BASE - TOP)
        gap = 4 if step > 12 else 1
        bars.append(
            Bar(day, row["cost_usd"], row["calls"], round(LEFT + place * step, 1),
                round(BASE - height, 1), round(step - gap, 1), round(height, 1))
        )  # fmt: skip
    return DayChart(bars, top, top / 2)


def round_up(value: Decimal) -> Decimal:
    """Return the next of 1, 2, 5, 10, 20, ... so that the axis has round figures."""
    size = Decimal("0.01")
    while True:
        for step in (1, 2, 5):
            if value <= size * step:
                return size * step
        size *= 10

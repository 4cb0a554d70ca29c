"""A month's cost as the coordinates of a drawing."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from apps.gateway.charts import BASE, LEFT, TOP, WIDTH, round_up
from apps.gateway.costs.month import Month


@dataclass(frozen=True)
class MonthChart:
    """A month's cost as it adds up, drawn: until now, what follows, and within which it is likely."""

    spent: str  # points of lines
    ahead: str
    likely: str  # points of an area
    top: Decimal
    half: Decimal


def of_month(month: Month) -> MonthChart | None:
    """Return the drawing of a month whose end is foretold."""
    if month.ahead is None:
        return None
    top = round_up(max(month.ahead.high, Decimal("0.01")))
    days = (month.last - month.first).days + 1

    def point(day: date, part: float, cost: Decimal) -> str:
        x = LEFT + ((day - month.first).days + part) / days * (WIDTH - LEFT)
        return f"{x:.1f},{BASE - float(cost / top) * (BASE - TOP):.1f}"

    spent, sum_, day = [point(month.first, 0, Decimal(0))], Decimal(0), month.first
    while day < month.today:
        sum_ += month.took.get(day, Decimal(0))
        spent.append(point(day, 1, sum_))
        day += timedelta(days=1)
    now = point(month.today, month.elapsed, month.spent)
    points = month.ahead.points
    ahead = [point(each.day, 1, each.expected) for each in points]
    high = [point(each.day, 1, each.high) for each in points]
    low = [point(each.day, 1, each.low) for each in reversed(points)]
    return MonthChart(
        " ".join([*spent, now]), " ".join([now, *ahead]), " ".join([now, *high, *low]), top, top / 2
    )

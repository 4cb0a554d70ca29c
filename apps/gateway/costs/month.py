"""The month that goes on: what it took until now, and what it will have taken at its end."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from apps.gateway.budgets import book, days
from apps.gateway.budgets.forecast import CERTAINTY, LEAST_DAYS, Forecast, forecast
from apps.gateway.budgets.periods import around
from apps.gateway.models import Budget, LlmCallQuerySet

ZERO = Decimal(0)


@dataclass(frozen=True)
class Month:
    """A month at a moment: what its days took, and what follows."""

    first: date
    last: date
    today: date
    took: dict[date, Decimal]  # of its days, those without calls left out
    ahead: Forecast | None
    elapsed: float  # of today
    known: int  # complete days that something is known of, of all months

    @property
    def spent(self) -> Decimal:
        """What it took until now."""
        return sum(self.took.values(), ZERO)

    @property
    def missing(self) -> int:
        """How many more days it takes before anything can be told."""
        return max(0, LEAST_DAYS - self.known)

    @property
    def certainty(self) -> int:
        """How many of a hundred such months should end within what is likely."""
        return CERTAINTY


def of(calls: LlmCallQuerySet, now: datetime) -> Month:
    """Return how the month goes that goes on, in the time zone in which money is counted."""
    zone = book.rules().zone
    begins, ends = around(now, Budget.Every.MONTH, zone)
    first, today = begins.astimezone(zone).date(), now.astimezone(zone).date()
    last = (ends - timedelta(seconds=1)).astimezone(zone).date()
    lately = days.of_workspace(calls, now, zone)
    since = min(lately, default=today)
    took = {day: cost for day, cost in lately.items() if day >= first}
    before = {day: cost for day, cost in lately.items() if day < today}
    elapsed = days.elapsed(now, zone)
    ahead = forecast(
        before, since=since, today=today, last=last, spent=sum(took.values(), ZERO), elapsed=elapsed
    )
    return Month(first, last, today, took, ahead, elapsed, (today - since).days)

"""How budgets stand: what is spent and reserved, when each is used up at this pace, which one binds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.gateway.budgets import book, subjects, words
from apps.gateway.budgets.periods import around
from apps.gateway.budgets.subjects import Payer
from apps.gateway.models import Budget, BudgetPeriod

# A pace of less time than this would say little.
LEAST_PACE = {
    Budget.Every.DAY.value: timedelta(hours=1),
    Budget.Every.MONTH.value: timedelta(days=1),
}
ZERO = Decimal(0)
FOREMOST = 4
LOW = 20  # a budget is as good as used up below this part of it
USED_UP, BINDING, ALERT, FINE = "used_up", "binding", "alert", "fine"
STATES = (USED_UP, BINDING, ALERT, FINE)


@dataclass
class Standing:
    """A budget at a moment of its period."""

    budget: Budget
    label: str
    period: BudgetPeriod
    now: datetime
    zone: ZoneInfo
    binds: bool = False  # it is the one that is reached first

    @property
    def spent(self) -> Decimal:
        """What calls have cost that are over."""
        return self.period.spent_usd

    @property
    def reserved(self) -> Decimal:
        """What is out for calls that go on, and to be spent next."""
        return self.period.held_usd

    @property
    def amount(self) -> Decimal:
        """What may be spent."""
        return self.budget.amount_usd

    @property
    def left(self) -> Decimal:
        """What is not spent."""
        return max(ZERO, self.amount - self.spent)

    @property
    def percent(self) -> int:
        """How far it is used up; what is not whole counts only when it is."""
        return int(100 * self.spent / self.amount)

    @property
    def shown_percent(self) -> int:
        """How much of its meter is filled; the least that was spent can be seen."""
        return 1 if self.spent and not self.percent else min(100, self.percent)

    @property
    def forecast(self) -> Decimal:
        """What will be spent at the end of the period, at this pace."""
        return self.spent + self._pace * _seconds(self.period.ends_at - self.now)

    @property
    def reached_at(self) -> datetime | None:
        """When it is used up at this pace; None: not in this period. The past where it is already."""
        if not self.left:
            return self.period.refused_at or self.now
        if self._pace <= 0:
            return None
        at = _later(self.now, self.left / self._pace)
        return at if at is not None and at < self.period.ends_at else None

    @property
    def state(self) -> str:
        """`used_up`, `binding`, `alert` or `fine`."""
        if not self.left or (self.budget.stops and self.period.refused and self._is_low):
            return USED_UP
        if self.binds:
            return BINDING
        lowest = min(self.budget.alerts, default=101)
        return ALERT if self.percent >= lowest else FINE

    @property
    def name(self) -> str:
        """What it is of, in words."""
        if self.budget.scope == Budget.Scope.WORKSPACE:
            return self.label
        return f"{self.budget.get_scope_display()} {self.label}"

    @property
    def when(self) -> str:
        """Which day or month it is."""
        begins = self.period.begins_at.astimezone(self.zone)
        if self.budget.every == Budget.Every.DAY:
            return "today"
        return f"{begins:%B}"

    @property
    def consequence(self) -> str:
        """When it is reached at this pace, and what happens then, in one sentence or two."""
        anew = _moment(self.period.ends_at, self.now, self.zone)
        if self.state == USED_UP:
            return f"Calls are refused until {anew}." if self.budget.stops else "Calls go on."
        if self.reached_at is None:
            return f"Not reached at this pace: about {words.usd(self.forecast)} until {anew}."
        at = _moment(self.reached_at, self.now, self.zone)
        first = "Reached first, about" if self.binds else "Reached about"
        then = f"Calls are then refused until {anew}." if self.budget.stops else "Calls go on."
        return f"{first} {at}. {then}"

    @property
    def _is_low(self) -> bool:
        """Whether so little is left that most calls are refused."""
        return self.left * LOW < self.amount

    @property
    def _pace(self) -> Decimal:
        """Dollars a second since the period began, or since the budget was made."""
        since = self.now - self.period.begins_at
        return self.spent / _seconds(max(since, LEAST_PACE[self.budget.every]))


def of_all(actor: User) -> list[Standing]:
    """Return how the budgets stand that somebody may see: what is used up or binds comes first."""
    budgets = policies.visible(actor, Budget.objects.select_related("folder"))
    found = _standings(budgets, timezone.now())
    _bind(found)
    order = {state: place for place, state in enumerate(STATES)}
    return sorted(found, key=lambda each: (order[each.state], -each.spent / each.amount))


def foremost(actor: User) -> list[Standing]:
    """Return those to show beside what was spent: what is used up, what binds, the fullest ones."""
    return of_all(actor)[:FOREMOST]


def of(budget: Budget, actor: User) -> Standing:
    """Return how one stands among all that somebody may see."""
    return next(each for each in of_all(actor) if each.budget.pk == budget.pk)


def foremost_for(payer: Payer, actor: User) -> Standing | None:
    """Return the one that stops calls of a payer first, of those that somebody may see.

    None where no budget that stops anything counts what the payer spends.
    """
    budgets = policies.visible(actor, Budget.objects.select_related("folder")).filter(stops=True)
    found = _standings(book.binding(budgets, payer), timezone.now())
    _bind(found)
    return min(found, key=lambda each: (STATES.index(each.state), each.left), default=None)


def _standings(budgets: Iterable[Budget], now: datetime) -> list[Standing]:
    budgets, zone = list(budgets), book.rules().zone
    going_on = BudgetPeriod.objects.filter(begins_at__lte=now, ends_at__gt=now)
    periods = {each.budget_id: each for each in going_on.filter(budget__in=budgets)}
    labels = _labels(budgets)
    return [
        Standing(each, labels[each.pk], periods.get(each.pk) or _unused(each, zone, now), now, zone)
        for each in budgets
    ]


def _unused(budget: Budget, zone: ZoneInfo, now: datetime) -> BudgetPeriod:
    """Return a period that no call has needed yet."""
    begins_at, ends_at = around(now, budget.every, zone)
    return BudgetPeriod(budget=budget, begins_at=begins_at, ends_at=ends_at)


def _labels(budgets: list[Budget]) -> dict[UUID, str]:
    """Return how the things of budgets are called now; of one that is gone, as it was called."""
    found: dict[UUID, str] = {}
    for scope in {each.scope for each in budgets}:
        own = [each for each in budgets if each.scope == scope]
        names = subjects.names(scope, {each.subject for each in own if each.subject})
        for each in own:
            found[each.pk] = names.get(each.subject, each.label) if each.subject else each.label
    return found


def _bind(found: list[Standing]) -> None:
    """Mark the one that stops calls first, at this pace."""
    stopping = [
        each for each in found if each.budget.stops and each.left and each.reached_at is not None
    ]
    first = min(stopping, key=lambda each: each.reached_at or each.now, default=None)
    if first is not None:
        first.binds = True


def _moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a time as short as it can be: only the hour today."""
    local = at.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if local.hour == local.minute == 0 and days == 1:
        return "midnight"
    return f"{local:%H:%M}" if not days else f"{local:%-d %b, %H:%M}"


def _later(now: datetime, seconds: Decimal) -> datetime | None:
    try:
        return now + timedelta(seconds=float(seconds))
    except OverflowError:
        return None


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span.total_seconds())

"""How budgets stand: what is spent and reserved, when each is used up at this pace, which one binds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.gateway.budgets import book, days, subjects, words
from apps.gateway.budgets.forecast import CERTAINTY, Forecast, Reached
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
    ahead: Forecast | None = None  # of a month, by its days; without it the pace counts on
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
        """What will be spent at the end of the period: by its days, else at this pace."""
        if self.ahead is not None:
            return self.ahead.expected
        return self.spent + self._pace * _seconds(self.period.ends_at - self.now)

    @property
    def reached_at(self) -> datetime | None:
        """When it is used up, as it looks; None: not in this period. The past where it is already."""
        if not self.left:
            return self.period.refused_at or self.now
        if self.reached is not None:
            return _within(self.reached, self.now, self.zone)
        if self._pace <= 0:
            return None
        at = _later(self.now, self.left / self._pace)
        return at if at is not None and at < self.period.ends_at else None

    @property
    def reached(self) -> Reached | None:
        """The day on which it is used up, and the first and last that are likely."""
        return self.ahead.reached(self.amount) if self.ahead is not None and self.left else None

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
            return f"Not reached {self._as_it_looks}: about {words.usd(self.forecast)} until {anew}{self._perhaps}."
        at = _moment(self.reached_at, self.now, self.zone)
        first = "Reached first, about" if self.binds else "Reached about"
        then = f"Calls are then refused until {anew}." if self.budget.stops else "Calls go on."
        return f"{first} {at}{self._likely}. {then}"

    @property
    def _as_it_looks(self) -> str:
        return "at this pace" if self.ahead is None else "as it looks"

    @property
    def _likely(self) -> str:
        """Between which days it is likely to be reached."""
        if self.reached is None or self.reached.earliest is None:
            return ""
        first, last = self.reached.earliest, self.reached.latest
        if last is None:
            return f", likely not before {first:%-d %b}"
        return f", likely between {first:%-d} and {last:%-d %b}" if first != last else ""

    @property
    def _perhaps(self) -> str:
        """How much it may become, and from which day on it may be reached after all."""
        if self.ahead is None:
            return ""
        told = f", {CERTAINTY} %: {words.usd(self.ahead.low)} to {words.usd(self.ahead.high)}"
        first = self.reached.earliest if self.reached is not None else None
        return told + (f", perhaps reached from {first:%-d %b} on" if first else "")

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
    found = _standings(budgets, timezone.now(), looks_ahead=True)
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
    return foremost_of([payer], actor)[0]


def foremost_of(payers: Sequence[Payer], actor: User) -> list[Standing | None]:
    """Return the same of each payer; however many they are, the budgets are read once."""
    budgets = policies.visible(actor, Budget.objects.select_related("folder")).filter(stops=True)
    standings = {each.budget.pk: each for each in _standings(budgets, timezone.now())}
    known = [each.budget for each in standings.values()]
    return [
        _foremost([standings[each.pk] for each in counting])
        for counting in book.binding_each(known, payers)
    ]


def _foremost(found: list[Standing]) -> Standing | None:
    own = [replace(each) for each in found]  # which of them binds is another one for each payer
    _bind(own)
    return min(own, key=lambda each: (STATES.index(each.state), each.left), default=None)


def _standings(
    budgets: Iterable[Budget], now: datetime, *, looks_ahead: bool = False
) -> list[Standing]:
    budgets, zone = list(budgets), book.rules().zone
    going_on = BudgetPeriod.objects.filter(begins_at__lte=now, ends_at__gt=now)
    periods = {each.budget_id: each for each in going_on.filter(budget__in=budgets)}
    labels = _labels(budgets)
    found = [
        Standing(each, labels[each.pk], periods.get(each.pk) or _unused(each, zone, now), now, zone)
        for each in budgets
    ]
    if looks_ahead:
        _look_ahead([each for each in found if each.budget.every == Budget.Every.MONTH])
    return found


def _look_ahead(months: list[Standing]) -> None:
    """Give each what its days say of the rest of its month."""
    if not months:
        return
    now, zone = months[0].now, months[0].zone
    took = days.of_budgets([each.budget for each in months], now, zone)
    for each in months:
        each.ahead = days.ahead(took[each.budget.pk], each.period, now, zone)


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


def _within(reached: Reached, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the moment of the day on which an amount is reached; None: not in this period."""
    if reached.day is None:
        return None
    begins = max(now, days.moment_of(reached.day, zone))
    ends = days.moment_of(reached.day + timedelta(days=1), zone)
    return begins + (ends - begins) * reached.share


def _later(now: datetime, seconds: Decimal) -> datetime | None:
    try:
        return now + timedelta(seconds=float(seconds))
    except OverflowError:
        return None


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span.total_seconds())

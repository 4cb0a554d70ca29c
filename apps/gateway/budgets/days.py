"""What the days of the last weeks took of each budget, and what follows for the months that go on."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import TruncDate

from apps.gateway.budgets import subjects
from apps.gateway.budgets.forecast import MOST_DAYS, Forecast, forecast
from apps.gateway.models import Budget, BudgetPeriod, LlmCall, LlmCallQuerySet

Days = dict[date, Decimal]
Scope = Budget.Scope
COLUMNS = {
    Scope.WORKFLOW.value: "workflow_id", Scope.KEY.value: "key_id", Scope.MEMBER.value: "user_id",
}  # fmt: skip


def of_workspace(calls: LlmCallQuerySet, now: datetime, zone: ZoneInfo) -> Days:
    """Return what each day took, today included; days before the first call are left out."""
    return _sums(_lately(calls, now, zone), zone)


def of_budgets(budgets: Collection[Budget], now: datetime, zone: ZoneInfo) -> dict[UUID, Days]:
    """Return the same for each budget: what the calls took that count towards it."""
    calls = _lately(LlmCall.objects.all(), now, zone)
    found: dict[UUID, Days] = {}
    for scope in {each.scope for each in budgets}:
        own = [each for each in budgets if each.scope == scope]
        if scope in COLUMNS:
            by_subject = _sums_by(COLUMNS[scope], own, calls, zone)
            found |= {each.pk: by_subject.get(each.subject, {}) for each in own}
        else:
            found |= {each.pk: _sums(_within(calls, each), zone) for each in own}
    return found


def ahead(days: Days, period: BudgetPeriod, now: datetime, zone: ZoneInfo) -> Forecast | None:
    """Return what a month takes that goes on; None while too little is known."""
    today = now.astimezone(zone).date()
    last = (period.ends_at.astimezone(zone) - timedelta(seconds=1)).date()
    return forecast(
        {day: cost for day, cost in days.items() if day < today},
        since=min(days, default=today),
        today=today,
        last=last,
        spent=period.spent_usd,
        elapsed=elapsed(now, zone),
    )


def elapsed(now: datetime, zone: ZoneInfo) -> float:
    """Return the share of today that has passed, also where clocks change."""
    today = now.astimezone(zone).date()
    begins = moment_of(today, zone)
    return (now - begins) / (moment_of(today + timedelta(days=1), zone) - begins)


def moment_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _lately(calls: LlmCallQuerySet, now: datetime, zone: ZoneInfo) -> LlmCallQuerySet:
    first = now.astimezone(zone).date() - timedelta(days=MOST_DAYS)
    return calls.between(moment_of(first, zone), now)


def _within(calls: LlmCallQuerySet, budget: Budget) -> LlmCallQuerySet:
    """Keep the calls of a folder's workflows, as they lie now; of the workspace all."""
    if budget.scope == Scope.FOLDER and budget.folder is not None:
        return calls.filter(workflow_id__in=subjects.workflows_in(budget.folder.path))
    return calls


def _sums(calls: LlmCallQuerySet, zone: ZoneInfo) -> Days:
    rows = calls.order_by().annotate(day=TruncDate("created_at", tzinfo=zone)).values("day")
    return dict(rows.annotate(cost=Sum("cost_usd", default=Decimal(0))).values_list("day", "cost"))


def _sums_by(
    column: str, budgets: Collection[Budget], calls: LlmCallQuerySet, zone: ZoneInfo
) -> dict[UUID | None, Days]:
    own = calls.order_by().filter(**{f"{column}__in": {each.subject for each in budgets}})
    rows = own.annotate(day=TruncDate("created_at", tzinfo=zone), subject=F(column))
    sums = rows.values("subject", "day").annotate(cost=Sum("cost_usd", default=Decimal(0)))
    found: dict[UUID | None, Days] = defaultdict(dict)
    for subject, day, cost in sums.values_list("subject", "day", "cost"):
        found[subject][day] = cost
    return found

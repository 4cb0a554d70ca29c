"""What the home page shows: what waits for a person, what failed, what runs, what it costs."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.dashboard.activity import LOST, activity_of, days_of
from apps.gateway.costs.summing import added
from apps.gateway.models import LlmCall
from apps.runs.models import Run, Wait
from apps.runs.watching.counts import decisions_for
from apps.workflows.activity import Activity
from apps.workflows.models import Workflow

LISTED = 5
FAILURES_FROM = 200  # the newest failed runs that are looked at for repeated ones


@dataclass(frozen=True)
class Failure:
    """Runs of one workflow that failed in the same way."""

    run: Run  # the newest
    message: str
    runs: int
    since: datetime


@dataclass(frozen=True)
class RecentWorkflow:
    """A workflow worked on lately, with how its runs went."""

    workflow: Workflow
    activity: Activity | None
    days: list[tuple[int, int]]


@dataclass(frozen=True)
class Cost:
    """What model calls cost this month, and what they will at this pace."""

    month: datetime
    days: int  # of the month
    total: Decimal
    calls: int
    unpriced: int
    forecast: Decimal
    sums: list[Decimal]  # at the end of each day so far


def waiting_for(user: User) -> tuple[int, list[Wait]]:
    """Return how many decisions wait for the person, and the most urgent ones."""
    mine = decisions_for(user).select_related("run__workflow")
    urgent = mine.order_by(F("expires_at").asc(nulls_last=True), "created_at")
    return mine.count(), list(urgent[:LISTED])


def failures_of(user: User) -> list[Failure]:
    """Return the failures of the last week, runs that failed alike as one."""
    since = timezone.now() - timedelta(days=7)
    failed = Run.objects.filter(status__in=LOST, created_at__gte=since).select_related("workflow")
    found: dict[tuple[UUID, str], Failure] = {}
    for run in policies.visible(user, failed).order_by("-created_at")[:FAILURES_FROM]:
        error = run.error or {}
        message = str(error.get("message") or error.get("code") or "No reason was given.")
        before = found.get((run.workflow_id, message))
        found[run.workflow_id, message] = Failure(
            run=before.run if before else run,
            message=message,
            runs=before.runs + 1 if before else 1,
            since=run.created_at,
        )
    return list(found.values())[: LISTED - 1]


def live_runs(user: User) -> tuple[int, list[Run]]:
    """Return how many runs go on now, and the newest ones."""
    going = Run.objects.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING])
    seen = policies.visible(user, going).select_related("workflow")
    return seen.count(), list(seen.order_by("-created_at")[:LISTED])


def recent_runs(user: User) -> list[Run]:
    """Return the newest runs, whatever became of them."""
    seen = policies.visible(user, Run.objects.select_related("workflow"))
    return list(seen.order_by("-created_at")[:LISTED])


def recent_workflows(user: User) -> tuple[int, list[RecentWorkflow]]:
    """Return how many workflows there are, and those edited last with their figures."""
    seen = policies.visible(user, Workflow.objects.current())
    newest = list(seen.select_related("published_version").order_by("-updated_at")[:LISTED])
    keys = [workflow.pk for workflow in newest]
    activity, days = activity_of(user, keys), days_of(user, keys)
    rows = [RecentWorkflow(each, activity.get(each.pk), days[each.pk]) for each in newest]
    return seen.count(), rows


def cost_of_month() -> Cost:
    """Return the cost of this month's model calls in the reader's time zone."""
    now = timezone.localtime()
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    calls = LlmCall.objects.between(first, None)
    rows = list(calls.totals_by_day())
    totals = added(rows)
    by_day = {row["day"].day: row["cost_usd"] for row in rows}
    sums, total = [], Decimal(0)
    for day in range(1, now.day + 1):
        total += by_day.get(day, Decimal(0))
        sums.append(total)
    days = calendar.monthrange(now.year, now.month)[1]
    gone = Decimal((now - first) / timedelta(days=1)) or Decimal(1)
    forecast = totals["cost_usd"] * days / gone
    return Cost(
        month=first,
        days=days,
        total=totals["cost_usd"],
        calls=totals["calls"],
        unpriced=totals["unpriced"],
        forecast=forecast,
        sums=sums,
    )

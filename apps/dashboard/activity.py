"""How the runs of workflows went: two queries for a page of workflows, whatever its length."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Sum, Window
from django.db.models.functions import RowNumber, TruncDate
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.runs.models import Run
from apps.workflows.activity import Activity

LAST = 20
DAYS = 14
LOST = (Run.Status.FAILED, Run.Status.TIMED_OUT)
LOOKS = {
    Run.Status.FAILED: "bad",
    Run.Status.TIMED_OUT: "bad",
    Run.Status.RUNNING: "run",
    Run.Status.WAITING: "wait",
    Run.Status.NEEDS_ATTENTION: "wait",
}


def activity_of(user: User, workflow_ids: Sequence[UUID]) -> dict[UUID, Activity]:
    """Return the last runs and the figures of seven days, by workflow."""
    seen = policies.visible(user, Run.objects.filter(workflow__in=workflow_ids))
    place = Window(RowNumber(), partition_by=F("workflow_id"), order_by=F("created_at").desc())
    newest = seen.annotate(place=place).filter(place__lte=LAST).order_by("-created_at")
    fields = ("workflow_id", "status", "created_at", "started_at", "finished_at")
    last: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for run in newest.values(*fields):
        last[run["workflow_id"]].append(run)
    week = _figures(seen)
    return {
        workflow: Activity(
            status=runs[0]["status"],
            at=runs[0]["created_at"],
            bars=_bars(runs[::-1]),
            **week.get(workflow, {}),
        )
        for workflow, runs in last.items()
    }


def _figures(seen: Any) -> dict[UUID, dict[str, Any]]:
    since = timezone.now() - timedelta(days=7)
    sums = {
        "runs": Count("pk"),
        "failed": Count("pk", filter=Q(status__in=LOST)),
        "cost": Sum("cost_usd", default=Decimal(0)),
    }
    rows = seen.filter(created_at__gte=since).values("workflow_id").annotate(**sums)
    return {
        row["workflow_id"]: {
            "runs": row["runs"],
            "failed": row["failed"],
            "cost_usd": row["cost"],
        }
        for row in rows
    }


def _bars(runs: list[dict[str, Any]]) -> list[tuple[float, str]]:
    """Return a bar for each run: its height is how long it took, against the longest one.

    What has not ended has no length yet and is drawn half high.
    """
    took = [
        (run["finished_at"] - run["started_at"]).total_seconds()
        if run["finished_at"] and run["started_at"]
        else None
        for run in runs
    ]
    longest = max((seconds for seconds in took if seconds), default=0.0) or 1.0
    heights = [0.5 if seconds is None else seconds / longest for seconds in took]
    looks = [LOOKS.get(run["status"], "") for run in runs]
    return list(zip(heights, looks, strict=True))


def days_of(user: User, workflow_ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, int]]]:
    """Return runs and failures of each of the last 14 days, the oldest first, by workflow."""
    today = timezone.localdate()
    first = today - timedelta(days=DAYS - 1)
    seen = policies.visible(user, Run.objects.filter(workflow__in=workflow_ids))
    counted = (
        seen.annotate(day=TruncDate("created_at"))
        .filter(day__gte=first)
        .order_by()
        .values("workflow_id", "day")
        .annotate(runs=Count("pk"), failed=Count("pk", filter=Q(status__in=LOST)))
    )
    found: dict[UUID, list[tuple[int, int]]] = defaultdict(lambda: [(0, 0)] * DAYS)
    for row in counted:
        place = (row["day"] - first).days
        if 0 <= place < DAYS:
            found[row["workflow_id"]][place] = (row["runs"], row["failed"])
    return found

"""What the runs of a workflow usually take: the median of the last ones that succeeded."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, F, QuerySet

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSON, JSONDict
from apps.runs.models import NodeRun, Run
from apps.workflows.models import Workflow

LAST = 20


class Median(Aggregate):
    """The middle value; of two in the middle the lower one."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def usual_of(workflow: Workflow, user: User) -> JSONDict:
    """Return time and cost of the workflow and of each of its own steps, over at most 20 runs.

    Runs of a part, and outputs that were pinned or used again, say nothing about that.
    """
    seen = policies.visible(user, Run.objects.filter(workflow=workflow))
    whole = seen.filter(status=Run.Status.SUCCEEDED, part__isnull=True)
    ended = whole.filter(started_at__isnull=False, finished_at__isnull=False)
    last = ended.order_by("-created_at", "-id").values("pk")[:LAST]
    runs = Run.objects.filter(pk__in=last).aggregate(
        count=Count("pk"), took=Median(F("finished_at") - F("started_at")), cost=Median("cost_usd")
    )
    return {
        "runs": runs["count"],
        "ms": _ms(runs["took"]),
        "cost_usd": _money(runs["cost"]),
        "nodes": [
            {"node": row["node"], "ms": _ms(row["took"]), "cost_usd": _money(row["cost"])}
            for row in _steps(last)
        ],
    }


def _steps(runs: QuerySet[Run, Any]) -> QuerySet[NodeRun, JSONDict]:
    done = NodeRun.objects.filter(
        run__in=runs, frame="", status=NodeRun.Status.SUCCEEDED, pinned=False, saved_usd=None,
        started_at__isnull=False, finished_at__isnull=False,
    )  # fmt: skip
    grouped = done.values("node").annotate(
        took=Median(F("finished_at") - F("started_at")), cost=Median("cost_usd")
    )
    return grouped.order_by("node")


def _ms(took: timedelta | None) -> JSON:
    return None if took is None else round(took.total_seconds() * 1000)


def _money(cost: Decimal | None) -> JSON:
    return None if cost is None else f"{cost:f}"

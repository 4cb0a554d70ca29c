"""Looking for advice, each night: what holds no longer is gone, what was decided rests."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common.types import JSONDict
from apps.gateway import outlook
from apps.gateway.advisor.findings import Finding, findings, steps_of
from apps.gateway.models import Advice

SILENT = timedelta(days=90)  # for which nobody hears again what was dismissed or undone
Status = Advice.Status


@transaction.atomic
def look() -> None:
    """Find advice anew, once: who plans it is `retiring`, each day. Safe to repeat."""
    kept = [_keep(each) for each in findings()]
    Advice.objects.filter(status=Status.OPEN).exclude(pk__in=kept).delete()
    outlook.advised()


def _keep(finding: Finding) -> UUID:
    stated = finding.target.stated
    low, high = finding.interval
    checked = finding.passed + finding.failed
    figures: JSONDict = {
        "route_version": finding.route.version, "classes": [each.task for each in finding.spent],
        "steps": steps_of(finding), "calls": sum(each.calls for each in finding.spent),
        "now_usd": finding.now_usd, "then_usd": finding.then_usd, "saved_usd": finding.saved_usd,
        "checked": round(checked), "passed": round(finding.passed / checked, 3), "low": low,
        "high": high, "floor": finding.floor, "found_at": timezone.now(),
    }  # fmt: skip
    advice = Advice.objects.filter(
        route=finding.route, provider=stated.provider, model=stated.model
    ).first()
    if advice is None:
        advice = Advice(route=finding.route, provider=stated.provider, model=stated.model)
    if advice.status in (Status.DISMISSED, Status.UNDONE) and not _is_over(advice):
        return advice.pk
    for name, value in figures.items():
        setattr(advice, name, value)
    advice.status = Status.OPEN
    advice.save()
    return advice.pk


def _is_over(advice: Advice) -> bool:
    return advice.decided_at is None or advice.decided_at < timezone.now() - SILENT

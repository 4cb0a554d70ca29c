"""Telling people that a budget is used up so far, or that calls are refused: once in a period each."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from apps.gateway.budgets import book, words
from apps.gateway.models import BudgetPeriod
from apps.gateway.telling import SITE, tell_managers
from apps.notifications.kinds import Kind

ALERT, STOPPED = "budget.alert", "budget.stopped"
KINDS = (
    Kind(ALERT, "A budget is used up so far", "At the shares that the budget names", "coins"),
    Kind(STOPPED, "A budget refuses calls", "Once in each of its periods", "coins"),
)


def look(periods: Collection[UUID]) -> None:
    """Tell of periods that have come to a share of which nobody was told."""
    for period in BudgetPeriod.objects.filter(pk__in=periods).select_related("budget"):
        reached = _share_of(period)
        due = max((share for share in period.budget.alerts if share <= reached), default=0)
        if due > period.alerted:
            _alert(period, due)


def stopped(period: BudgetPeriod) -> None:
    """Tell that calls are refused now."""
    title = f"Calls are refused: {words.named(period.budget)} is used up"
    _tell(period, STOPPED, f"budget:{period.pk}:stopped", title)


@transaction.atomic
def _alert(period: BudgetPeriod, share: int) -> None:
    lower = BudgetPeriod.objects.filter(pk=period.pk, alerted__lt=share)
    if lower.update(alerted=share):
        title = f"{words.named(period.budget)} is used up by {share} %"
        _tell(period, ALERT, f"budget:{period.pk}:{share}", title)


def _tell(period: BudgetPeriod, kind: str, key: str, title: str) -> None:
    budget, zone = period.budget, book.rules().time_zone
    tell_managers(
        "budget.manage", budget.folder.path if budget.folder else "", kind=kind, key=key, title=title,
        text=f"{words.spent_of(period)}. {words.ends(period, zone)}",
        path=reverse("gateway:budget", args=[budget.pk], urlconf=SITE), about=budget.pk,
    )  # fmt: skip


def _share_of(period: BudgetPeriod) -> Decimal:
    return 100 * period.spent_usd / period.budget.amount_usd

"""Telling people that a budget is used up so far, or that calls are refused: once in a period each."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from apps.accounts.models import User
from apps.gateway.budgets import book, words
from apps.gateway.models import Budget, BudgetPeriod
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice, tell
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

ALERT, STOPPED = "budget.alert", "budget.stopped"
KINDS = (
    Kind(ALERT, "A budget is used up so far", "At the shares that the budget names", "coins"),
    Kind(STOPPED, "A budget refuses calls", "Once in each of its periods", "coins"),
)
SITE = "auterity.urls"
MOST_TOLD = 50


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
    zone = book.rules().time_zone
    text = f"{words.spent_of(period)}. {words.ends(period, zone)}"
    path = reverse("gateway:budget", args=[period.budget_id], urlconf=SITE)
    base = workspace_url(current_tenant())
    context = {
        "title": title, "text": text, "link": base + path,
        "settings": base + reverse("notifications:preferences", urlconf=SITE),
    }  # fmt: skip
    notices = [
        Notice(user, title, text, path, Letter("budget", title, {**context, "user": str(user)}))
        for user in _people(period.budget)
    ]
    tell(notices, kind=kind, key=key, about=period.budget_id)


def _people(budget: Budget) -> list[User]:
    """Return who may manage the budget."""
    path = budget.folder.path if budget.folder else ""
    members = User.objects.members().filter(is_active=True).with_roles().order_by("pk")
    able = [user for user in members if "budget.manage" in user.permissions_in(path)]
    return able[:MOST_TOLD]


def _share_of(period: BudgetPeriod) -> Decimal:
    return 100 * period.spent_usd / period.budget.amount_usd

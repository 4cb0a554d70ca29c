"""Budgets in words, as errors, mails and pages say them."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from apps.gateway.models import Budget, BudgetPeriod


def named(budget: Budget) -> str:
    """Return which budget it is, such as `the budget a day of the key “CI”`."""
    every = {Budget.Every.DAY: "daily", Budget.Every.MONTH: "monthly"}[Budget.Every(budget.every)]
    if budget.scope == Budget.Scope.WORKSPACE:
        return f"The {every} budget of the workspace"
    return f"The {every} budget of the {budget.get_scope_display().lower()} “{budget.label}”"


def usd(amount: Decimal) -> str:
    """Return dollars as people read them: to the cent, smaller amounts to four digits."""
    return f"${amount:,.2f}" if abs(amount) >= 1 or not amount else f"${amount:.4f}"


def spent_of(period: BudgetPeriod) -> str:
    """Return what was spent of how much, and what is out for calls that go on or are not told yet."""
    spent = f"{usd(period.spent_usd)} of {usd(period.budget.amount_usd)} are spent"
    return f"{spent} and {usd(period.held_usd)} reserved for calls" if period.held_usd else spent


def ends(period: BudgetPeriod, zone: str) -> str:
    """Return when the budget starts anew."""
    return f"It starts anew on {period.ends_at.astimezone(ZoneInfo(zone)):%-d %b %Y at %H:%M} ({zone})."

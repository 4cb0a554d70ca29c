"""Spending from tests: calls that are only reserved and settled, and what must be true of the rows."""

from decimal import Decimal
from typing import Any

from django.db.models import Sum

from apps.accounts.models import User
from apps.gateway.budgets import keeper, services, spending
from apps.gateway.budgets.purse import Charge
from apps.gateway.budgets.subjects import Payer
from apps.gateway.models import Budget, BudgetPeriod, BudgetSlice
from apps.tenants.context import current_schema
from tests.gateway.calling import run

NOBODY = Payer()


def usd(text: str | int) -> Decimal:
    """Return dollars."""
    return Decimal(text)


def workspace_budget(actor: User, amount: str | int = 10, **more: Any) -> Budget:
    """Set what the workspace may spend."""
    fields: dict[str, Any] = {"scope": "workspace", "every": "month", **more}
    return services.add_budget(actor=actor, amount_usd=usd(amount), **fields)


def reserve(amount: str, payer: Payer = NOBODY) -> Charge:
    """Reserve for a call. Raises BudgetReached."""

    async def do() -> Charge:
        return await spending.reserve(await spending.terms_of(payer), usd(amount))

    return run(do())


def spend(amount: str, cost: str | None = None, payer: Payer = NOBODY) -> None:
    """Make a call that costs what was reserved, or something else."""
    reserve(amount, payer).settle(usd(cost or amount))


def tell() -> None:
    """Tell the rows what was spent."""
    keeper.tell(current_schema())


def period_of(budget: Budget) -> BudgetPeriod:
    """Return the period that goes on, read anew; its slices add up to what it holds."""
    period = budget.periods.get()
    out = BudgetSlice.objects.filter(period=period).aggregate(out=Sum("amount_usd"))["out"]
    assert period.held_usd == (out or 0)
    return period

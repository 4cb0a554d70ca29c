"""Making, changing and removing budgets, and the rules by which a workspace counts money.

Each change is one transaction with its audit entry. What is out as slices stays with the processes
that hold it, a hundredth of what was left at most, until they hear of the change within seconds.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.gateway.budgets import book, slices, subjects
from apps.gateway.budgets.exceptions import BadBudget, BudgetTaken
from apps.gateway.budgets.periods import around, zones
from apps.gateway.models import Budget, BudgetPeriod, LlmCall, MoneyRules

MOST_BUDGETS = 1_000
MOST_ALERTS = 5
MOST_USD = Decimal(1_000_000_000)
LEAST_USD = Decimal("0.01")
DEFAULT_ALERTS = (80,)
RULES = (
    "time_zone", "unpriced", "assumed_input_usd", "assumed_output_usd", "answer_tokens",
)  # fmt: skip


def add_budget(
    *,
    actor: User,
    scope: str,
    every: str,
    amount_usd: Decimal,
    subject: UUID | None = None,
    alerts: Sequence[int] = DEFAULT_ALERTS,
    stops: bool = True,
) -> Budget:
    """Set how much may be spent in each day or month. Raises BadBudget, BudgetTaken, Forbidden.

    The workspace's begins with what its calls have cost in the period so far; others begin now.
    """
    if not policies.holds_anywhere(actor, "budget.manage"):
        policies.check(actor, "manage", Budget)
    found = subjects.find(scope, subject, actor)
    if found is None:
        raise BadBudget.at("subject", "Choose something that there is.")
    budget = Budget(
        scope=scope, subject=subject, label=found[0][:200], folder=found[1], every=every,
        amount_usd=amount_usd, alerts=sorted(set(alerts)), stops=stops,
    )  # fmt: skip
    policies.check(actor, "manage", budget)
    _check(budget)
    if Budget.objects.count() >= MOST_BUDGETS:
        raise BadBudget(f"A workspace has at most {MOST_BUDGETS:,} budgets.")
    return _added(budget, actor)


@transaction.atomic
def update_budget(budget: Budget, *, actor: User, changes: JSONDict) -> Budget:
    """Change amount, alerts or whether it stops: at once, also for the period that goes on.

    Raises BadBudget, Forbidden.
    """
    policies.check(actor, "manage", budget)
    budget = Budget.objects.select_for_update().get(pk=budget.pk)
    before = _shown(budget)
    for name in {"amount_usd", "alerts", "stops"} & set(changes):
        setattr(budget, name, changes[name])
    budget.alerts = sorted(set(budget.alerts))
    _check(budget)
    budget.save()
    limit = budget.amount_usd if budget.stops else None
    # What was told at a share of the old amount is told anew at that of the new one.
    budget.periods.filter(ends_at__gt=chores.now()).update(limit_usd=limit, alerted=0)
    after = _shown(budget)
    if after != before:
        record("budget.updated", actor=actor, target=budget, before=before, after=after)
    return budget


@transaction.atomic
def delete_budget(budget: Budget, *, actor: User) -> None:
    """Remove a budget with what is known of its periods; calls that go on are not stopped."""
    policies.check(actor, "manage", budget)
    record("budget.deleted", actor=actor, target=budget, before=_shown(budget))
    budget.delete()


@transaction.atomic
def change_rules(*, actor: User, changes: JSONDict) -> MoneyRules:
    """Change how the workspace counts money. Raises BadBudget, Forbidden.

    With another time zone the periods that go on keep what was spent and end by its clock.
    """
    policies.require(actor, "budget.manage")
    rules = book.rules()
    before = {name: str(getattr(rules, name)) for name in RULES}
    for name in set(RULES) & set(changes):
        setattr(rules, name, changes[name])
    if rules.time_zone not in zones():
        raise BadBudget.at("time_zone", "Choose a time zone such as Europe/Berlin.")
    rules.save()
    after = {name: str(getattr(rules, name)) for name in RULES}
    if after != before:
        record("budget.rules_changed", actor=actor, before=before, after=after)
    if after["time_zone"] != before["time_zone"]:
        _move_ends(rules.zone, chores.now())
    return rules


def _added(budget: Budget, actor: User) -> Budget:
    try:
        with transaction.atomic():
            budget.save()
            period = slices.current(budget, book.rules().zone, chores.now())
            if budget.scope == Budget.Scope.WORKSPACE:
                _begin_with(period)
            record("budget.added", actor=actor, target=budget, after=_shown(budget))
    except IntegrityError as error:
        raise BudgetTaken from error
    return budget


def _begin_with(period: BudgetPeriod) -> None:
    """Count what the ledger says was spent in the period before the budget was made."""
    spent = LlmCall.objects.between(period.begins_at, None).totals()["cost_usd"]
    BudgetPeriod.objects.filter(pk=period.pk).update(spent_usd=spent)


def _move_ends(zone: ZoneInfo, now: datetime) -> None:
    going_on = BudgetPeriod.objects.filter(begins_at__lte=now, ends_at__gt=now)
    for period in going_on.select_related("budget").select_for_update(of=("self",)).order_by("pk"):
        _, period.ends_at = around(now, period.budget.every, zone)
        period.save(update_fields=["ends_at"])


def _check(budget: Budget) -> None:
    if budget.every not in Budget.Every.values:
        raise BadBudget.at("every", f"Use {' or '.join(Budget.Every.values)}.")
    if not LEAST_USD <= budget.amount_usd <= MOST_USD:
        raise BadBudget.at("amount_usd", f"Give between {LEAST_USD} and {MOST_USD:,} dollars.")
    if len(budget.alerts) > MOST_ALERTS or not all(0 < each <= 100 for each in budget.alerts):
        raise BadBudget.at("alerts", f"Give at most {MOST_ALERTS} shares from 1 to 100 percent.")


def _shown(budget: Budget) -> JSONDict:
    return {
        "scope": budget.scope, "of": budget.label, "every": budget.every,
        "amount_usd": str(budget.amount_usd.normalize()), "alerts": budget.alerts,
        "stops": budget.stops,
    }  # fmt: skip

"""Who is told of a budget, when, and how often."""

import pytest

from apps.accounts.models import User
from apps.gateway.budgets import services
from apps.gateway.exceptions import BudgetReached
from apps.notifications.models import Mail, Notification
from tests.gateway.budgets.spending import period_of, spend, tell, usd, workspace_budget

pytestmark = pytest.mark.django_db(transaction=True)


def told(user: User) -> list[str]:
    return list(
        Notification.objects.filter(user=user)
        .order_by("created_at")
        .values_list("title", flat=True)
    )


def test_those_who_manage_budgets_are_told_once_at_each_share(alice: User, bob: User) -> None:
    budget = workspace_budget(alice, 10, alerts=[50, 80])
    for amount, count in (("4.9", 0), ("0.2", 1), ("0.2", 1), ("3", 2), ("1", 2)):
        spend(amount)
        tell()
        assert len(told(alice)) == count
    assert told(alice) == [
        "The monthly budget of the workspace is used up by 50 %",
        "The monthly budget of the workspace is used up by 80 %",
    ]
    assert not told(bob)
    assert Mail.objects.filter(recipient=alice.email).count() == 2
    notice = Notification.objects.filter(user=alice).latest("created_at")
    assert notice.path == f"/relaycore/budgets/{budget.pk}/"
    assert "are spent" in notice.text


def test_both_shares_passed_at_once_are_told_as_the_higher(alice: User) -> None:
    workspace_budget(alice, 10, alerts=[50, 80])
    spend("9")
    tell()
    assert told(alice) == ["The monthly budget of the workspace is used up by 80 %"]


def test_the_first_refusal_of_a_period_is_told(alice: User) -> None:
    budget = workspace_budget(alice, 1, alerts=[])
    for _ in range(3):
        with pytest.raises(BudgetReached):
            spend("2")
    assert told(alice) == ["Calls are refused: The monthly budget of the workspace is used up"]
    tell()
    assert period_of(budget).refused_at is not None


def test_a_raised_budget_tells_anew(alice: User) -> None:
    budget = workspace_budget(alice, 1, alerts=[80])
    spend("0.9")
    tell()
    services.update_budget(budget, actor=alice, changes={"amount_usd": usd(2)})
    spend("0.1")
    tell()
    assert len(told(alice)) == 1
    spend("0.7")
    tell()
    assert period_of(budget).alerted == 80

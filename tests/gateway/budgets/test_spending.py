"""Reserving before a call and settling after it: from slices in memory, with the rows to decide."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.gateway.budgets import book, keeper, purse, services, slices
from apps.gateway.budgets.subjects import Payer
from apps.gateway.budgets.tally import orphans
from apps.gateway.exceptions import BudgetReached
from apps.gateway.models import BudgetSlice
from tests.gateway.budgets.spending import (
    period_of,
    reserve,
    spend,
    tell,
    usd,
    workspace_budget,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_a_budget_nothing_is_reserved(alice: User) -> None:
    assert reserve("1").slices == ()


def test_a_slice_is_a_hundredth_of_what_is_left_and_spent_without_a_query(alice: User) -> None:
    budget = workspace_budget(alice, 10)
    spend("0.01")
    assert period_of(budget).held_usd == usd("0.1")
    with CaptureQueriesContext(connection) as told:
        for _ in range(9):
            charge = purse.mine().reserve(
                next(iter(purse.mine().current))[0],
                [next(iter(purse.mine().current.values())).line],
                10**8,
                budget.created_at,
            )
            assert charge is not None
            charge.settle(usd("0.01"))
    assert len(told) == 0
    assert period_of(budget).spent_usd == 0
    tell()
    period = period_of(budget)
    assert (period.spent_usd, period.held_usd) == (usd("0.1"), usd(0))


def test_a_call_larger_than_a_slice_reserves_just_what_it_needs(alice: User) -> None:
    budget = workspace_budget(alice, 10)
    charge = reserve("3")
    assert period_of(budget).held_usd == usd("3")
    charge.settle(usd("1"))
    tell()  # what is left of it is given back, but for a slice
    period = period_of(budget)
    assert (period.spent_usd, period.held_usd) == (usd("1"), usd("0.1"))


def test_what_goes_on_counts_as_if_it_were_spent(alice: User) -> None:
    workspace_budget(alice, 1)
    first = reserve("0.6")
    with pytest.raises(BudgetReached):
        reserve("0.5")
    first.settle(usd("0.1"))
    spend("0.5")
    spend("0.4")
    with pytest.raises(BudgetReached):
        reserve("0.0000000001")


def test_the_last_cent_can_be_spent(alice: User) -> None:
    budget = workspace_budget(alice, 1)
    for _ in range(100):
        spend("0.01")
    with pytest.raises(BudgetReached):
        spend("0.01")
    tell()
    assert period_of(budget).spent_usd == 1


def test_settling_twice_counts_once(alice: User) -> None:
    budget = workspace_budget(alice, 1)
    charge = reserve("0.5")
    charge.settle(usd("0.2"))
    charge.settle(usd("0.2"))
    tell()
    assert period_of(budget).spent_usd == usd("0.2")


def test_what_cost_more_than_was_reserved_is_counted_whole(alice: User) -> None:
    budget = workspace_budget(alice, 1)
    spend("0.5", "0.7")
    tell()
    assert period_of(budget).spent_usd == usd("0.7")
    with pytest.raises(BudgetReached):
        spend("0.4")
    spend("0.3", "0.4")
    tell()
    assert period_of(budget).spent_usd == usd("1.1")


def test_telling_again_after_a_commit_that_nobody_heard_of_counts_once(alice: User) -> None:
    budget = workspace_budget(alice, 10)
    spend("0.05")
    found = purse.mine().all_slices()[0]
    standing = purse.mine().give_back(found)
    slices.tell([standing])
    slices.tell([standing])  # as after an outage in the middle of the answer
    assert period_of(budget).spent_usd == usd("0.05")


def test_a_grant_that_nobody_heard_of_is_put_right(alice: User) -> None:
    budget = workspace_budget(alice, 10)
    spend("0.05")
    held = purse.mine().all_slices()[0]
    wanted = slices.Wanted(budget.pk, held.line.slice, held.line.slice)
    slices.take([wanted], purse.mine().owner, book.rules().zone)
    assert period_of(budget).held_usd > usd("0.1")
    tell()
    period = period_of(budget)
    assert (period.spent_usd, period.held_usd) == (usd("0.05"), usd("0.05"))


def test_all_that_bind_are_reserved_or_none(alice: User) -> None:
    whole = workspace_budget(alice, 100)
    mine = services.add_budget(
        actor=alice, scope="member", subject=alice.pk, every="day", amount_usd=usd(1)
    )
    with pytest.raises(BudgetReached) as caught:
        reserve("2", Payer(member_id=alice.pk))
    assert caught.value.budget == mine
    assert not BudgetSlice.objects.exists()
    spend("0.9", payer=Payer(member_id=alice.pk))
    spend("2", payer=Payer(member_id=uuid7()))
    tell()
    assert (period_of(whole).spent_usd, period_of(mine).spent_usd) == (usd("2.9"), usd("0.9"))


def test_what_is_idle_is_given_back(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = workspace_budget(alice, 10)
    spend("0.01")
    monkeypatch.setattr(purse, "IDLE_S", -1)
    tell()
    assert period_of(budget).held_usd == 0
    assert not BudgetSlice.objects.exists()
    assert purse.mine().all_slices() == []
    spend("0.01")  # and it can be begun anew in the same period
    tell()
    assert period_of(budget).spent_usd == usd("0.02")


def test_a_process_that_died_owes_what_it_spent_and_what_goes_on(alice: User) -> None:
    budget = workspace_budget(alice, 10)
    spend("0.02")
    reserve("0.03")  # its call goes on when the process dies
    purse.mine().empty()
    assert period_of(budget).spent_usd == 0
    assert keeper.settle_dead() == 1
    period = period_of(budget)
    assert (period.spent_usd, period.held_usd) == (usd("0.05"), usd(0))
    assert keeper.settle_dead() == 0


def test_a_slice_whose_machine_is_gone_counts_as_spent(alice: User) -> None:
    budget = workspace_budget(alice, 1)
    spend("0.01")
    purse.mine().empty()
    for path, _ in orphans():
        path.unlink()
    BudgetSlice.objects.update(expires_at="2020-01-01T00:00:00Z")
    with pytest.raises(BudgetReached):
        spend("1")
    assert period_of(budget).spent_usd == usd("0.01")
    spend("0.99")  # all but the lost slice: what it held is not granted twice
    with pytest.raises(BudgetReached):
        spend("0.001")


def test_a_budget_that_only_warns_refuses_nothing(alice: User) -> None:
    budget = workspace_budget(alice, 1, stops=False)
    spend("5")
    spend("0.001")
    tell()
    assert period_of(budget).spent_usd == usd("5.001")


def test_the_refusal_says_which_budget_and_until_when(alice: User) -> None:
    budget = workspace_budget(alice, 1)
    with pytest.raises(BudgetReached) as caught:
        spend("2")
    period = period_of(budget)
    assert caught.value.starts_anew == period.ends_at
    assert (caught.value.code, caught.value.retryable) == ("insufficient_quota", False)
    assert "monthly budget of the workspace" in caught.value.message
    assert "up to $2.00" in caught.value.message
    assert f"{period.ends_at:%-d %b %Y} at 00:00 (UTC)" in caught.value.message
    assert period.refused == 1
    with pytest.raises(BudgetReached), CaptureQueriesContext(connection) as told:
        spend("2")  # within a second nobody asks the database again
    assert len(told) == 0
    assert Decimal(purse.mine().refusals()[0][2]) == 1

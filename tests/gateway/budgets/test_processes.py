"""Two hundred calls at a time from four real processes, some of them killed: never a cent too much."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.gateway.budgets import keeper
from apps.gateway.models import Budget, BudgetPeriod
from apps.gateway.services import set_price
from tests.factories.product import ROOT
from tests.fakeai.server import FakeProvider
from tests.gateway.budgets.spending import period_of, usd, workspace_budget
from tests.gateway.calling import connect, lead

pytestmark = pytest.mark.django_db(transaction=True)
COST = usd("0.006")  # of each call that the fake was asked, answered or not
KILLED = -signal.SIGKILL


@pytest.fixture
def budget(alice: User, fake: FakeProvider) -> Budget:
    """Enough for ninety-odd calls of a model that thinks for a while."""
    lead(alice, "slow-20", provider=connect(fake, alice))
    set_price(actor=alice, provider="fake", model="*", input_usd=usd(3), output_usd=usd(15))
    return workspace_budget(alice, "0.6")


class Spenders:
    """Processes that spend."""

    def __init__(self, parent: "subprocess.Popen[str]") -> None:
        self._parent = parent
        self.pids = [int(pid) for pid in self._line().split()]

    def codes(self) -> list[int]:
        """Wait for their ends."""
        return [int(code) for code in self._line().split()]

    def _line(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline()


@contextmanager
def spenders(deed: str, count: int, fake: FakeProvider) -> Iterator[Spenders]:
    """Start processes that do something; none is left behind."""
    env = {
        **os.environ, "SPENDERS_DATABASE": str(connection.settings_dict["NAME"]),
        "SPENDERS_EGRESS": fake.origin,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.gateway.budgets.spenders", deed, str(count)]
    with subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE) as parent:
        found = Spenders(parent)
        try:
            yield found
        finally:
            parent.wait(60)


def charged(fake: FakeProvider) -> Decimal:
    """Return what the provider charges: it knows nothing of who was killed meanwhile."""
    return COST * len(fake.asked)


def at_the_end(budget: Budget) -> BudgetPeriod:
    """Return the period once the processes that are gone were settled for."""
    keeper.settle_dead()
    period = period_of(budget)
    assert period.held_usd == 0
    return period


def test_calls_of_many_processes_spend_what_there_is_and_no_more(
    budget: Budget, fake: FakeProvider
) -> None:
    with spenders("spend", 4, fake) as found:
        assert found.codes() == [0, 0, 0, 0]
    period = at_the_end(budget)
    assert charged(fake) <= period.spent_usd <= budget.amount_usd
    assert period.spent_usd > usd("0.55")  # nobody was refused while there was enough
    assert period.refused > 0


def test_killed_processes_owe_what_they_spent_and_what_went_on(
    budget: Budget, fake: FakeProvider
) -> None:
    with spenders("spend", 4, fake) as found:
        assert fake.came.wait(30)
        for pid in found.pids[:2]:
            os.kill(pid, signal.SIGKILL)
        assert found.codes() == [KILLED, KILLED, 0, 0]
    period = at_the_end(budget)
    assert charged(fake) <= period.spent_usd <= budget.amount_usd


def test_a_process_killed_between_reserving_and_settling_owes_the_whole(
    budget: Budget, fake: FakeProvider
) -> None:
    with spenders("die", 1, fake) as found:
        assert found.codes() == [KILLED]
    assert period_of(budget).held_usd == usd("0.5")
    assert at_the_end(budget).spent_usd == usd("0.5")


def test_this_would_notice_if_nobody_reserved(budget: Budget, fake: FakeProvider) -> None:
    with spenders("plant", 4, fake) as found:
        found.codes()
    assert charged(fake) > budget.amount_usd

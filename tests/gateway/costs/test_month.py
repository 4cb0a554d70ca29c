"""The month that goes on, on the page of usage and over the API; and when months' budgets are reached."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.gateway.budgets import days, standing
from apps.gateway.costs import month
from apps.gateway.models import BudgetPeriod, LlmCall
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.gateway.budgets.spending import workspace_budget

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)  # a Monday, in the middle of the month


def spend_daily(cost: str, until: datetime = NOW, count: int = 42, **more: object) -> None:
    """Let each of so many days before have one call."""
    LlmCall.objects.bulk_create(
        LlmCall(
            request_id="r",
            status="ok",
            route="fast",
            cost_usd=Decimal(cost),
            created_at=until - timedelta(days=number),
            **more,
        )
        for number in range(1, count + 1)
    )


def test_a_month_is_what_it_took_and_what_its_days_say_of_the_rest(alpha: object) -> None:
    spend_daily("2")
    found = month.of(LlmCall.objects.all(), NOW)
    assert found.spent == 30  # fifteen whole days
    assert found.ahead is not None
    assert float(found.ahead.expected) == pytest.approx(30 + 2 * 14.5, abs=0.01)


def test_less_than_a_week_says_how_much_is_missing(alpha: object) -> None:
    spend_daily("2", count=3)
    found = month.of(LlmCall.objects.all(), NOW)
    assert (found.ahead, found.missing) == (None, 4)


def test_the_page_and_the_api_tell_it(alice: User) -> None:
    spend_daily("2", until=timezone.now())
    told = api_client(alice).get("/api/v1/usage/").json()["month"]
    assert told["forecast"]["certainty"] == 80
    assert told["forecast"]["days_known"] == 42
    assert Decimal(told["forecast"]["low_usd"]) <= Decimal(told["forecast"]["expected_usd"])
    assert "shaded area" in browser(alice).get("/usage/?period=90").content.decode()


def test_a_months_budget_says_on_which_day_it_is_reached(alice: User, bob: User) -> None:
    spend_daily("2", user_id=bob.pk)
    budget = workspace_budget(alice, 40, scope="member", subject=bob.pk)
    begins, ends = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    period = BudgetPeriod(budget=budget, begins_at=begins, ends_at=ends, spent_usd=Decimal(30))
    zone = ZoneInfo("UTC")
    took = days.of_budgets([budget], NOW, zone)[budget.pk]
    ahead = days.ahead(took, period, NOW, zone)
    each = standing.Standing(budget, "Bob", period, NOW, zone, ahead)
    assert each.reached_at is not None
    assert each.reached_at.date() == datetime(2026, 11, 21, tzinfo=UTC).date()
    assert each.consequence.startswith("Reached about 21 Nov")
    budget.amount_usd = Decimal(1000)
    assert each.consequence.startswith("Not reached as it looks: about $59")


def test_days_are_added_up_from_indexes_alone(alice: User, bob: User) -> None:
    """The rows of calls are wide: weeks of them would be read from the disk for a few figures."""
    spend_daily("2", user_id=bob.pk, workflow_id=uuid7(), key_id=uuid7())
    of_bob = workspace_budget(alice, 40, scope="member", subject=bob.pk)
    with CaptureQueriesContext(connection) as asked:
        month.of(LlmCall.objects.all(), NOW)
        days.of_budgets([of_bob], NOW, ZoneInfo("UTC"))
    sums = [each["sql"] for each in asked if "SUM(" in each["sql"]]
    with connection.cursor() as cursor:
        # So few rows are read whole; many are not.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plans = [plan_of(each) for each in sums]
    assert ["gateway_calls_newest" in plans[0], "gateway_calls_by_member" in plans[1]] == [True] * 2
    assert all("Index Only Scan" in each for each in plans)


def plan_of(statement: str) -> str:
    """Return how a statement would be carried out."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())

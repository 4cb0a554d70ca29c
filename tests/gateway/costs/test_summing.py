"""Sums of sums are those that the database gives for the same calls."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.gateway.costs.summing import Summed, added
from apps.gateway.models import LlmCall
from apps.tenants.models import Tenant


def some_calls(count: int) -> None:
    chance, now = Random(7), timezone.now()
    LlmCall.objects.bulk_create(
        LlmCall(
            request_id=str(number),
            status=chance.choice(["ok", "ok", "error"]),
            route=chance.choice(["default", "cheap", ""]),
            provider=chance.choice(["openai", "azure"]),
            model=chance.choice(["small", "large"]),
            input_tokens=chance.randrange(1000),
            output_tokens=chance.randrange(1000),
            cost_usd=chance.choice([None, Decimal(chance.randrange(10**9)) / 10**10]),
            saved_usd=chance.choice([None, Decimal("0.0000000001")]),
            cache=chance.choice(["", "hit", "semantic", "miss"]),
            created_at=now - timedelta(days=chance.randrange(5)),
        )
        for number in range(count)
    )


def test_they_are_what_the_database_adds_up(alpha: Tenant) -> None:
    some_calls(200)
    calls = LlmCall.objects.all()
    sums = Summed(calls)
    assert sums.total == calls.totals()
    assert sums.by_day == list(calls.totals_by_day())
    assert sums.by_route == list(calls.totals_by("route"))
    assert sums.by_provider == list(calls.totals_by("provider", "model"))


def test_the_ledger_is_read_once(alpha: Tenant) -> None:
    some_calls(3)
    with CaptureQueriesContext(connection) as queries:
        sums = Summed(LlmCall.objects.all())
        assert sums.total["calls"] == 3
        assert all((sums.by_day, sums.by_route, sums.by_provider))
    assert len(queries) == 1


def test_nothing_adds_up_to_nothing() -> None:
    assert added([]) == {
        "calls": 0, "failed": 0, "unpriced": 0, "input_tokens": 0, "output_tokens": 0,
        "cost_usd": Decimal(0), "saved_usd": Decimal(0), "hits": 0,
    }  # fmt: skip

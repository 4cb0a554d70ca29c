"""Quotas of lent models: reserved in one statement, settled afterwards, never used twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.grants import quota
from apps.grants.models import Grant, PlatformProvider
from apps.grants.quota import Reservation, UsedUp
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant


def lend(tenant: Tenant, **limits: Any) -> Grant:
    with public_scope():
        provider = PlatformProvider.objects.create(
            slug="lent", name="Lent", kind="openai_compatible", base_url="https://models.invalid",
            default_model="ok",
        )  # fmt: skip
        return Grant.objects.create(provider=provider, tenant=tenant, **limits)


def used(grant: Grant) -> tuple[int, Decimal]:
    with public_scope():
        grant.refresh_from_db()
    return grant.day_tokens, grant.month_usd


def test_what_is_reserved_counts_until_it_is_settled(beta: Tenant) -> None:
    grant = lend(beta, tokens_a_day=1_000, usd_a_month=Decimal(2))
    held = quota.reserve(grant.pk, tokens=600, usd=Decimal("1.5"))
    assert isinstance(held, Reservation)
    assert used(grant) == (600, Decimal("1.5"))
    refused = quota.reserve(grant.pk, tokens=600, usd=Decimal("0.1"))
    assert refused == UsedUp("1,000 tokens a day", "at midnight UTC")
    quota.settle(held, tokens=50, usd=Decimal("0.1"))
    assert used(grant) == (50, Decimal("0.1"))
    dear = quota.reserve(grant.pk, tokens=10, usd=Decimal(5))
    assert isinstance(dear, UsedUp)
    assert dear.limit == "$2.00 a month"


def test_a_new_day_and_month_begin_at_nothing(beta: Tenant) -> None:
    grant = lend(beta, tokens_a_day=1_000)
    now = datetime.now(UTC).date()
    yesterday, before = now - timedelta(days=1), (now.replace(day=1) - timedelta(days=1))
    with public_scope():
        Grant.objects.filter(pk=grant.pk).update(
            day=yesterday, day_tokens=1_000, month=before.replace(day=1), month_usd=Decimal(9)
        )
    held = quota.reserve(grant.pk, tokens=1_000, usd=Decimal(1))
    assert isinstance(held, Reservation)
    assert used(grant) == (1_000, Decimal(1))
    late = Reservation(grant.pk, yesterday, 1_000, Decimal(1))
    quota.settle(late, tokens=5, usd=Decimal(0))  # of a day that is over
    assert used(grant)[0] == 1_000


def test_a_grant_that_is_gone_grants_nothing(beta: Tenant) -> None:
    grant = lend(beta, tokens_a_day=1)
    with public_scope():
        Grant.objects.all().delete()
    assert isinstance(quota.reserve(grant.pk, tokens=1, usd=Decimal(0)), UsedUp)


def test_nothing_is_lent_without_a_quota(beta: Tenant) -> None:
    with public_scope(), pytest.raises(IntegrityError), transaction.atomic():
        lend(beta)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_use_more_than_there_is(beta: Tenant) -> None:
    grant = lend(beta, tokens_a_day=1_000)

    def one(_: int) -> bool:
        try:
            return isinstance(quota.reserve(grant.pk, tokens=90, usd=Decimal(0)), Reservation)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        passed = sum(threads.map(one, range(40)))
    assert passed == 11
    assert used(grant) == (990, Decimal(0))


def test_a_workspace_reads_none_of_it(alpha: Tenant) -> None:
    lend(alpha, tokens_a_day=1)
    for model in (Grant, PlatformProvider):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            list(model.objects.all())

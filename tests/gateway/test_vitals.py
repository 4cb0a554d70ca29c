"""How the targets of routes do just now, as pages show it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import add_member, create_role
from apps.egress import circuits
from apps.egress.breakers import try_now
from apps.gateway import services, vitals
from apps.gateway.exceptions import GatewayError
from apps.gateway.models import LlmCall, ModelRoute
from apps.gateway.platform import services as platform_services
from apps.grants.models import Grant, PlatformProvider
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import complete, connect, lead

pytestmark = pytest.mark.django_db(transaction=True)


def states(route: ModelRoute) -> list[str]:
    return [each.state for each in vitals.health_of([route])[route.alias]]


def test_a_breaker_that_lets_one_probe_through_is_half_open(
    alice: User, fake: FakeProvider
) -> None:
    route = lead(alice, "error-500", "ok", provider=connect(fake, alice))
    assert states(route) == ["ready", "ready"]
    for _ in range(5):
        complete()
    assert states(route) == ["open", "ready"]
    try_now(circuits.listed()[0])
    circuits.forget()
    assert states(route) == ["half_open", "ready"]
    shown = browser(alice).get("/relaycore/routes/default/").content.decode()
    assert ("Half-open" in shown, shown.count("Closed")) == (True, 1)


def test_what_the_platform_does_not_lend_needs_no_key(
    alice: User, alpha: Tenant, fake: FakeProvider
) -> None:
    provider = PlatformProvider(
        slug="lent", name="Lent", kind="openai_compatible", base_url=fake.url, default_model="ok"
    )
    platform_services.save_provider(provider, actor=None, key=SECRET)
    grant = Grant(provider=provider, tenant=alpha, tokens_a_day=1_000, patterns=["ok"])
    platform_services.save_grant(grant, actor=None)
    targets = [{"provider": "lent", "model": model} for model in ("ok", "whole")]
    route = services.save_route(None, actor=alice, alias="mine", targets=targets)
    assert states(route) == ["ready", "not_lent"]
    assert "Not lent" in browser(alice).get("/relaycore/routes/mine/").content.decode()
    platform_services.withdraw(grant, actor=None)
    assert states(route) == ["withdrawn", "withdrawn"]
    shown = browser(alice).get("/relaycore/routes/mine/").content.decode()
    assert shown.count("Withdrawn") == 2
    assert "Needs a key" not in shown
    with pytest.raises(GatewayError):
        complete("mine")


def reader_of_providers(owner: User) -> User:
    """Make somebody who sees providers and routes, and not what calls cost."""
    role = create_role(label="Reader", permissions=["provider.view"], actor=owner)
    return add_member(
        email="reader@alpha.example", name="Reader", role=role.name, password="correct horse 7"
    )


def called(model: str, cost: str, **more: Any) -> None:
    fields = {"request_id": "r", "route": "default", "provider": "fake", "status": "ok", **more}
    LlmCall.objects.create(model=model, cost_usd=Decimal(cost), **fields)


def test_lists_tell_what_each_target_took_and_how_it_does(alice: User, fake: FakeProvider) -> None:
    provider = connect(fake, alice)
    lead(alice, "gpt", "gpt-mini", provider=provider)
    called("gpt-2026-01", "2")
    called("gpt-mini", "0.5")
    called("gpt-mini-2026-01", "0.25", status="error")
    called("gpt", "8", created_at=timezone.now() - timedelta(days=2))
    found = dict(vitals.table_of(ModelRoute.objects.filter(alias="default"), actor=alice))
    lately = [each.lately for rows in found.values() for each in rows]
    assert [(each["calls"], each["cost_usd"]) for each in lately if each] == [
        (1, Decimal(2)), (2, Decimal("0.75")),
    ]  # fmt: skip
    reader = reader_of_providers(alice)
    for url in ("/relaycore/", "/relaycore/routes/"):
        shown = browser(alice).get(url).content.decode()
        for words in ("gpt-mini", "Closed", "$2.00", "$0.7500", "Cost, 24 h"):
            assert words in shown, (url, words)
        assert "Cost, 24 h" not in browser(reader).get(url).content.decode()


def test_more_routes_need_no_more_queries(
    alice: User, fake: FakeProvider, django_assert_num_queries: Any
) -> None:
    provider = connect(fake, alice)
    vitals.table_of(ModelRoute.objects.all(), actor=alice)
    with CaptureQueriesContext(connection) as few:
        vitals.table_of(ModelRoute.objects.all(), actor=alice)
    for number in range(4):
        lead(alice, "a", "b", provider=provider, alias=f"more-{number}")
    with django_assert_num_queries(len(few)):
        vitals.table_of(ModelRoute.objects.all(), actor=alice)


def test_the_overview_tells_what_choosing_saved(alice: User) -> None:
    reader = reader_of_providers(alice)
    assert "Saved by choosing" not in browser(alice).get("/relaycore/").content.decode()
    called("m", "1", mix_usd=Decimal(3), dearest_usd=Decimal(4))
    assert "Saved by choosing" in browser(alice).get("/relaycore/").content.decode()
    assert "Saved by choosing" not in browser(reader).get("/relaycore/").content.decode()

"""Providers that the platform lends: asked with its key, within a quota, and seen without it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.gateway import services
from apps.gateway.exceptions import (
    BadAddress,
    BadProvider,
    GatewayError,
    GrantUsedUp,
    KeyRefused,
    LentStays,
    NoUsableTarget,
    PriceUnknown,
)
from apps.gateway.models import Credential, LlmCall, Provider
from apps.gateway.platform import from_environment
from apps.gateway.platform import services as platform_services
from apps.gateway.upstreams import pools
from apps.grants.models import Grant, PlatformProvider
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser, staff_browser
from tests.factories.cast import api_client
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import complete, lead
from tests.gateway.programs import Program, key_of

pytestmark = pytest.mark.django_db(transaction=True)


def connect_for_platform(fake: FakeProvider, **more: Any) -> PlatformProvider:
    provider = PlatformProvider(
        slug="platform-fake", name="Platform's fake", kind="openai_compatible",
        base_url=fake.url, default_model="ok", capabilities=["json_schema"], **more,
    )  # fmt: skip
    platform_services.save_provider(provider, actor=None, key=SECRET)
    return provider


@pytest.fixture
def grant(alpha: Tenant, fake: FakeProvider) -> Grant:
    grant = Grant(provider=connect_for_platform(fake), tenant=alpha, tokens_a_day=100_000)
    platform_services.save_grant(grant, actor=None)
    return grant


@pytest.fixture
def lent(alice: User, grant: Grant) -> Provider:
    provider = Provider.objects.get(grant_id=grant.pk)
    lead(alice, "ok", provider=provider)
    return provider


def used(grant: Grant) -> int:
    with public_scope():
        grant.refresh_from_db()
    return grant.day_tokens


def test_it_is_asked_with_the_platforms_key_and_counted(
    grant: Grant, lent: Provider, fake: FakeProvider
) -> None:
    answer = complete()
    assert answer.provider == lent.slug
    assert fake.asked[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert fake.asked[0].body["max_tokens"] == 4_096  # else there would be no worst case
    assert used(grant) == 1_200  # as the provider counted
    assert LlmCall.objects.get().credential_id == grant.provider_id
    assert not Credential.objects.exists()


def test_a_quota_that_is_used_up_refuses_clearly(
    alice: User, grant: Grant, lent: Provider, fake: FakeProvider
) -> None:
    with public_scope():
        Grant.objects.update(tokens_a_day=4_000)
    with pytest.raises(GrantUsedUp) as caught:
        complete()
    assert "lent by the platform: of 4,000 tokens a day" in caught.value.message
    answer = Program(key_of(alice)).chat("default")
    assert answer.status == 429
    assert answer.json()["error"]["code"] == "insufficient_quota"
    assert answer.headers["x-should-retry"] == "false"
    assert fake.asked == []
    assert used(grant) == 0
    targets = [{"provider": lent.slug, "model": "ok"}, {"provider": "built-in"}]
    route = lent.targets.get().route
    services.save_route(route, actor=alice, targets=targets)
    assert complete().builtin  # the route's next target, as the workspace set it


def test_only_the_models_that_are_lent_are_asked(alice: User, grant: Grant, lent: Provider) -> None:
    grant.patterns = ["gpt-*"]
    platform_services.save_grant(grant, actor=None)
    with pytest.raises(NoUsableTarget, match="does not lend this model"):
        complete()


def test_a_quota_in_dollars_needs_a_delivered_price(
    alice: User, grant: Grant, lent: Provider
) -> None:
    grant.usd_a_month = Decimal(5)
    platform_services.save_grant(grant, actor=None)
    free = {"input_usd": Decimal(0), "output_usd": Decimal(0)}
    services.set_price(
        actor=alice, provider=lent.slug, model="*", **free
    )  # counts for nothing here
    with pytest.raises(PriceUnknown):
        complete()


def test_what_the_workspace_says_of_its_row_moves_no_key(
    lent: Provider, fake: FakeProvider
) -> None:
    Provider.objects.filter(pk=lent.pk).update(base_url="https://elsewhere.invalid/v1")
    complete()
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("wish", "params"),
    [
        ({"max_output_tokens": 1}, {}),
        ({"max_tokens": 1}, {"max_tokens": None}),
        ({}, {"max_tokens": None, "max_completion_tokens": None}),
    ],
)
def test_no_answer_is_without_a_limit_that_counts(
    alice: User, grant: Grant, lent: Provider, fake: FakeProvider, wish: Any, params: Any
) -> None:
    route = lent.targets.get().route
    targets = [{"provider": lent.slug, "model": "ok", "params": params}]
    services.save_route(route, actor=alice, targets=targets)
    assert Program(key_of(alice)).chat("default", **wish).status == 200
    assert fake.asked[0].body["max_tokens"] in (1, 4_096)


def test_a_call_that_fails_is_not_counted(alice: User, grant: Grant, lent: Provider) -> None:
    lead(alice, "error-400", provider=lent)
    with pytest.raises(Exception, match="400"):
        complete()
    assert used(grant) == 0


def test_a_refused_key_stops_the_provider_for_all(
    alice: User, grant: Grant, lent: Provider, fake: FakeProvider
) -> None:
    fake.turned_away = {SECRET: 401}
    with pytest.raises(KeyRefused):
        complete()
    with public_scope():
        assert PlatformProvider.objects.get().disabled_reason == "refused"
        assert AuditEntry.objects.filter(action="platform_provider.key_refused").exists()


def test_a_key_refused_for_a_model_of_one_workspaces_choice_stays_for_the_others(
    alice: User, lent: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-401", provider=lent)
    for _ in range(2):
        with pytest.raises(GatewayError):
            complete()
    assert len(fake.asked) == 1  # it is left alone for that model, and that only
    with public_scope():
        assert PlatformProvider.objects.get().status == "active"
    lead(alice, "ok", provider=lent)
    assert complete().provider == lent.slug


def test_a_workspace_sees_it_and_can_only_disable_it(
    alice: User, bob: User, lent: Provider, fake: FakeProvider
) -> None:
    page = browser(bob).get(f"/relaycore/providers/{lent.pk}/").content.decode()
    assert "lent by the platform" in page
    assert "0 of 100,000" in page
    assert SECRET not in page
    assert SECRET[-4:] not in page
    shown = api_client(alice).get(f"/api/v1/gateway/providers/{lent.pk}/").json()
    assert (shown["lent"], shown["key"], shown["state"]) == (True, None, "ready")
    with pytest.raises(LentStays):
        services.update_provider(lent, actor=alice, changes={"base_url": "https://x.invalid"})
    with pytest.raises(LentStays):
        services.delete_provider(lent, actor=alice)
    with pytest.raises(LentStays):
        pools.add_key(lent, actor=alice, credential="sk-of-a-test-0001")
    tried = browser(alice).post(f"/relaycore/providers/{lent.pk}/test/", follow=True)
    assert "answered in" in tried.content.decode()
    with pytest.raises(BadProvider):
        services.update_provider(lent, actor=alice, changes={"status": "withdrawn"})
    services.update_provider(lent, actor=alice, changes={"status": "disabled"})


def test_withdrawn_it_is_skipped_and_can_be_removed(
    alice: User, grant: Grant, lent: Provider, fake: FakeProvider
) -> None:
    platform_services.withdraw(grant, actor=None)
    with pytest.raises(NoUsableTarget, match="lends its provider no longer"):
        complete()
    page = browser(alice).get(f"/relaycore/providers/{lent.pk}/").content.decode()
    assert "lends this provider no longer" in page
    lead(alice, "", provider=Provider.objects.get(slug="built-in"))
    services.delete_provider(Provider.objects.get(pk=lent.pk), actor=alice)
    assert AuditEntry.objects.filter(action="provider.withdrawn").exists()


def test_another_workspace_has_none_of_it(grant: Grant, beta: Tenant) -> None:
    with tenant_context(beta):
        assert not Provider.objects.exclude(kind="builtin").exists()
        Provider.objects.create(
            slug="stolen", name="Stolen", kind="openai_compatible", grant_id=grant.pk
        )
        with pytest.raises(NoUsableTarget):
            complete("stolen/ok")


def test_a_key_does_not_follow_to_another_address(alpha: Tenant, fake: FakeProvider) -> None:
    provider = connect_for_platform(fake)
    provider.base_url = "https://elsewhere.invalid/v1"
    platform_services.save_provider(provider, actor=None)
    assert (provider.status, provider.sealed) == ("disabled", "")
    provider.base_url = "http://models.example.com/v1"
    with pytest.raises(BadAddress):
        platform_services.save_provider(provider, actor=None, key=SECRET)


@pytest.fixture
def demo(alpha: Tenant) -> Iterator[Tenant]:
    """The workspace of the test, called as the demo is."""
    with public_scope():
        Tenant.objects.filter(pk=alpha.pk).update(slug="demo")
    yield alpha
    with public_scope():
        Tenant.objects.filter(pk=alpha.pk).update(slug="alpha")


def test_what_the_environment_names_is_lent_to_the_demo_alone(
    demo: Tenant, beta: Tenant, settings: Settings
) -> None:
    settings.OPENAI_API_KEY, settings.AZURE_API_KEY = "sk-of-a-test-0001", "az-of-a-test-0001"
    settings.AZURE_ENDPOINT = "https://mine.openai.azure.com/"
    settings.LITELLM_PROXY_URL = "https://litellm.example.com"
    assert [each.slug for each in from_environment.add()] == ["openai", "azure", "litellm_proxy"]
    assert from_environment.add() == []  # the second start makes nothing
    names = Provider.objects.exclude(grant_id=None).values_list("name", "base_url")
    assert dict(names) == {
        "OpenAI": "https://api.openai.com/v1",
        "Azure OpenAI": "https://mine.openai.azure.com/openai/v1",
        "LiteLLM proxy": "https://litellm.example.com/v1",
    }
    with tenant_context(beta):
        assert not Provider.objects.exclude(grant_id=None).exists()


def test_staff_lend_in_the_console(alpha: Tenant, fake: FakeProvider) -> None:
    client = staff_browser()
    form = {
        "litellm_provider": "other", "name": "Ours", "base_url": fake.url, "key": SECRET,
        "default_model": "ok", "status": "active",
    }  # fmt: skip
    assert client.post("/grants/platformprovider/add/", form).status_code == 302
    with public_scope():
        provider = PlatformProvider.objects.get()
    listed = client.get("/grants/platformprovider/").content.decode()
    assert "Ours" in listed
    assert (
        SECRET not in client.get(f"/grants/platformprovider/{provider.pk}/change/").content.decode()
    )
    bad = client.post("/grants/grant/add/", {"provider": provider.pk, "tenant": alpha.pk})
    assert "Give it a quota" in bad.content.decode()
    grant = {"provider": provider.pk, "tenant": alpha.pk, "tokens_a_day": "5000", "patterns": "ok"}
    assert client.post("/grants/grant/add/", grant).status_code == 302
    assert "0 of 5,000" in client.get("/grants/grant/").content.decode()
    with tenant_context(alpha):
        assert Provider.objects.filter(name="Ours").exists()
        entry = AuditEntry.objects.get(action="provider.lent")
        assert "Platform staff" in entry.actor_label
    with public_scope():
        made = Grant.objects.get()
    assert client.post(f"/grants/grant/{made.pk}/delete/", {"post": "yes"}).status_code == 302
    with tenant_context(alpha):
        assert Provider.objects.get(name="Ours").state == "withdrawn"


def test_workspaces_do_not_reach_the_console(alice: User) -> None:
    assert browser(alice).get("/grants/grant/").status_code == 404

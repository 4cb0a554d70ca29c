"""The models and prices of the platform's own proxy reach the workspaces that it is lent to."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.gateway import services
from apps.gateway.budgets.services import add_budget
from apps.gateway.exceptions import LentStays, ModelsUnknown, PriceUnknown
from apps.gateway.models import Provider
from apps.gateway.platform import from_environment
from apps.gateway.platform import services as platform_services
from apps.gateway.platform.importing import import_models
from apps.gateway.providers import importing
from apps.grants.models import Grant, PlatformProvider
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.factories.browsers import staff_browser
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import complete, lead
from tests.gateway.providers.test_importing import PROXY
from tests.gateway.providers.test_lent import connect_for_platform

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def proxy(fake: FakeProvider) -> PlatformProvider:
    fake.told = PROXY
    return connect_for_platform(fake, litellm_provider="litellm_proxy")


@pytest.fixture
def lent(alice: User, alpha: Tenant, proxy: PlatformProvider) -> Provider:
    """A provider whose quota and whose workspace's budget both count dollars."""
    grant = Grant(provider=proxy, tenant=alpha, usd_a_month=Decimal(50), patterns=["ok"])
    platform_services.save_grant(grant, actor=None)
    add_budget(actor=alice, scope="workspace", every="month", amount_usd=Decimal(100))
    provider = Provider.objects.get(grant_id=grant.pk)
    lead(alice, "ok", provider=provider)
    return provider


def test_its_prices_count_for_quotas_and_budgets(
    alice: User, proxy: PlatformProvider, lent: Provider, fake: FakeProvider
) -> None:
    with pytest.raises(PriceUnknown):
        complete()
    done = import_models(proxy, actor=None)
    assert (done.models, done.prices) == (2, 1)
    assert {each.headers["Authorization"] for each in fake.asked} == {f"Bearer {SECRET}"}
    assert complete().cost_usd == Decimal("0.004")
    lent.refresh_from_db()
    assert lent.known_models == ["ok"]  # of two, that which is lent
    with public_scope():
        assert Grant.objects.get().month_usd == Decimal("0.004")
        told = AuditEntry.objects.filter(action="platform_provider.models_imported")
        assert import_models(proxy, actor=None) == done
        assert told.count() == 1  # what stays as it was is not written down again
    own = {"input_usd": Decimal(1), "output_usd": Decimal(1)}
    services.set_price(actor=alice, provider=lent.slug, model="ok", **own)
    assert complete().cost_usd != Decimal("0.004")
    with pytest.raises(LentStays):
        importing.import_models(lent, actor=alice)  # that is up to the platform


def test_a_default_model_that_a_proxy_does_not_serve_gives_way(
    proxy: PlatformProvider, lent: Provider
) -> None:
    with public_scope():
        PlatformProvider.objects.update(default_model="gpt-5-mini")
    Provider.objects.filter(pk=lent.pk).update(default_model="gpt-5-mini")
    import_models(proxy, actor=None)
    lent.refresh_from_db()
    with public_scope():
        proxy.refresh_from_db()
    assert (proxy.default_model, lent.default_model) == ("gpt", "gpt")


def test_a_key_that_may_not_read_prices_leaves_those_that_are_known(
    alpha: Tenant, fake: FakeProvider, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.told = {**PROXY, "/v1/model/info": 403}
    settings.LITELLM_PROXY_URL, settings.LITELLM_PROXY_KEY = fake.url, SECRET
    call_command("add_platform_providers")
    assert "2 models, 0 with their prices. Their prices are not known" in capsys.readouterr().out
    fake.told = PROXY
    with public_scope():
        proxy = PlatformProvider.objects.get()
    import_models(proxy, actor=None)
    fake.told = {**PROXY, "/v1/model/info": 401}
    form = {"action": "import_", "_selected_action": [str(proxy.pk)]}
    shown = staff_browser().post("/grants/platformprovider/", form, follow=True).content.decode()
    assert "2 models, 0 with their prices." in shown
    assert "it answered 401" in shown
    with public_scope():
        proxy.refresh_from_db()
    assert list(proxy.prices) == ["ok"]


def test_staff_import_in_the_console(proxy: PlatformProvider, fake: FakeProvider) -> None:
    staff, url = staff_browser(), "/grants/platformprovider/"
    form = {"action": "import_", "_selected_action": [str(proxy.pk)]}
    shown = staff.post(url, form, follow=True).content.decode()
    assert "2 models, 1 with their prices" in shown
    fake.told = {}
    shown = staff.post(url, form, follow=True).content.decode()
    assert "Asked for its models" in shown
    with public_scope():
        proxy.refresh_from_db()
        assert proxy.known_models == ["gpt", "ok"]  # what was known stays
        PlatformProvider.objects.update(kind="anthropic")
        proxy.refresh_from_db()
    with pytest.raises(ModelsUnknown):
        import_models(proxy, actor=None)


def test_a_start_takes_them_over_and_goes_on_without(
    alpha: Tenant, fake: FakeProvider, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert from_environment.refresh() == ""
    fake.told = PROXY
    settings.LITELLM_PROXY_URL, settings.LITELLM_PROXY_KEY = fake.url, SECRET
    call_command("add_platform_providers")
    assert "2 models, 1 with their prices" in capsys.readouterr().out
    with public_scope():
        assert PlatformProvider.objects.get().default_model == "gpt"
        PlatformProvider.objects.update(base_url="https://models.invalid/v1")
    call_command("add_platform_providers")
    assert "its models are not known" in capsys.readouterr().out

"""Prices as they count: of the list, of the workspace, with versions; over the API and on pages."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.dispatch.models import Chore
from apps.gateway import outlook
from apps.gateway.models import ModelPrice, Provider
from apps.gateway.prices import retiring
from apps.gateway.services import add_provider, set_price
from apps.gateway.targets.router import target_of
from apps.gateway.tasks import look_at_retiring
from apps.gateway.usage import Usage
from apps.notifications.models import Notification
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.gateway.calling import lead

pytestmark = pytest.mark.django_db(transaction=True)
URL, PAGE = "/api/v1/gateway/prices/", "/relaycore/prices/"
NEW: dict[str, Any] = {"provider": "openai", "model": "gpt-4o", "input_usd": "1", "output_usd": "2"}


@pytest.fixture
def openai(alice: User) -> Provider:
    return add_provider(
        actor=alice, kind="openai_compatible", name="OpenAI", base_url="https://api.openai.com/v1",
        credential="sk-of-a-test",
    )  # fmt: skip


def cost(provider: Provider, model: str = "gpt-4o") -> Decimal | None:
    """Return what a million tokens in cost now."""
    return target_of(provider, model, {}).cost(Usage(1_000_000, 0))


def test_the_delivered_price_counts_until_the_workspace_says_its_own(
    alice: User, openai: Provider
) -> None:
    assert cost(openai) == Decimal("2.5")
    assert cost(openai, "of-nobody") is None
    client = api_client(alice)
    made = client.post(URL, NEW).json()
    assert cost(openai) == 1
    client.post(URL, {**NEW, "input_usd": "4"})
    assert cost(openai) == 4
    assert ModelPrice.objects.count() == 2  # what calls cost before can be told later
    assert client.get(f"{URL}{made['id']}/").json()["input_usd"] == "1.000000"
    assert client.delete(f"{URL}{made['id']}/").status_code == 204
    assert cost(openai) == Decimal("2.5")
    told = AuditEntry.objects.filter(action__startswith="price.").order_by("at", "id")
    assert [each.action for each in told] == ["price.set", "price.set", "price.deleted"]


def test_a_price_of_tomorrow_does_not_count_today(alice: User, openai: Provider) -> None:
    set_price(
        actor=alice, provider="openai", model="gpt-4o", input_usd=Decimal(9), output_usd=Decimal(9),
        valid_from=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    assert cost(openai) == Decimal("2.5")


def test_prices_are_searched_filtered_and_paged(alice: User, openai: Provider) -> None:
    client = api_client(alice)
    lead(alice, "gpt-4o", provider=openai)
    client.post(URL, {**NEW, "provider": "local", "model": "llama*"})

    def found(query: str) -> list[tuple[str, str]]:
        results = client.get(f"{URL}?{query}").json()["results"]
        return [(each["model"], each["source"]) for each in results]

    assert found("page_size=2") == [("gpt-4o", "delivered"), ("llama*", "own")]
    assert found("source=own") == [("llama*", "own")]
    assert found("state=used") == [("gpt-4o", "delivered")]
    assert ("gpt-4o-mini", "delivered") in found("q=openai/gpt-4o-mini")
    first = client.get(f"{URL}?state=used").json()["results"][0]
    assert (first["id"], first["routes"]) == (None, ["default"])
    assert client.get(f"{URL}?state=lost").status_code == 422
    pages = browser(alice)
    assert "gpt-4o" in pages.get(f"{PAGE}?state=used").content.decode()
    assert "No price fits" in pages.get(f"{PAGE}?q=zzzz").content.decode()
    assert pages.get(f"{PAGE}?source=lost").status_code == 422


@pytest.mark.parametrize("figure", [{"input_usd": "-1"}, {"context_tokens": 0}, {"model": ""}])
def test_what_is_no_price_is_refused(alice: User, figure: dict[str, Any]) -> None:
    assert api_client(alice).post(URL, {**NEW, **figure}).status_code == 422
    assert not ModelPrice.objects.exists()


def test_pages_set_and_forget_a_price(alice: User, openai: Provider) -> None:
    pages: Any = browser(alice)
    offered = pages.get(f"{PAGE}new/?provider=openai&model=gpt-4o").content.decode()
    assert 'value="2.5"' in offered
    wrong = pages.post(f"{PAGE}new/", {**NEW, "input_usd": "-1"})
    assert (wrong.status_code, "Give zero or more" in wrong.content.decode()) == (422, True)
    made = pages.post(f"{PAGE}new/", NEW, follow=True)
    assert "gpt-4o costs this from now on" in made.content.decode()
    url = f"{PAGE}{ModelPrice.objects.get().pk}/"
    again = pages.post(url, {"input_usd": "3", "output_usd": "4"}, follow=True)
    assert "$3.00" in again.content.decode()
    assert cost(openai) == 3
    pages.post(f"{url}delete/")
    assert not ModelPrice.objects.exists()


def test_members_see_prices_and_may_not_set_them(alice: User, bob: User) -> None:
    price = set_price(actor=alice, **{**NEW, "input_usd": Decimal(1), "output_usd": Decimal(2)})
    client, pages, url = api_client(bob), browser(bob), f"{PAGE}{price.pk}/"
    assert client.get(URL).status_code == 200
    assert client.post(URL, NEW).status_code == 403
    assert client.delete(f"{URL}{price.pk}/").status_code == 403
    assert "Set price" not in pages.get(url).content.decode()
    assert pages.post(url, {"input_usd": "1", "output_usd": "1"}).status_code == 403
    assert pages.get(f"{PAGE}new/").status_code == 403
    assert pages.post(f"{url}delete/").status_code == 403


def retires_in(days: int, alice: User, provider: Provider) -> None:
    """Let a route lead to a model that is retired in so many days."""
    set_price(
        actor=alice, provider="openai", model="going", input_usd=Decimal(1), output_usd=Decimal(1),
        retires_on=timezone.now().date() + timedelta(days=days),
    )  # fmt: skip
    lead(alice, "going", provider=provider)


def titles() -> list[str]:
    """Return what was told of models, oldest first."""
    told = Notification.objects.filter(kind=retiring.KIND.name).order_by("created_at")
    return [each.title for each in told]


def test_a_model_that_is_going_is_told_of_before_it_is_gone(alice: User, openai: Provider) -> None:
    retires_in(20, alice, openai)
    assert Chore.objects.filter(kind=outlook.CHORE).exists()
    for _ in range(2):
        look_at_retiring()
    day = timezone.now().date() + timedelta(days=20)
    assert titles() == [f"going is retired on {day:%-d %b %Y}"]
    assert Notification.objects.get(kind=retiring.KIND.name).path == "/relaycore/routes/default/"
    for page in ("/relaycore/", PAGE):
        assert "Give another model to" in browser(alice).get(page).content.decode()
    retires_in(5, alice, openai)  # the provider says it sooner
    look_at_retiring()
    assert len(titles()) == 2
    retires_in(-1, alice, openai)
    look_at_retiring()
    assert "was retired on" in titles()[-1]


def test_what_no_route_leads_to_or_goes_late_is_not_told(alice: User, openai: Provider) -> None:
    retires_in(200, alice, openai)
    look_at_retiring()
    assert Chore.objects.get(kind=outlook.CHORE).due_at > timezone.now() + timedelta(hours=20)
    retires_in(5, alice, openai)
    lead(alice, "gpt-4o", provider=openai)
    look_at_retiring()
    assert titles() == []

"""The pages of providers: chosen, connected, tested, changed; and how many clicks that takes."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.gateway.models import ModelRoute, Provider
from tests.factories.browsers import browser
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import connect

NEW = "/relaycore/providers/new/other/"


@pytest.mark.django_db(transaction=True)
def test_a_provider_is_added_tested_and_used(alice: User, fake: FakeProvider) -> None:
    form = {
        "name": "Fake", "base_url": fake.url, "credential": SECRET, "default_model": "ok",
        "answers": "json_schema", "use": "on",
    }  # fmt: skip
    page: Any = browser(alice).post(NEW, form, follow=True)
    assert page.status_code == 200
    text = page.content.decode()
    assert "Hello from the fake" in text
    assert SECRET not in text
    route = ModelRoute.objects.get(alias="default")
    assert [each.provider.slug for each in route.targets.all()] == ["fake", "built-in"]
    assert fake.models == ["ok"]


def test_it_takes_three_clicks(alice: User) -> None:
    client = browser(alice)
    first = client.get("/relaycore/").content.decode()
    assert 'href="/relaycore/providers/new/"' in first
    second = client.get("/relaycore/providers/new/").content.decode()
    assert 'href="/relaycore/providers/new/groq/"' in second
    third: Any = client.get("/relaycore/providers/new/groq/")
    text = third.content.decode()
    assert third.context["form"]["base_url"].value() == "https://api.groq.com/openai/v1"
    assert third.context["form"]["use"].value()
    assert '<option value="openai/gpt-oss-120b">' in text
    assert re.search(r"autofocus[^>]*>|<input[^>]*name=\"credential\"[^>]*autofocus", text)


def test_switching_is_one_click_on_the_providers_page(alice: User, fake: FakeProvider) -> None:
    provider = connect(fake, alice, default_model="ok")
    client = browser(alice)
    assert (
        f"/relaycore/providers/{provider.pk}/use/"
        in client.get(f"/relaycore/providers/{provider.pk}/").content.decode()
    )
    client.post(f"/relaycore/providers/{provider.pk}/use/")
    route = ModelRoute.objects.get(alias="default")
    assert [each.provider.slug for each in route.targets.all()] == ["fake", "built-in"]


def test_the_directory_is_searched(alice: User) -> None:
    client = browser(alice)
    found = client.get("/relaycore/providers/new/?q=mistral").content.decode()
    assert "Mistral" in found
    assert "Groq" not in found
    assert (
        "Clear filters" in client.get("/relaycore/providers/new/?q=nobody-at-all").content.decode()
    )
    assert client.get("/relaycore/providers/new/?way=nonsense").status_code == 422
    assert client.get("/relaycore/providers/new/nobody/").status_code == 404


def test_who_is_not_offered_says_why_and_takes_nothing(alice: User) -> None:
    url = "/relaycore/providers/new/vertex_ai/"
    shown = browser(alice).get(url).content.decode()
    assert "past our connections" in shown
    assert "Connect a LiteLLM proxy" in shown
    form = {"name": "X", "base_url": "https://models.invalid", "credential": SECRET,
            "default_model": "m"}  # fmt: skip
    assert browser(alice).post(url, form).status_code == 422
    assert not Provider.objects.filter(name="X").exists()


def test_mistakes_are_shown_at_their_fields(alice: User) -> None:
    page: Any = browser(alice).post(NEW, {"use": "on"})
    assert page.status_code == 422
    assert {"name", "base_url", "default_model"} <= set(page.context["form"].errors)
    page = browser(alice).post("/relaycore/providers/new/groq/", {"use": "on"})
    assert {"credential", "default_model"} <= set(page.context["form"].errors)
    inner = {
        "name": "X", "base_url": "http://10.0.0.1/v1", "credential": SECRET, "default_model": "m",
    }  # fmt: skip
    page = browser(alice).post(NEW, inner)
    assert page.status_code == 422
    assert "not a public address" in page.content.decode()
    assert SECRET not in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_server_of_ones_own_needs_no_key(alice: User, fake: FakeProvider) -> None:
    form = {"name": "Mine", "base_url": fake.url, "default_model": "ok", "answers": "json_schema"}
    shown = browser(alice).get("/relaycore/providers/new/ollama/").content.decode()
    assert "AUTERITY_EGRESS_ALLOW" in shown
    page = browser(alice).post("/relaycore/providers/new/ollama/", form, follow=True)
    assert "Hello from the fake" in page.content.decode()
    assert (Provider.objects.get(name="Mine").state, fake.models) == ("ready", ["ok"])
    assert "Authorization" not in fake.asked[0].headers


@pytest.mark.django_db(transaction=True)
def test_a_provider_is_changed_disabled_and_removed(alice: User, fake: FakeProvider) -> None:
    provider = connect(fake, alice)
    url = f"/relaycore/providers/{provider.pk}/"
    form = {"name": "Renamed", "base_url": fake.url, "default_model": "ok"}
    saved = browser(alice).post(url, form, follow=True)
    assert "Renamed answered in" in saved.content.decode()  # it is tested when it is saved
    browser(alice).post(f"{url}disable/")
    provider.refresh_from_db()
    assert (provider.name, provider.state) == ("Renamed", "disabled")
    browser(alice).post(f"{url}enable/")
    assert "Ready" in browser(alice).get(url).content.decode()
    browser(alice).post(f"{url}delete/")
    assert not Provider.objects.filter(pk=provider.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_what_a_provider_is_able_to_do_is_kept(alice: User, fake: FakeProvider) -> None:
    provider = connect(fake, alice)
    url = f"/relaycore/providers/{provider.pk}/"
    form = {"name": "Fake", "base_url": fake.url, "default_model": "ok", "answers": "json_object"}
    for wish, able in (({"responses": "on"}, ["json_object", "responses"]), ({}, ["json_object"])):
        assert browser(alice).post(url, {**form, **wish}).status_code == 302
        provider.refresh_from_db()
        assert provider.capabilities == able
        page: Any = browser(alice).get(url)
        shown = page.context["form"]
        assert (shown["answers"].value(), shown["responses"].value()) == ("json_object", bool(wish))


def test_the_list_is_searched_and_filtered(alice: User, vera: User, fake: FakeProvider) -> None:
    connect(fake, alice)
    client = browser(vera)
    assert "Fake" in client.get("/relaycore/providers/?q=fak").content.decode()
    assert "Clear filters" in client.get("/relaycore/providers/?q=nobody").content.decode()
    ready = client.get("/relaycore/providers/?state=disabled").content.decode()
    assert ">Fake<" not in ready
    assert client.get("/relaycore/providers/?state=nonsense").status_code == 422
    assert Client(HTTP_HOST="alpha.localhost").get("/relaycore/providers/").status_code == 302

"""Secrets of the operator's environment: lent by name, to one workspace, for one host."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from apps.accounts.models import User
from apps.credentials.exceptions import BadCredential
from apps.credentials.models import StoredCredential
from apps.credentials.services import change_credential, rotate_credential
from apps.credentials.trying import try_credential
from auterity.env import Lent, env_lent
from tests.credentials.keeping import SECRET, keep
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.factories.runs import carry, error_of, step
from tests.factories.targets import Echo
from tests.runs.interpreter.test_borrowing import begin, calling, everything_kept

ALONE = pytest.mark.django_db(transaction=True)
NAMED = {"source": "env", "name": "STOCK_TOKEN"}


def lend(
    settings: Settings, *places: str, name: str = "STOCK_TOKEN", workspace: str = "alpha"
) -> None:
    settings.CREDENTIAL_ENV = [Lent(name, workspace, place, SECRET) for place in places]


@ALONE
def test_a_step_sends_what_is_lent_and_nothing_of_it_is_kept(
    alice: User, bob: User, settings: Settings, echo: Echo
) -> None:
    place = echo.origin.removeprefix("http://")
    lend(settings, place, "*.example.com")
    made = keep(alice, values={}, hosts=[place], reference=NAMED)
    first, second = (begin(calling(echo, made), bob) for _ in range(2))
    assert carry(first).status == "succeeded"
    assert json.loads(echo.heard[0])["headers"]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in everything_kept()
    lend(settings, "other.example")
    error = error_of(step(carry(second), "call"))
    assert (error["code"], len(echo.heard)) == ("credential_not_fetched", 1)
    assert "does not lend STOCK_TOKEN for these hosts any more" in error["message"]


def test_only_what_is_lent_to_the_workspace_is_named_and_only_for_its_hosts(
    alice: User, settings: Settings
) -> None:
    lend(settings, "*.example.com")
    made = keep(alice, values={}, reference=NAMED)
    assert (made.source, made.reference, made.last4) == ("env", {"name": "STOCK_TOKEN"}, "")
    for told, hosts, field in (
        ({**NAMED, "name": "DATABASE_URL"}, ["api.example.com"], "reference.name"),
        (NAMED, ["evil.example"], "hosts"),
        (NAMED, ["api.example.com", "evil.example"], "hosts"),
        (NAMED, ["*.com.example"], "hosts"),
        ({"source": "file", "name": "x"}, ["api.example.com"], "reference.source"),
        ({**NAMED, "path": "x"}, ["api.example.com"], "reference.path"),
    ):
        with pytest.raises(BadCredential) as refused:
            keep(alice, name="Other", values={}, hosts=hosts, reference=told)
        assert refused.value.errors[0]["field"] == field
    lend(settings, "*.example.com", workspace="beta")
    with pytest.raises(BadCredential) as refused:
        rotate_credential(made, actor=alice, values={}, reference=NAMED)
    assert "Lent: none." in refused.value.errors[0]["message"]
    assert not try_credential(made, actor=alice, url="https://api.example.com/").ok


def test_hosts_stay_within_what_is_lent(alice: User, settings: Settings) -> None:
    lend(settings, "*.example.com")
    made = keep(alice, values={}, hosts=["*.example.com"], reference=NAMED)
    made = change_credential(made, actor=alice, changes={"hosts": ["eu.example.com"]})
    assert made.hosts == ["eu.example.com"]
    with pytest.raises(BadCredential):
        rotate_credential(made, actor=alice, values={}, reference=NAMED, hosts=["evil.example"])


def test_the_page_offers_what_is_lent_and_nothing_where_nothing_is(
    alice: User, settings: Settings
) -> None:
    client, place = browser(alice), "/credentials/new/bearer/?source=env"
    assert "Environment" not in client.get(place).content.decode()
    lend(settings, "api.example.com")
    assert "STOCK_TOKEN" in client.get(place).content.decode()
    form = {"name": "Stock", "hosts": "api.example.com", "place_name": "STOCK_TOKEN"}
    assert client.post(place, {**form, "place_name": "DATABASE_URL"}).status_code == 422
    assert client.post(place, {**form, "hosts": "evil.example"}).status_code == 422
    assert client.post(place, form).status_code == 302
    made = StoredCredential.objects.get()
    shown = client.get(f"/credentials/{made.pk}/").content.decode()
    assert ("the environment, as" in shown, SECRET in shown) == (True, False)
    told = api_client(alice).get(f"/api/v1/credentials/{made.pk}/").json()
    assert (told["source"], told["reference"]) == ("env", {"name": "STOCK_TOKEN"})


def test_the_operators_list_is_read_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auterity.env.VARIABLES", {})  # this one is not the product's
    monkeypatch.setenv("STOCK_TOKEN", SECRET)
    monkeypatch.setenv("LENT", "STOCK_TOKEN=acme@api.example.com, STOCK_TOKEN=acme@*.shop.example")
    found = env_lent("LENT", help="x")
    assert [(each.workspace, each.host, each.value) for each in found] == [
        ("acme", "api.example.com", SECRET), ("acme", "*.shop.example", SECRET),
    ]  # fmt: skip
    assert SECRET not in repr(found)
    for bad, said in (
        ("STOCK_TOKEN=acme", "write each as"),
        ("GONE=acme@a.example", "GONE_FILE is set"),
    ):
        monkeypatch.setenv("LENT", bad)
        with pytest.raises(ImproperlyConfigured, match=said):
            env_lent("LENT", help="x")

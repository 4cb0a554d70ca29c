"""The pages of single sign-on, and the set-up by somebody who has a link and no account."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.identity import limits, services, setup_links
from apps.identity.models import Attempt, Connection, Domain, SetupLink
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, proved, stranger

pytestmark = pytest.mark.django_db
BASE = "/single-sign-on/"


def details(issuer: Issuer, **other: str) -> dict[str, str]:
    """Return the form as an administrator fills it in."""
    filled = {
        "issuer": issuer.url, "client_id": CLIENT_ID, "secret": CLIENT_SECRET,
        "email_claim": "email", "name_claim": "name", "groups_claim": "groups",
    }  # fmt: skip
    return filled | other


def went_through(client: Client, issuer: Issuer, begin: str) -> Any:
    """Go through a test and return the page that shows what came of it."""
    away = client.get(begin)
    back = issuer.authorize(away["Location"])
    path = away["Location"].split("redirect_uri=")[1].split("&")[0]
    connection = path.split("%2Fsso%2F")[-1].split("/sso/")[-1][:36]
    return client.get(f"/sso/{connection}/callback/?{back}", follow=True)


def test_an_owner_connects_tests_and_switches_on(issuer: Issuer, alice: User) -> None:
    client = browser(alice)
    form = {"vendor": "okta", "protocol": "oidc", "name": "Okta"}
    made = client.post(f"{BASE}new/", form)
    connection = Connection.objects.get()
    assert made["Location"] == f"{BASE}{connection.pk}/"
    page = client.get(made["Location"]).content.decode()
    assert f"http://alpha.localhost/sso/{connection.pk}/callback/" in page
    client.post(made["Location"], details(issuer))
    services.set_default_role(connection, "viewer", actor=alice)
    failing = went_through(client, issuer, f"{BASE}{connection.pk}/test/begin/").content.decode()
    assert "outside the domains" in failing
    proved(connection, alice, "halden.example")
    page = went_through(client, issuer, f"{BASE}{connection.pk}/test/begin/").content.decode()
    assert "Priya Raman would become a member" in page
    assert "auterity-builders" in page
    assert not User.objects.filter(email="priya@halden.example").exists()
    client.post(f"{BASE}{connection.pk}/activate/")
    connection.refresh_from_db()
    assert connection.status == "active"
    assert "Okta" in client.get(BASE).content.decode()


def test_what_was_changed_has_to_be_tested_again(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client = browser(alice)
    client.post(f"{BASE}{okta.pk}/disable/")
    client.post(f"{BASE}{okta.pk}/", details(issuer, client_id="another"))
    page = client.post(f"{BASE}{okta.pk}/activate/", follow=True)
    assert "Test the connection" in page.content.decode()
    okta.refresh_from_db()
    assert okta.status == "disabled"


def test_a_provider_that_is_away_is_said_at_once(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    services.change_settings(okta, {"issuer": "http://127.0.0.1:1"}, actor=alice)
    page = browser(alice).get(f"{BASE}{okta.pk}/test/begin/", follow=True)
    assert "not a public address" in page.content.decode()


def test_a_test_signs_nobody_in_and_changes_nothing(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client = browser(alice)
    went_through(client, issuer, f"{BASE}{okta.pk}/test/begin/")
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert not User.objects.filter(email="priya@halden.example").exists()
    assert Attempt.objects.tests().count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "http://login.example"),
        ("issuer", "javascript:alert(1)"),
        ("issuer", "https://10.0.0.1/"),
        ("issuer", ""),
        ("client_id", ""),
    ],
)
def test_mistakes_are_shown_at_their_fields(
    issuer: Issuer, okta: Connection, alice: User, field: str, value: str
) -> None:
    form = details(issuer) | {field: value}
    page: Any = browser(alice).post(f"{BASE}{okta.pk}/", form)
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert CLIENT_SECRET not in page.content.decode()


@pytest.mark.parametrize(
    "name", ["gmail.com", "x", "a b.example", "-a.example", "10.0.0.1", "*.a.example"]
)
def test_what_is_no_company_s_domain_is_refused(alice: User, name: str) -> None:
    page = browser(alice).post(f"{BASE}domains/", {"name": name})
    assert page.status_code == 422
    assert not Domain.objects.exists()


def test_admins_look_and_change_nothing(okta: Connection) -> None:
    client = browser(member("Adam", "admin"))
    assert client.get(BASE).status_code == 200
    assert client.get(f"{BASE}{okta.pk}/test/").status_code == 200
    assert client.post(f"{BASE}{okta.pk}/", {"issuer": "https://evil.example"}).status_code == 403
    assert client.post(f"{BASE}{okta.pk}/disable/").status_code == 403
    assert browser(member("Bo", "builder")).get(BASE).status_code == 403


def test_a_provider_makes_no_owners(okta: Connection, alice: User) -> None:
    client = browser(alice)
    for path in ("rules/", "roles/default/"):
        answer = client.post(f"{BASE}{okta.pk}/{path}", {"group": "g", "role": "owner"})
        assert answer.status_code == 422
    assert not okta.rules.exists()


def test_the_list_is_searched_and_says_when_nothing_is_found(okta: Connection, alice: User) -> None:
    client = browser(alice)
    assert "No provider matches" in client.get(BASE, {"q": "nothing"}).content.decode()
    assert "No provider matches" in client.get(BASE, {"state": "draft"}).content.decode()
    assert "Okta" in client.get(BASE, {"q": "okt"}).content.decode()


@pytest.fixture
def token(okta: Connection, alice: User) -> str:
    services.disable(okta, actor=alice)
    return setup_links.create(okta, actor=alice)[1]


def test_the_company_s_administrator_sets_up_and_tests(
    issuer: Issuer, okta: Connection, token: str
) -> None:
    client = stranger()
    assert "Begin" in client.get(f"/sso/setup/open/{token}/").content.decode()
    client.post(f"/sso/setup/open/{token}/")
    assert client.post("/sso/setup/", details(issuer))["Location"] == "/sso/setup/test/"
    page = went_through(client, issuer, "/sso/setup/test/begin/").content.decode()
    assert "The test passed" in page
    actors = AuditEntry.objects.filter(action="connection.changed").values_list(
        "actor_type", flat=True
    )
    assert set(actors) == {"user", "setuplink"}


def test_a_set_up_link_is_opened_once(okta: Connection, token: str) -> None:
    assert stranger().post(f"/sso/setup/open/{token}/").status_code == 302
    assert stranger().post(f"/sso/setup/open/{token}/").status_code == 410
    assert stranger().get(f"/sso/setup/open/{token}/").status_code == 410


def test_without_a_link_nothing_is_shown(okta: Connection) -> None:
    for path in ("", "test/", "test/begin/", "open/wrong/"):
        assert stranger().get(f"/sso/setup/{path}").status_code == 410


def test_a_link_ends_when_it_is_withdrawn_replaced_or_old(
    okta: Connection, alice: User, token: str
) -> None:
    client = stranger()
    client.post(f"/sso/setup/open/{token}/")
    assert client.get("/sso/setup/").status_code == 200
    SetupLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/sso/setup/").status_code == 410
    SetupLink.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    browser(alice).post(f"{BASE}{okta.pk}/revoke/")
    assert client.post("/sso/setup/", {}).status_code == 410


def test_whoever_has_a_link_has_no_addresses_asked_without_end(
    okta: Connection, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stranger()
    client.post(f"/sso/setup/open/{token}/")
    monkeypatch.setattr(limits, "ENTRIES", replace(limits.ENTRIES, times=1))
    assert client.post("/sso/setup/", {"issuer": ""}).status_code == 422
    assert client.post("/sso/setup/", {"issuer": ""}).status_code == 429
    assert client.get("/sso/setup/").status_code == 200


def test_whoever_has_a_link_reaches_nothing_else(okta: Connection, token: str) -> None:
    client = stranger()
    client.post(f"/sso/setup/open/{token}/")
    assert client.get(BASE).status_code == 302  # to the sign-in
    assert client.post(f"{BASE}{okta.pk}/activate/").status_code == 302
    assert (
        client.post(f"{BASE}{okta.pk}/rules/", {"group": "g", "role": "admin"}).status_code == 302
    )
    assert not okta.rules.exists()


def test_a_link_changes_nothing_that_counts_already(
    issuer: Issuer, okta: Connection, alice: User, token: str
) -> None:
    """Else whoever has it could put a provider of their own in the company's place."""
    client = stranger()
    client.post(f"/sso/setup/open/{token}/")
    services.activate(okta, actor=alice)
    assert client.get("/sso/setup/").status_code == 410
    later = setup_links.create(okta, actor=alice)[1]
    client.post(f"/sso/setup/open/{later}/")
    assert client.post("/sso/setup/", details(issuer, client_id="mine")).status_code == 410
    okta.refresh_from_db()
    assert okta.client_id == CLIENT_ID

"""The pages of a directory, for owners, for administrators, and for who has a set-up link."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.directory import exchanges
from apps.directory.guides import GUIDES
from apps.directory.models import Directory, Exchange, Token
from apps.identity import services as identity
from apps.identity import setup_links
from apps.identity.models import Connection, Domain
from tests.directory.clients import USER, ScimClient
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.issuer import stranger

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r"scim_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


def address(connection: Connection, path: str = "") -> str:
    return f"/single-sign-on/{connection.pk}/directory/{path}"


def text(answer: Any) -> str:
    content: bytes = answer.content
    return content.decode()


def shown_token(page: str) -> str:
    found = TOKEN.search(page)
    assert found is not None
    return found[0]


def test_an_owner_sets_a_directory_up(connection: Connection, alice: User) -> None:
    client = browser(alice)
    page = text(client.get(address(connection)))
    assert "http://alpha.localhost/scim/v2" in page
    assert "In Okta" in page
    made = client.post(address(connection, "tokens/"), {"life": "90"})
    assert made.status_code == 201
    scim = ScimClient(shown_token(text(made)))
    assert not TOKEN.search(text(client.get(address(connection))))  # shown once
    assert scim.get("/Users").status_code == 200
    assert scim("POST", "/Users", {"userName": "a@halden.example"}).status_code == 403
    client.post(address(connection, "on/"))
    assert scim("POST", "/Users", {"userName": "a@halden.example"}).status_code == 201
    client.post(address(connection, "cap/"), {"role": "operator"})
    page = text(client.get(address(connection)))
    assert "1 person and 0 groups kept" in " ".join(page.split())
    client.post(address(connection, f"tokens/{Token.objects.get().pk}/revoke/"))
    assert scim.get("/Users").status_code == 401
    actions = set(AuditEntry.objects.filter(target_type="directory").values_list("action", flat=True))  # fmt: skip
    assert actions == {"directory.token_made", "directory.switched_on", "directory.cap_set", "directory.token_revoked"}  # fmt: skip


def test_two_tokens_at_a_time_roll_over_and_not_more_than_five(
    directory: Directory, alice: User
) -> None:
    client = browser(alice)
    path = address(directory.connection, "tokens/")
    texts = [shown_token(text(client.post(path, {"life": "365"}))) for _ in range(5)]
    assert {ScimClient(each).get("/Users").status_code for each in texts} == {200}
    refused = client.post(path, {"life": "365"})
    assert refused.status_code == 422
    assert "Revoke one first" in text(refused)
    assert client.post(path, {"life": "never"}).status_code == 422
    assert not Token.objects.filter(secret_hash__in=texts).exists()


def test_without_a_domain_it_is_not_switched_on(connection: Connection, alice: User) -> None:
    Domain.objects.update(connection=None)
    client = browser(alice)
    assert "needs a proved domain" in text(client.get(address(connection)))
    page = client.post(address(connection, "on/"), follow=True)
    assert "Prove a domain" in text(page)
    assert not Directory.objects.filter(is_on=True).exists()


def test_administrators_look_and_change_nothing(directory: Directory) -> None:
    client = browser(member("Adam", "admin"))
    connection = directory.connection
    assert "Make a token" not in text(client.get(address(connection)))
    assert client.get(address(connection, "requests/")).status_code == 200
    for path in ("tokens/", "off/", "cap/"):
        assert client.post(address(connection, path), {}).status_code == 403
    assert browser(member("Bo", "builder")).get(address(connection)).status_code == 403


def test_a_directory_gives_no_owners(directory: Directory, alice: User) -> None:
    answer = browser(alice).post(address(directory.connection, "cap/"), {"role": "owner"})
    assert answer.status_code == 422
    directory.refresh_from_db()
    assert directory.cap.name == "builder"


@pytest.mark.parametrize("name", GUIDES)
def test_each_provider_has_its_guide(connection: Connection, alice: User, name: str) -> None:
    page = text(browser(alice).get(address(connection), {"guide": name}))
    assert f"In {GUIDES[name].label}" in page


def test_requests_are_told_in_words(scim: ScimClient, alice: User) -> None:
    connection = Connection.objects.get()
    empty = browser(alice).get(address(connection, "requests/"))
    assert "appears here" in text(empty)
    priya = scim.add("priya@halden.example", displayName="Priya Raman")
    scim("POST", "/Users", {"schemas": [USER], "userName": "a@elsewhere.example"})
    scim.patch(f"/Users/{priya['id']}", {"op": "replace", "path": "active", "value": "False"})
    client = browser(alice)
    page = text(client.get(address(connection, "requests/")))
    assert "Priya Raman is kept by the directory now." in page
    assert "a@elsewhere.example lies outside the proved domains of Okta." in page
    assert "Priya Raman was suspended." in page
    refused = text(client.get(address(connection, "requests/"), {"result": "refused"}))
    assert "lies outside" in refused
    assert "was suspended" not in refused
    assert "No request matches" in text(client.get(address(connection, "requests/"), {"q": "nothing"}))  # fmt: skip
    assert scim.token not in str(list(Exchange.objects.values()))


def test_old_requests_are_let_go(
    scim: ScimClient, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges, "MOST", 3)
    for _ in range(6):
        scim.get("/Users")
    exchanges.forget_old(Token.objects.get())
    assert Exchange.objects.count() == 3


@pytest.fixture
def guest(connection: Connection, alice: User) -> Client:
    """The browser that opened a set-up link."""
    token = setup_links.create(connection, actor=alice)[1]
    client = stranger()
    client.post(f"/sso/setup/open/{token}/")
    return client


def test_the_companys_administrator_makes_a_token_that_counts_later(
    connection: Connection, alice: User, guest: Client
) -> None:
    assert "Nothing that the directory says counts yet" in text(guest.get("/sso/setup/directory/"))
    made = guest.post("/sso/setup/directory/", {"life": "365"})
    scim = ScimClient(shown_token(text(made)))
    assert scim.get("/Users").json()["totalResults"] == 0
    assert "Found 0 people" in text(guest.get("/sso/setup/directory/requests/"))
    assert scim("POST", "/Users", {"userName": "a@halden.example"}).status_code == 403
    token = Token.objects.get()
    browser(alice).post(address(connection, "on/"))
    assert guest.post(f"/sso/setup/directory/tokens/{token.pk}/revoke/").status_code == 410
    assert guest.post("/sso/setup/directory/", {"life": "365"}).status_code == 410
    assert scim("POST", "/Users", {"userName": "a@halden.example"}).status_code == 201
    entry = AuditEntry.objects.get(action="directory.token_made")
    assert entry.actor_type == "setuplink"


def test_a_guest_reaches_tokens_of_their_connection_alone(
    connection: Connection, alice: User, guest: Client
) -> None:
    other = identity.create_connection(vendor="entra", name="Entra", actor=alice)
    browser(alice).post(address(other, "tokens/"), {"life": "90"})
    guest.post(f"/sso/setup/directory/tokens/{Token.objects.get().pk}/revoke/")
    assert Token.objects.get().state == "active"
    assert stranger().get("/sso/setup/directory/").status_code == 410

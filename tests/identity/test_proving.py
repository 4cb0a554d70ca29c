"""Showing to one's company again that it is oneself, for what is sensitive."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import ApiKey, User
from apps.identity.models import Connection
from tests.factories.asserter import Asserter, bring, instant, request_of
from tests.factories.asserter import sign_in as assert_and_sign_in
from tests.factories.cast import member
from tests.factories.issuer import Issuer, sign_in, stranger

pytestmark = pytest.mark.django_db
NEW_KEY = {"name": "Nightly", "role": "viewer", "life": "30"}


@pytest.fixture
def priya(issuer: Issuer, okta: Connection, alice: User) -> Client:
    """The browser of a builder who came through the company."""
    client = stranger()
    answer = sign_in(client, issuer, okta)
    assert answer.status_code == 302, answer.content.decode()
    user = User.objects.get(email="priya@halden.example")
    accounts.change_role(user, role="owner", actor=alice)
    return client


def asked(client: Client) -> Any:
    """Ask for a key; return where that leads."""
    answer = client.post("/api-keys/new/", NEW_KEY)
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def shown(client: Client, issuer: Issuer, okta: Connection) -> Any:
    """Go to the provider and back."""
    away = client.get(asked(client))["Location"]
    back = issuer.authorize(away)
    return client.get(f"/sso/{okta.pk}/callback/?{back}")


def test_coming_through_the_company_is_no_fresh_proof(
    priya: Client, issuer: Issuer, okta: Connection
) -> None:
    where = asked(priya)
    assert where.startswith(f"/sso/{okta.pk}/prove/?next=")
    wish = parse_qs(urlsplit(priya.get(where)["Location"]).query)
    assert (wish["prompt"], wish["max_age"]) == (["login"], ["0"])
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("says_when", [True, False])
def test_what_was_asked_goes_on_after_the_provider_asked(
    priya: Client, issuer: Issuer, okta: Connection, says_when: bool
) -> None:
    if says_when:
        issuer.claims["auth_time"] = int(time.time())
    answer = shown(priya, issuer, okta)
    assert answer.status_code == 201, answer.content
    assert ApiKey.objects.get().name == "Nightly"
    assert priya.post("/api-keys/new/", NEW_KEY).status_code == 201


@pytest.mark.parametrize("auth_time", [0, 1.5, -1, "now", None, [], {}, 1_700_000_000])
def test_a_provider_that_asked_nobody_proves_nothing(
    priya: Client, issuer: Issuer, okta: Connection, auth_time: Any
) -> None:
    issuer.claims["auth_time"] = auth_time
    answer = shown(priya, issuer, okta)
    assert answer.status_code == 403
    assert "did not ask you again" in answer.content.decode()
    assert not ApiKey.objects.exists()
    assert priya.get("/profile/").status_code == 200  # still signed in


def test_somebody_else_at_the_provider_proves_nothing(
    priya: Client, issuer: Issuer, okta: Connection
) -> None:
    member("Other", "viewer")
    issuer.claims["sub"] = "00u1somebody"
    assert shown(priya, issuer, okta).status_code == 403
    assert not ApiKey.objects.exists()


def test_the_answer_counts_once_and_in_this_browser(
    priya: Client, issuer: Issuer, okta: Connection
) -> None:
    back = issuer.authorize(priya.get(asked(priya))["Location"])
    thief = stranger()
    assert thief.get(f"/sso/{okta.pk}/callback/?{back}").status_code == 403
    assert priya.get(f"/sso/{okta.pk}/callback/?{back}").status_code == 201
    assert priya.get(f"/sso/{okta.pk}/callback/?{back}").status_code == 403


def test_a_provider_that_was_switched_off_meanwhile_proves_nothing(
    priya: Client, issuer: Issuer, okta: Connection
) -> None:
    back = issuer.authorize(priya.get(asked(priya))["Location"])
    Connection.objects.filter(pk=okta.pk).update(status=Connection.Status.DISABLED)
    assert priya.get(f"/sso/{okta.pk}/callback/?{back}").status_code == 409
    assert not ApiKey.objects.exists()


def test_a_proof_of_the_company_gets_old(priya: Client, issuer: Issuer, okta: Connection) -> None:
    shown(priya, issuer, okta)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        assert asked(priya).startswith(f"/sso/{okta.pk}/prove/")


@pytest.fixture
def sam(asserter: Asserter, halden: Connection, alice: User) -> Client:
    """The browser of an owner who came by SAML."""
    client = stranger()
    assert assert_and_sign_in(client, asserter, halden).status_code == 302
    user = User.objects.get(email="priya@halden.example")
    accounts.change_role(user, role="owner", actor=alice)
    return client


@pytest.mark.parametrize(("asked_s", "status"), [(0, 201), (-3600, 403)])
def test_a_saml_provider_is_asked_to_ask_again_and_says_when(
    sam: Client, asserter: Asserter, halden: Connection, asked_s: int, status: int
) -> None:
    away = sam.get(asked(sam))["Location"]
    assert b'ForceAuthn="true"' in request_of(away)
    asserter.fields["asked"] = instant(asked_s)
    assert bring(sam, halden, asserter.authorize(away)).status_code == status
    assert ApiKey.objects.exists() == (status == 201)


def test_strangers_have_nothing_to_prove(okta: Connection) -> None:
    assert stranger().get(f"/sso/{okta.pk}/prove/")["Location"].startswith("/accounts/login/")

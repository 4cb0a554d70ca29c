"""What is sensitive asks for a fresh proof of who it is, on pages and in the API."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from tests.factories.browsers import browser
from tests.factories.factors import PASSWORD

SOME = UUID(int=1)  # whom it is about does not matter


def stale(user: User) -> Client:
    """Return a browser in which somebody signed in an hour ago."""
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=True):
        return browser(user)


SENSITIVE_PAGES = [
    "/api-keys/new/",
    f"/members/{SOME}/role/",
    f"/api-keys/{SOME}/",
    f"/relaycore/keys/{SOME}/",
    f"/members/{SOME}/suspend/",
    f"/members/{SOME}/remove/",
    "/members/invite/",
    f"/members/import/{SOME}/start/",
    "/members/groups/new/",
    f"/members/groups/{SOME}/role/",
    "/members/roles/new/",
    "/members/roles/viewer/",
    "/members/roles/viewer/delete/",
    f"/workflows/folders/{SOME}/people/",
    "/sign-in-rules/",
    "/single-sign-on/new/",
    "/single-sign-on/domains/",
    f"/single-sign-on/{SOME}/",
    f"/single-sign-on/{SOME}/activate/",
    f"/single-sign-on/{SOME}/certificates/",
    f"/single-sign-on/{SOME}/certificates/{'a' * 64}/remove/",
    "/single-sign-on/signing-key/prepare/",
    "/single-sign-on/signing-key/switch/",
    f"/single-sign-on/{SOME}/directory/tokens/",
    f"/single-sign-on/{SOME}/directory/tokens/{SOME}/revoke/",
    f"/single-sign-on/{SOME}/directory/on/",
    f"/single-sign-on/{SOME}/directory/cap/",
    f"/single-sign-on/{SOME}/directory/heir/",
    f"/single-sign-on/emergency/{SOME}/allow/",
    "/audit/exports/new/",
    f"/sessions/{SOME}/end/",
    "/profile/sessions/end/",
    f"/members/{SOME}/sessions/end/",
    "/accounts/email/",
    "/accounts/password/set/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/generate/",
]
SENSITIVE_CALLS: list[tuple[str, str, Any]] = [
    ("post", "api-keys/", {"name": "New", "role": "viewer"}),
    ("patch", f"members/{SOME}/", {"role": "admin"}),
    ("delete", f"members/{SOME}/", None),
    ("post", "invitations/", {"email": "new@acme.example", "role": "admin"}),
    ("post", "roles/", {"label": "New", "permissions": ["run.view"]}),
    ("delete", "roles/viewer/", None),
    ("post", "groups/", {"name": "New", "role": None}),
    ("post", f"groups/{SOME}/members/", {"user": str(SOME)}),
    ("post", f"folders/{SOME}/rights/", {}),
    ("patch", "sign-in-rules/", {"idle": 900}),
    ("post", "gateway/keys/", {}),
    ("patch", f"gateway/keys/{SOME}/", {}),
    ("delete", f"sessions/{SOME}/", None),
    ("post", "audit/exports/", {}),
    ("post", "audit/streams/", {}),
]


@pytest.mark.parametrize("path", SENSITIVE_PAGES)
def test_a_page_that_is_sensitive_asks_who_it_is(alice: User, path: str) -> None:
    client = stale(alice)
    answer = client.post(path, {"name": "New", "role": "viewer"})
    assert answer.status_code == 302, answer.content
    assert answer["Location"].startswith("/accounts/reauthenticate/?next="), answer["Location"]


@pytest.mark.parametrize(("method", "path", "body"), SENSITIVE_CALLS)
def test_a_call_that_is_sensitive_is_refused_with_a_problem(
    alice: User, method: str, path: str, body: Any
) -> None:
    call: Callable[..., Any] = getattr(stale(alice), method)
    answer = call(f"/api/v1/{path}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "proof_required"), answer.content
    assert answer.json()["confirm_at"] == "/accounts/reauthenticate/"


def test_what_was_asked_goes_on_once_it_is_proved(alice: User) -> None:
    client = stale(alice)
    asked = client.post("/api-keys/new/", {"name": "Nightly", "role": "viewer", "life": "30"})
    form = {"password": PASSWORD, "next": "/api-keys/new/"}
    assert client.post(asked["Location"], {**form, "password": "wrong"}).status_code == 200
    assert not alice.api_keys.exists()
    made = client.post(asked["Location"], form)
    assert made.status_code == 201
    assert alice.api_keys.get().name == "Nightly"
    body = {"name": "Second", "role": "viewer"}
    again = client.post("/api/v1/api-keys/", body, content_type="application/json")
    assert again.status_code == 201


def test_a_proof_gets_old(alice: User) -> None:
    client = stale(alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        assert client.post("/api-keys/new/", {"name": "x"}).status_code == 302


def test_a_secret_that_comes_late_is_not_kept(alice: User) -> None:
    client = stale(alice)
    client.post(f"/single-sign-on/{SOME}/", {"secret": "canary-secret"})
    assert "canary-secret" not in json.dumps(dict(client.session.items()))


def test_who_has_nothing_to_prove_with_signs_in_again(vera: User) -> None:
    vera.set_unusable_password()
    vera.save()
    client = stale(User.objects.get(pk=vera.pk))
    answer = client.post("/accounts/2fa/webauthn/add/")
    assert answer["Location"].startswith("/accounts/again/?next=")
    assert "Sign in again" in client.get(answer["Location"]).content.decode()

"""Signing in by password: a new session each time, and no way off the site."""

import time

import pytest
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, format_hotp_value, hotp_value
from django.conf import settings
from django.test import Client

from apps.accounts.models import User

PASSWORD = "correct horse 7"  # of everybody in tests/factories/cast.py


def sign_in(client: Client, user: User, following: str = "") -> str:
    form = {"login": user.email, "password": PASSWORD, "next": following}
    answer = client.post("/accounts/login/", form)
    assert answer.status_code == 302
    return str(answer["Location"])


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:x",
        "http://beta.localhost/",
    ],
)
def test_the_way_on_stays_on_the_host(bob: User, address: str) -> None:
    assert sign_in(Client(HTTP_HOST="alpha.localhost"), bob, address) == "/"


def test_the_way_on_is_followed_within_the_site(bob: User) -> None:
    assert sign_in(Client(HTTP_HOST="alpha.localhost"), bob, "/workflows/") == "/workflows/"


def test_a_session_from_before_is_not_carried_in(bob: User) -> None:
    """Whoever planted a session id in a browser must not find it signed in."""
    client = Client(HTTP_HOST="alpha.localhost")
    client.get("/accounts/login/")
    client.session["planted"] = True
    before = client.session.session_key
    sign_in(client, bob)
    after = client.cookies[settings.SESSION_COOKIE_NAME]
    assert after.value != before
    assert (after["httponly"], after["samesite"], after["domain"]) == (True, "Lax", "")


def test_another_workspaces_password_opens_nothing(bob: User, mallory: User) -> None:
    answer = Client(HTTP_HOST="alpha.localhost").post(
        "/accounts/login/", {"login": mallory.email, "password": PASSWORD}
    )
    assert answer.status_code == 200
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


@pytest.mark.django_db(transaction=True)
def test_setting_up_a_second_factor_ends_the_other_sessions(bob: User) -> None:
    """The administration takes it that whoever has a second factor has shown it."""
    here, elsewhere = Client(HTTP_HOST="alpha.localhost"), Client(HTTP_HOST="alpha.localhost")
    sign_in(here, bob)
    sign_in(elsewhere, bob)
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})
    here.get("/accounts/2fa/totp/activate/")
    secret = here.session[SECRET_SESSION_KEY]
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    answer = here.post("/accounts/2fa/totp/activate/", {"code": code})
    assert answer.status_code == 302, answer.content
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302

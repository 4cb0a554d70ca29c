"""What a sign-in leaves behind: an entry, a known browser, a mail where the browser is a new one."""

from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from pytest_django import Settings

from apps.accounts import services
from apps.accounts.models import SignIn, User
from apps.accounts.session_store import name_of
from apps.audit.models import AuditEntry
from tests.factories.factors import PASSWORD, Device
from tests.factories.issuer import stranger

CHROME = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537 Chrome/140.0 Safari/537"}


def sign_in(client: Client, user: User) -> Client:
    form = {"login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", form, headers=CHROME).status_code == 302
    return client


def letters() -> list[str]:
    return [str(letter.subject) for letter in mail.outbox]


def test_the_first_browser_is_no_new_one(vera: User) -> None:
    client = sign_in(stranger(), vera)
    entry = AuditEntry.objects.get(action="session.began")
    told = {"by": ["password"], "browser": "Chrome on Linux", "new_browser": False}
    assert (entry.after, entry.actor_label) == (told, "Vera")
    assert letters() == []
    cookie = client.cookies["aut_browser"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert SignIn.objects.get().device == cookie.value


def test_a_new_browser_is_told_of_and_a_known_one_is_not(vera: User) -> None:
    first = sign_in(stranger(), vera)
    second = sign_in(stranger(), vera)
    assert letters() == ["New sign-in to Alpha"]
    assert mail.outbox[0].to == [vera.email]
    assert "Chrome" in mail.outbox[0].body
    for client in (first, second):
        client.post("/accounts/logout/")
        sign_in(client, vera)
    assert len(letters()) == 1


@pytest.mark.parametrize("said", ["", "x", "0" * 33, "'; --", "0" * 32])
def test_an_invented_browser_is_a_new_one(vera: User, said: str) -> None:
    sign_in(stranger(), vera)
    client = stranger()
    client.cookies["aut_browser"] = said
    sign_in(client, vera)
    assert len(letters()) == 1


def test_a_browser_that_was_signed_out_by_hand_is_new_again(vera: User) -> None:
    sign_in(stranger(), vera)
    client = sign_in(stranger(), vera)
    lost = SignIn.objects.get(session_name=name_of(client.session.session_key))
    services.end_sign_in(lost, actor=vera)
    sign_in(client, vera)
    assert len(letters()) == 2


def test_a_passkey_is_named_as_what_was_shown(vera: User) -> None:
    device = Device()
    device.keep(vera)
    device.sign_in(stranger(), vera)
    entry = AuditEntry.objects.get(action="session.began")
    assert entry.after
    assert entry.after["by"] == ["mfa"]


class AwayBackend(BaseEmailBackend):
    """A mail server that is away."""

    def send_messages(self, email_messages: object) -> int:
        raise SMTPServerDisconnected("away")


def test_a_mail_server_that_is_away_keeps_nobody_out(vera: User, settings: Settings) -> None:
    sign_in(stranger(), vera)
    settings.EMAIL_BACKEND = f"{__name__}.AwayBackend"
    assert sign_in(stranger(), vera).get("/profile/").status_code == 200

"""Ways round a session's end, a second factor or a reset: none of them leads in."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.api.authentication import user_of_session
from apps.accounts.links import sign_in_path
from apps.accounts.models import SignIn, User
from apps.accounts.session_store import name_of
from apps.audit.models import AuditEntry
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.factors import (
    PASSWORD,
    SIGN_IN,
    Device,
    code_of,
    half_way,
    someone,
    with_app,
    with_codes,
)
from tests.factories.issuer import stranger

FACTOR = "/accounts/2fa/authenticate/"
SECOND_FACTOR_PAGES = [
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/recovery-codes/download/",
]
PAGES = ["/profile/", "/members/", "/sign-in-rules/", "/api-keys/"]
OWN = ["/accounts/password/change/", "/accounts/password/set/", "/accounts/email/"]


def is_out(client: Client) -> bool:
    """Tell that nobody is signed in, whichever way one comes."""
    return (
        client.get("/profile/").status_code == 302
        and client.get("/api/v1/me/").status_code == 401
        and user_of_session(client.session.session_key) is None
    )


def refusals(action: str) -> int:
    return AuditEntry.objects.filter(action=action, result=AuditEntry.Result.DENIED).count()


# Whoever knows the password and has not shown the second factor.


@pytest.mark.parametrize("path", [*PAGES, *SECOND_FACTOR_PAGES, *OWN])
@pytest.mark.parametrize("method", ["get", "post"])
def test_half_a_sign_in_opens_nothing(vera: User, path: str, method: str) -> None:
    with_app(vera)
    client = half_way(vera)
    answer = getattr(client, method)(path)
    assert answer.status_code in {302, 405}, answer.content
    assert answer.status_code == 405 or "/accounts/" in answer["Location"]
    assert Authenticator.objects.filter(user=vera).count() == 1


@pytest.mark.parametrize("path", ["me/", "session/", "api-keys/", "sessions/", "sign-in-rules/"])
def test_half_a_sign_in_is_none_for_the_api(vera: User, path: str) -> None:
    with_app(vera)
    client = half_way(vera)
    assert client.get(f"/api/v1/{path}").status_code == 401
    assert user_of_session(client.session.session_key) is None


@pytest.mark.parametrize("code", ["", "000000", "null", "\uff10" * 6, "'; --", "9" * 400])
def test_what_is_no_code_is_refused(vera: User, code: str) -> None:
    secret = with_app(vera)
    assert code != code_of(secret)
    client = half_way(vera)
    client.post(FACTOR, {"code": code})
    assert is_out(client)


def test_a_wrong_code_leaves_a_trace(vera: User) -> None:
    with_app(vera)
    half_way(vera).post(FACTOR, {"code": "000000"})
    assert refusals("factor.refused") == 1


def test_somebody_elses_code_is_refused(vera: User, bob: User) -> None:
    with_app(vera)
    client = half_way(vera)
    client.post(FACTOR, {"code": code_of(with_app(bob))})
    assert is_out(client)


@pytest.mark.parametrize("seconds", [0, 31, 45])
def test_a_code_works_once(vera: User, seconds: int) -> None:
    secret = with_app(vera)
    code, now = code_of(secret), timezone.now()
    first, second = half_way(vera), half_way(vera)
    assert first.post(FACTOR, {"code": code}).status_code == 302
    assert first.get("/profile/").status_code == 200
    with time_machine.travel(now + timedelta(seconds=seconds), tick=True):
        second.post(FACTOR, {"code": code})
        assert is_out(second)


def test_a_recovery_code_works_once(vera: User) -> None:
    with_app(vera)
    code = with_codes(vera)[0]
    first, second = half_way(vera), half_way(vera)
    first.post(FACTOR, {"code": code})
    assert first.get("/profile/").status_code == 200
    second.post(FACTOR, {"code": code})
    assert is_out(second)


def test_guessing_codes_ends_before_it_succeeds(vera: User) -> None:
    secret = with_app(vera)
    client = half_way(vera)
    for guess in range(5):
        client.post(FACTOR, {"code": f"00000{guess}"})
    client.post(FACTOR, {"code": code_of(secret)})  # the right one, too late
    assert is_out(client)


def test_guessing_a_password_ends_before_it_succeeds(alpha: Tenant) -> None:
    client, person = stranger(), someone()
    for guess in range(5):
        client.post("/accounts/login/", {"login": person.email, "password": f"wrong horse {guess}"})
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert is_out(client)
    assert refusals("session.refused") == 5


@pytest.mark.parametrize("way", ["code by mail", "one-time link", "reset"])
def test_every_way_in_asks_for_the_factor(vera: User, way: str) -> None:
    with_app(vera)
    client = stranger()
    if way == "code by mail":
        client.post("/accounts/login/code/", {"email": vera.email})
        code = re.search(r"\b(\d{6})\b", str(mail.outbox[-1].body))
        assert code
        client.post("/accounts/login/code/confirm/", {"code": code[1]})
    elif way == "one-time link":
        client.post(sign_in_path(vera))
    else:
        reset(client, vera)
        client.post("/accounts/login/", {"login": vera.email, "password": "battery staple 9"})
    assert is_out(client)
    assert client.get(FACTOR).status_code == 200


# Passkeys.


@pytest.fixture
def device(vera: User) -> Device:
    made = Device()
    made.keep(vera)
    return made


def test_a_passkey_signs_in(vera: User, device: Device) -> None:
    client = stranger()
    assert device.sign_in(client, vera).status_code == 302
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    "how",
    [
        {"verified": False},
        {"origin": "http://beta.localhost"},
        {"origin": "https://evil.example"},
        {"origin": "http://alpha.localhost.evil.example"},
    ],
)
def test_a_passkey_used_otherwise_is_refused(
    vera: User, device: Device, how: dict[str, Any]
) -> None:
    client = stranger()
    device.sign_in(client, vera, **how)
    assert is_out(client)


def test_a_passkey_of_another_place_is_refused(vera: User, device: Device) -> None:
    device.host = "beta.localhost"
    client = stranger()
    device.sign_in(client, vera, origin="http://alpha.localhost")
    assert is_out(client)


def test_the_answer_of_a_passkey_works_once(vera: User, device: Device) -> None:
    first, second = stranger(), browser()
    sent = json.dumps(device.for_sign_in(first, vera))
    second.get(SIGN_IN, headers={"Accept": "application/json"})
    second.post(SIGN_IN, {"credential": sent})  # overheard, in another browser
    assert is_out(second)
    first.post(SIGN_IN, {"credential": sent})
    assert not is_out(first)
    first.post("/accounts/logout/")
    first.post(SIGN_IN, {"credential": sent})
    assert is_out(first)


def test_an_answer_to_nothing_is_refused(vera: User, device: Device) -> None:
    client = stranger()
    sent = device.asserted({"challenge": "AAAA"}, vera)
    client.post(SIGN_IN, {"credential": json.dumps(sent)})
    assert is_out(client)


def test_ones_own_passkey_does_not_sign_somebody_else_in(
    vera: User, alice: User, device: Device
) -> None:
    client = stranger()
    device.sign_in(client, alice)  # with Alice's name on it
    assert is_out(client)


@pytest.mark.parametrize(
    "sent",
    ["", "null", "[]", "{}", '{"id": 1}', '{"response": {"userHandle": "AAAA"}}', "x" * 5000],
)
def test_what_is_no_passkey_is_refused(vera: User, device: Device, sent: str) -> None:
    client = stranger()
    client.get(SIGN_IN, headers={"Accept": "application/json"})
    assert client.post(SIGN_IN, {"credential": sent}).status_code < 500
    assert is_out(client)


def test_a_suspended_persons_passkey_is_refused(alice: User, vera: User, device: Device) -> None:
    services.set_active(vera, active=False, actor=alice)
    client = stranger()
    device.sign_in(client, vera)
    assert is_out(client)


def test_a_passkey_is_no_way_round_a_removed_one(vera: User, device: Device) -> None:
    Authenticator.objects.filter(user=vera).delete()
    client = stranger()
    device.sign_in(client, vera)
    assert is_out(client)


# Another password.


def reset(client: Client, user: User, password: str = "battery staple 9") -> Any:
    """Come by the link of a mail to another password."""
    client.post("/accounts/password/reset/", {"email": user.email})
    found = re.search(
        r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body)
    )
    assert found
    form = client.get(found[1])["Location"]
    client.post(form, {"password1": password, "password2": password})
    return found[1]


def test_a_reset_signs_nobody_in_and_everybody_out(vera: User) -> None:
    elsewhere, client = browser(vera), stranger()
    reset(client, vera)
    assert is_out(client)
    assert is_out(elsewhere)
    assert mail.outbox[-1].to == [vera.email]
    assert "A new password was set" in mail.outbox[-1].body
    assert AuditEntry.objects.filter(action="password.reset").count() == 1


def test_a_link_to_another_password_works_once(vera: User) -> None:
    link = reset(stranger(), vera)
    thief = stranger()
    answer = thief.get(link, follow=True)
    for address in (link, answer.request["PATH_INFO"]):
        thief.post(address, {"password1": "thief's horse 1", "password2": "thief's horse 1"})
    vera.refresh_from_db()
    assert vera.check_password("battery staple 9")


@pytest.mark.parametrize("token", ["null", "0", "-", "set-password", "none-none", "a-" + "0" * 39])
def test_a_link_with_nothing_in_it_is_refused(vera: User, token: str) -> None:
    client = stranger()
    for path in (
        f"/accounts/password/reset/key/{token}/",
        f"/accounts/password/reset/key/1-{token}/",
    ):
        answer = client.get(path, follow=True)
        client.post(answer.request["PATH_INFO"], {"password1": "x" * 12, "password2": "x" * 12})
    vera.refresh_from_db()
    assert vera.check_password(PASSWORD)


def test_one_persons_link_is_not_another_persons(vera: User, bob: User) -> None:
    client = stranger()
    client.post("/accounts/password/reset/", {"email": vera.email})
    theirs = re.search(r"/accounts/password/reset/key/(\w+)-(\S+)/", str(mail.outbox[-1].body))
    client.post("/accounts/password/reset/", {"email": bob.email})
    mine = re.search(r"/accounts/password/reset/key/(\w+)-(\S+)/", str(mail.outbox[-1].body))
    assert theirs
    assert mine
    answer = client.get(f"/accounts/password/reset/key/{mine[1]}-{theirs[2]}/", follow=True)
    client.post(answer.request["PATH_INFO"], {"password1": "x" * 12, "password2": "x" * 12})
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_a_suspended_person_gets_no_link(alice: User, vera: User) -> None:
    services.set_active(vera, active=False, actor=alice)
    mail.outbox.clear()
    stranger().post("/accounts/password/reset/", {"email": vera.email})
    assert not any("password/reset/key" in letter.body for letter in mail.outbox)


# Sessions.


@pytest.mark.parametrize("key", ["", "a" * 32, "../../etc", "null", "x" * 4000])
def test_an_invented_session_is_none(vera: User, key: str) -> None:
    client = stranger()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(key)
    assert client.get("/profile/").status_code == 302
    assert user_of_session(key) is None


def test_an_ended_session_is_not_brought_back_by_its_own_requests(vera: User) -> None:
    here, there = browser(vera), browser(vera)
    there.get("/profile/")
    key = there.session.session_key
    services.end_sign_in(SignIn.objects.get(session_name=name_of(key)), actor=vera)
    there.cookies[settings.SESSION_COOKIE_NAME] = str(key)
    for _ in range(2):
        assert there.get("/profile/").status_code == 302
        assert there.post("/api/v1/session/").status_code == 401
    assert here.get("/profile/").status_code == 200


def test_the_session_of_another_workspace_is_none(mallory: User, vera: User, beta: Tenant) -> None:
    with tenant_context(beta):
        theirs = browser(mallory, "beta")
        key = theirs.session.session_key
    here = stranger()
    here.cookies[settings.SESSION_COOKIE_NAME] = str(key)
    assert is_out(here)

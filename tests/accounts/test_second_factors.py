"""Second factors that a workspace asks for: who is led to them, and what is open meanwhile."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.accounts import duties, services
from apps.accounts.api.authentication import user_of_session
from apps.accounts.models import SignInRules, User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from tests.factories.browsers import browser
from tests.factories.cast import api_client, key_client
from tests.factories.factors import PASSWORD, Device, code_of, half_way, with_app
from tests.factories.issuer import stranger

NOW = timedelta(0)
SET_UP = "/accounts/2fa/"
TOLD = pytest.mark.django_db(transaction=True)  # the library tells of a new app after the commit


def ask(alice: User, *, grace: timedelta = NOW, roles: list[str] | None = None) -> SignInRules:
    """Ask everybody, or some roles, for a second factor."""
    wanted = {"factor_for": "roles" if roles else "everybody", "factor_grace": grace}
    return services.change_sign_in_rules({**wanted, "factor_roles": roles or []}, actor=alice)


def is_led(client: Client) -> bool:
    """Tell that nothing but setting a factor up is open, whichever way one comes."""
    page, call = client.get("/members/"), client.get("/api/v1/members/")
    led = page.status_code == 302 and page["Location"] == SET_UP
    refused = call.status_code == 403 and call.json()["code"] == "second_factor_required"
    assert led is refused
    assert (user_of_session(client.session.session_key) is None) is led
    return led


def test_nobody_is_asked_at_first(vera: User) -> None:
    assert not is_led(browser(vera))


def test_everybody_is_led_to_it_at_once(alice: User, vera: User) -> None:
    client = browser(vera)
    assert not is_led(client)
    ask(alice)
    assert is_led(client)
    assert is_led(browser(alice))  # owners too
    assert "Set up a second factor to go on" in client.get(SET_UP).content.decode()


@pytest.mark.parametrize("path", ["/profile/", "/profile/sessions/", "/workflows/", "/"])
def test_no_page_is_open(alice: User, vera: User, path: str) -> None:
    client = browser(vera)
    ask(alice)
    assert client.get(path)["Location"] == SET_UP
    htmx = client.get(path, headers={"HX-Request": "true"})
    assert (htmx.status_code, htmx["HX-Redirect"]) == (403, SET_UP)


def test_the_api_says_where_it_is_set_up(alice: User, vera: User) -> None:
    client = api_client(vera)
    ask(alice)
    problem = client.post("/api/v1/session/").json()
    assert (problem["code"], problem["set_up_at"]) == ("second_factor_required", SET_UP)


def test_there_is_time_to_do_it(alice: User, vera: User) -> None:
    ask(alice, grace=timedelta(days=7))
    client = browser(vera)
    assert not is_led(client)
    assert "Set up a second factor until" in client.get(SET_UP).content.decode()
    assert "Set up a second factor" in client.get("/workflows/").content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23), tick=True):
        assert not is_led(browser(vera))
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=True):
        assert is_led(browser(vera))


def test_who_joins_later_has_as_much_time(alice: User, vera: User) -> None:
    ask(alice, grace=timedelta(days=7))
    User.objects.filter(pk=vera.pk).update(created_at=timezone.now() + timedelta(days=5))
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=True):
        assert not is_led(browser(vera))


def test_only_some_roles_are_asked(alice: User, bob: User, vera: User) -> None:
    ask(alice, roles=["builder", "owner"])
    assert is_led(browser(bob))
    assert not is_led(browser(vera))
    services.change_role(vera, role="builder", actor=alice)
    assert is_led(browser(vera))


def test_asking_more_people_begins_the_time_anew(alice: User) -> None:
    first = ask(alice, roles=["owner"]).factor_since
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
        again = ask(alice).factor_since
    assert first is not None
    assert again is not None
    assert again > first


def set_up_app(client: Client) -> str:
    """Set an authenticator app up by its page; return its secret."""
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r">\s*([A-Z2-7]{32})\s*<", page)
    assert found
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(found[1])})
    assert answer.status_code == 302, answer.content
    return found[1]


@TOLD
def test_setting_an_app_up_opens_everything(alice: User, vera: User) -> None:
    client, elsewhere = browser(vera), browser(vera)
    ask(alice)
    set_up_app(client)
    assert not is_led(client)
    assert elsewhere.get("/profile/")["Location"].startswith("/accounts/login/")


def test_setting_a_passkey_up_opens_everything(alice: User, vera: User) -> None:
    client, device = browser(vera), Device()
    ask(alice)
    page = client.get("/accounts/2fa/webauthn/add/")
    options = page.context["js_data"]["creation_options"]["publicKey"]
    sent = {"name": "Laptop", "passwordless": "on"}
    unsure = json.dumps(device.registered(options, verified=False))
    assert (
        client.post("/accounts/2fa/webauthn/add/", {**sent, "credential": unsure}).status_code
        == 200
    )
    options = client.get("/accounts/2fa/webauthn/add/").context["js_data"]["creation_options"][
        "publicKey"
    ]
    made = json.dumps(device.registered(options))
    assert (
        client.post("/accounts/2fa/webauthn/add/", {**sent, "credential": made}).status_code == 302
    )
    assert not is_led(client)
    other = stranger()
    device.sign_in(other, vera)
    assert not is_led(other)
    told = mail.outbox[-1]
    assert told.to == [vera.email]


def test_who_shows_one_at_the_sign_in_is_through(alice: User, vera: User) -> None:
    ask(alice)
    secret = with_app(vera)
    client = half_way(vera)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert not is_led(client)


@TOLD
def test_taking_the_last_one_off_is_no_way_round(alice: User, vera: User) -> None:
    ask(alice)
    client = browser(vera)
    set_up_app(client)
    elsewhere = half_way(vera)
    codes = Authenticator.objects.get(user=vera, type="recovery_codes").wrap().get_unused_codes()
    elsewhere.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert not is_led(elsewhere)
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=vera).exists()
    assert is_led(client)
    assert elsewhere.get("/profile/")["Location"].startswith("/accounts/login/")


def test_sessions_from_the_company_have_shown_what_it_asks_for(alice: User, vera: User) -> None:
    ask(alice)
    client = browser(vera)
    session = client.session
    session[duties.THROUGH] = "a connection"
    session.save()
    assert not is_led(client)


def test_keys_are_their_own_proof(alice: User, vera: User) -> None:
    text = services.create_api_key(name="k", role="viewer", user=vera, actor=None)[1]
    ask(alice)
    assert key_client(text).get("/api/v1/me/").status_code == 200


def actions() -> list[Any]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


@TOLD
def test_changes_are_in_the_trail(vera: User) -> None:
    client = browser(vera)
    set_up_app(client)
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    told = [action for action in actions() if action.startswith("factor.")]
    assert told[:2] == ["factor.added", "factor.added"]  # with the first codes
    assert told.count("factor.removed") == 3  # the first codes, the app, the last codes


def test_a_changed_password_is_in_the_trail_and_mailed(vera: User) -> None:
    form = {
        "oldpassword": PASSWORD,
        "password1": "battery staple 9",
        "password2": "battery staple 9",
    }
    client, elsewhere = browser(vera), browser(vera)
    client.post("/accounts/password/change/", form)
    assert "password.changed" in actions()
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        [vera.email],
        "Your password was changed",
    )
    assert client.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


def test_an_admin_takes_lost_ones_off_and_leaves_a_trace(alice: User, vera: User) -> None:
    with_app(vera)
    client, admin = browser(vera), browser(alice)
    answer = admin.post(f"/members/{vera.pk}/factors/", follow=True)
    assert "Vera has no second factor any more" in answer.content.decode()
    assert not Authenticator.objects.filter(user=vera).exists()
    assert client.get("/profile/").status_code == 302
    entry = AuditEntry.objects.get(action="factor.removed")
    assert (entry.actor_label, entry.target_label) == ("Alice", "Vera")
    assert AuditEntry.objects.filter(action="factor.reset").exists()


def test_nobody_else_takes_them_off(alice: User, bob: User, vera: User) -> None:
    with_app(vera)
    with_app(alice)
    services.change_role(bob, role="admin", actor=alice)
    admin = User.objects.get(pk=bob.pk)
    for user, actor in ((vera, vera), (alice, admin), (alice, alice), (admin, vera)):
        with pytest.raises(Forbidden):
            services.reset_factors(user, actor=actor)
    assert Authenticator.objects.count() == 2

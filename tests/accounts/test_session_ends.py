"""How long sessions last: what the workspace says counts for pages, the API and sockets at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.api.authentication import user_of_session
from apps.accounts.models import SignInRules, User
from apps.accounts.session_store import SessionStore, name_of
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid
from tests.factories.browsers import browser
from tests.factories.cast import api_client

PAGE, API = "/profile/", "/api/v1/me/"
HALF_AN_HOUR, A_DAY = timedelta(minutes=30), timedelta(days=1)


def by_page(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def by_api(client: Client) -> bool:
    return client.get(API).status_code == 200


def by_socket(client: Client) -> bool:
    """Tell whether a socket would stay open: each asks this again every few seconds."""
    return user_of_session(client.session.session_key) is not None


WAYS = pytest.mark.parametrize("goes_on", [by_page, by_api, by_socket])
Way = Callable[[Client], bool]


@pytest.fixture
def strict(alice: User) -> SignInRules:
    return services.change_sign_in_rules({"idle": HALF_AN_HOUR, "longest": A_DAY}, actor=alice)


@WAYS
def test_nobody_there_for_too_long_is_out(strict: SignInRules, vera: User, goes_on: Way) -> None:
    client = browser(vera)
    assert by_page(client)
    now = timezone.now()
    with time_machine.travel(now + timedelta(minutes=29), tick=True):
        assert goes_on(client)
    with time_machine.travel(now + timedelta(minutes=60), tick=True):
        assert not goes_on(client)


@WAYS
def test_the_longest_time_ends_also_who_is_always_there(
    strict: SignInRules, vera: User, goes_on: Way
) -> None:
    client, now = browser(vera), timezone.now()
    for minutes in range(0, 24 * 60, 25):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=True):
            assert by_page(client)
    with time_machine.travel(now + A_DAY + timedelta(seconds=5), tick=True):
        assert not goes_on(client)


def test_programs_of_a_page_do_not_count_as_somebody_there(strict: SignInRules, vera: User) -> None:
    client, now = browser(vera), timezone.now()
    assert by_page(client)
    for minutes in (10, 20, 29):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=True):
            assert by_api(client)
            assert by_socket(client)
            client.get("/members/", headers={"HX-Request": "true"})  # a list that looks by itself
    with time_machine.travel(now + timedelta(minutes=31), tick=True):
        assert not by_page(client)


@WAYS
def test_stricter_rules_end_what_is_open_at_once(alice: User, vera: User, goes_on: Way) -> None:
    old, unseen = browser(vera), browser(vera)
    assert by_page(old)
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=True):
        used = browser(vera)
        assert by_page(used)
        services.change_sign_in_rules({"idle": HALF_AN_HOUR}, actor=alice)
        assert not goes_on(old)
        assert goes_on(used)
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=True):
        assert not goes_on(unseen)  # of which only the session itself is known


def test_a_stricter_longest_time_counts_from_the_sign_in(alice: User, vera: User) -> None:
    client, now = browser(vera), timezone.now()
    with time_machine.travel(now + timedelta(days=2), tick=True):
        assert by_page(client)
        services.change_sign_in_rules({"longest": A_DAY, "idle": A_DAY}, actor=alice)
        assert not by_page(client)


def test_a_new_key_of_the_session_does_not_begin_it_anew(strict: SignInRules, vera: User) -> None:
    client, now = browser(vera), timezone.now()
    assert by_page(client)
    session = SessionStore(client.session.session_key)
    session.cycle_key()
    with time_machine.travel(now + A_DAY + timedelta(seconds=5), tick=True):
        assert user_of_session(session.session_key) is None


def test_the_cookie_lasts_no_longer(strict: SignInRules, vera: User) -> None:
    client = browser(vera)
    answer = client.get(PAGE)
    (cookie,) = [each for name, each in answer.cookies.items() if name.endswith("session")]
    assert 0 < int(cookie["max-age"]) <= HALF_AN_HOUR.total_seconds()


def test_strangers_keep_what_they_began(strict: SignInRules) -> None:
    session = SessionStore()
    session["asked"] = True
    session.save()
    row = Session.objects.get(pk=name_of(session.session_key))
    assert row.expire_date > timezone.now() + timedelta(days=6)


def test_the_studio_hears_of_the_end_and_may_put_it_off(strict: SignInRules, vera: User) -> None:
    client, now = api_client(vera), timezone.now()
    with time_machine.travel(now + timedelta(minutes=28), tick=True):
        told = client.get("/api/v1/session/").json()
        assert told["renewable"] is True
        renewed = client.post("/api/v1/session/").json()
    assert renewed["expires_at"] > told["expires_at"]
    with time_machine.travel(now + timedelta(minutes=50), tick=True):
        assert by_api(client)


def test_rules_are_changed_by_owners_with_a_trace(alice: User, bob: User, vera: User) -> None:
    services.change_role(bob, role="admin", actor=alice)
    with pytest.raises(Forbidden):
        services.change_sign_in_rules({"idle": A_DAY}, actor=User.objects.get(pk=bob.pk))
    services.change_sign_in_rules({"idle": A_DAY}, actor=alice)
    entry = AuditEntry.objects.get(action="sign_in_rules.changed")
    assert entry.after
    assert entry.after["idle"] == "1 day, 0:00:00"
    services.change_sign_in_rules({"idle": A_DAY}, actor=alice)  # changes nothing, says nothing
    assert AuditEntry.objects.filter(action="sign_in_rules.changed").count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"idle": timedelta(seconds=30)},
        {"idle": timedelta(days=31)},
        {"longest": timedelta(days=91)},
        {"factor_grace": timedelta(days=-1)},
        {"factor_for": "roles"},
        {"factor_for": "roles", "factor_roles": ["nobody"]},
        {"factor_for": "roles", "factor_roles": ["caller"]},
    ],
)
def test_rules_that_make_no_sense_are_refused(alice: User, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        services.change_sign_in_rules(changes, actor=alice)
    assert not SignInRules.objects.filter(factor_since__isnull=False).exists()


@pytest.mark.parametrize("seconds", [10**18, -(10**18), 366 * 24 * 3600, "soon", None, [1]])
def test_lengths_that_are_none_are_said_at_their_field(alice: User, seconds: object) -> None:
    client = api_client(alice)
    answer = client.patch("/api/v1/sign-in-rules/", {"longest": seconds}, format="json")
    fields = [each["field"] for each in answer.json()["errors"]]
    assert (answer.status_code, fields) == (422, ["longest"])

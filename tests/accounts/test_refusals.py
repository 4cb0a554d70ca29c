"""What is refused stands in the trail, in a number that nobody can fill it with."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import refusals, services
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from tests.factories.browsers import browser
from tests.factories.callers import Caller
from tests.factories.cast import api_client, key_client
from tests.factories.issuer import stranger

SECRET = "Zk3" * 14 + "x"  # of the length that a key's secret has
WRONG = f"aut_abcdefgh_{SECRET}"


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    cache.clear()


def key_of(user: User) -> str:
    return services.create_api_key(name="k", role="viewer", user=user, actor=user)[1]


def told(entry: AuditEntry) -> dict[str, Any]:
    assert entry.after is not None
    return dict(entry.after)


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("at"))


def test_a_wrong_key_leaves_an_entry_without_its_secret(alice: User) -> None:
    assert (
        APIClient(HTTP_HOST="alpha.localhost")
        .get("/api/v1/me/", headers={"Authorization": f"Bearer {WRONG}"})
        .status_code
        == 401
    )
    (entry,) = entries("api_key.refused")
    assert (entry.result, entry.actor_label) == ("denied", "system")
    assert entry.after == {"key": "abcdefgh", "times": 1}
    assert entry.ip == "127.0.0.1"
    assert SECRET not in str(entry.__dict__)


@pytest.mark.parametrize("text", ["sk-live-of-somebody-else", "aut_short", "", "x" * 4000])
def test_of_what_is_no_key_nothing_is_kept(alice: User, text: str) -> None:
    client = APIClient(HTTP_HOST="alpha.localhost")
    assert client.get("/api/v1/me/", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    (entry,) = entries("api_key.refused")
    assert entry.after == {"key": "no key of ours", "times": 1}


@pytest.mark.django_db(transaction=True)
def test_the_gateway_says_it_too(alice: User) -> None:
    call = Caller(headers={"authorization": f"Bearer {WRONG}"})
    assert call("/v1/models", method="GET").status == 401
    assert [each.after for each in entries("api_key.refused")] == [{"key": "abcdefgh", "times": 1}]


def test_a_token_of_no_directory_leaves_one_too(alice: User) -> None:
    answer = stranger().get("/scim/v2/Users", headers={"Authorization": f"Bearer {WRONG}"})
    assert answer.status_code == 401
    assert [each.after for each in entries("directory_token.refused")] == [
        {"token": "none of ours", "times": 1}
    ]


def test_a_page_that_is_refused_tells_who_wanted_it(vera: User) -> None:
    assert browser(vera).post(f"/members/{vera.pk}/suspend/").status_code == 403
    (entry,) = entries("access.refused")
    assert (entry.result, entry.actor_id) == ("denied", str(vera.pk))
    assert told(entry)["method"] == "POST"
    assert told(entry)["where"] == "accounts:leave"
    assert str(vera.pk) in str(told(entry)["about"])


def test_a_call_that_is_refused_tells_the_key(alice: User, vera: User) -> None:
    client = key_client(key_of(vera))
    assert client.post("/api/v1/invitations/", {"email": "x@y.example"}).status_code == 403
    (entry,) = entries("access.refused")
    assert entry.via
    assert told(entry)["code"] == "forbidden"


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_form_without_its_token_is_refused_and_written_down(signed_in: bool, vera: User) -> None:
    client = Client(enforce_csrf_checks=True, HTTP_HOST="alpha.localhost")
    if signed_in:
        client.force_login(vera)
    answer = client.post("/accounts/login/", {"login": SECRET, "password": SECRET})
    assert answer.status_code == 403
    assert "Open the page and try again." in answer.content.decode()
    (entry,) = entries("access.refused")
    assert (entry.result, entry.actor_id) == ("denied", str(vera.pk) if signed_in else "")
    assert {**told(entry), "why": ""} == {
        "method": "POST", "where": "account_login", "code": "csrf_failed", "why": "", "times": 1,
    }  # fmt: skip
    assert SECRET not in str(entry.__dict__)


def test_another_sites_page_is_told_by_its_origin(vera: User) -> None:
    client = Client(enforce_csrf_checks=True, HTTP_HOST="alpha.localhost")
    client.force_login(vera)
    headers: Any = {"origin": "https://evil.example"}
    assert client.post("/accounts/login/", {}, headers=headers).status_code == 403
    assert "evil.example" in told(entries("access.refused")[0])["why"]


def test_a_call_by_session_without_the_token_is_written_down_once(vera: User) -> None:
    client = APIClient(enforce_csrf_checks=True, HTTP_HOST="alpha.localhost")
    client.force_login(vera)
    assert client.post("/api/v1/runs/", {}, format="json").status_code == 403
    (entry,) = entries("access.refused")
    assert (entry.actor_id, told(entry)["code"]) == (str(vera.pk), "csrf_failed")


def test_what_succeeds_and_what_asks_for_a_proof_is_no_refusal(alice: User, vera: User) -> None:
    assert api_client(alice).get("/api/v1/members/").status_code == 200
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=True):
        late = browser(alice)
    assert late.post("/api/v1/api-keys/", {}, content_type="application/json").status_code == 403
    assert not entries("access.refused")


def test_used_up_limits_are_told(vera: User, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    client = key_client(key_of(vera))
    for _ in range(3):
        client.get("/api/v1/me/")
    assert [each.actor_id for each in entries("limit.reached")][:1] == [str(vera.pk)]


def test_the_first_few_of_somebody_are_written_then_their_number(vera: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(120):
            refusals.note("access.refused", who="one", told={}, actor=vera)
    times = sorted(told(each)["times"] for each in entries("access.refused"))  # all of one moment
    assert times == [1, 2, 3, 4, 5, 10, 100]


def test_in_the_next_minute_it_begins_anew(vera: User) -> None:
    for minute in range(3):
        with time_machine.travel(timezone.now() + timedelta(minutes=minute), tick=False):
            refusals.note("access.refused", who="one", told={}, actor=vera)
    assert [told(each)["times"] for each in entries("access.refused")] == [1, 1, 1]


def test_many_senders_do_not_fill_the_trail(alice: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(500):
            refusals.note_bearer(WRONG, f"203.0.113.{number}")
    found = entries("api_key.refused")
    assert len(found) == refusals.IN_ALL
    assert [each["more"] for each in map(told, found) if "no more" in each.get("more", "")]


def test_strangers_do_not_hide_what_members_are_refused(vera: User) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(200):
            refusals.note_bearer(WRONG, f"203.0.113.{number}")
        refusals.note("access.refused", who="one", told={}, actor=vera)
    assert len(entries("access.refused")) == 1


def test_ending_sessions_asks_who_it_is(alice: User, vera: User) -> None:
    """Whoever found an open browser must not lock its owner out everywhere else."""
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=True):
        found = browser(alice)
    there = browser(alice)
    there.get("/profile/")
    for path in ("/profile/sessions/end/", f"/members/{vera.pk}/sessions/end/"):
        assert "/accounts/reauthenticate/" in found.post(path)["Location"]
    assert there.get("/profile/").status_code == 200

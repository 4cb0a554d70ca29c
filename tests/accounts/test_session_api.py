"""How long a browser's session lasts, and staying signed in."""

from datetime import datetime, timedelta

import time_machine
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.session_store import name_of
from tests.factories.cast import api_client, key_client

PATH = "/api/v1/session/"


def ends(client: APIClient, moment: datetime) -> None:
    Session.objects.filter(pk=name_of(client.session.session_key)).update(expire_date=moment)


def stored_end(client: APIClient) -> datetime:
    return Session.objects.get(pk=name_of(client.session.session_key)).expire_date


def test_it_tells_whose_it_is_and_when_it_ends(bob: User) -> None:
    client = api_client(bob)
    soon = timezone.now() + timedelta(minutes=2)
    ends(client, soon)
    answer = client.get(PATH)
    told = answer.json()
    assert (told["user"], told["renewable"]) == (str(bob.pk), True)
    assert datetime.fromisoformat(told["expires_at"]) == soon
    assert told["csrf_token"]
    assert answer["Cache-Control"] == "no-store"
    assert stored_end(client) == soon  # looking makes it no longer


def test_staying_signed_in_makes_it_last(bob: User) -> None:
    client = api_client(bob)
    ends(client, timezone.now() + timedelta(minutes=2))
    answer = client.post(PATH)
    assert answer.status_code == 200
    later = timezone.now() + timedelta(days=6)
    assert datetime.fromisoformat(answer.json()["expires_at"]) > later
    assert stored_end(client) > later


def test_what_is_over_stays_over(bob: User) -> None:
    client = api_client(bob)
    ends(client, timezone.now() - timedelta(seconds=1))
    assert client.get(PATH).status_code == 401
    assert client.post(PATH).status_code == 401


def test_an_end_that_was_said_is_kept(bob: User) -> None:
    client = api_client(bob)
    session = client.session
    session.set_expiry(timezone.now() + timedelta(hours=1))
    session.save()
    assert client.get(PATH).json()["renewable"] is False
    refused = client.post(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    assert stored_end(client) < timezone.now() + timedelta(hours=2)


def test_nobody_stays_for_ever(bob: User) -> None:
    client = api_client(bob)
    last = timezone.now() + timedelta(days=30)
    for day in range(6, 30, 6):
        with time_machine.travel(timezone.now() + timedelta(days=day), tick=True):
            assert client.post(PATH).json()["renewable"] is (day < 24)
    assert abs(stored_end(client) - last) < timedelta(minutes=1)
    with time_machine.travel(last - timedelta(minutes=1), tick=True):
        assert client.post(PATH).json()["code"] == "sign_in_again"
    with time_machine.travel(last + timedelta(minutes=1), tick=True):
        assert client.get(PATH).status_code == 401


def test_keys_have_no_session(bob: User) -> None:
    text = services.create_api_key(name="k", role="viewer", user=bob, actor=bob)[1]
    assert key_client(text).get(PATH).status_code == 401
    assert key_client(text).post(PATH).status_code == 401


def test_another_page_cannot_prolong_it(bob: User) -> None:
    client = APIClient(enforce_csrf_checks=True, HTTP_HOST="alpha.localhost")
    client.force_login(bob)
    assert client.post(PATH).status_code == 403

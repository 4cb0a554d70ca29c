"""Where people are signed in, and ending it, each with its refusal."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.api.authentication import user_of_session
from apps.accounts.models import SignIn, User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from tests.factories.browsers import browser
from tests.factories.cast import key_client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0"
LIST = "/profile/sessions/"


def opened(user: User, agent: str = FIREFOX) -> Client:
    """Return a browser in which the user looked at a page."""
    client = browser(user)
    client.get("/profile/", headers={"User-Agent": agent})
    return client


def fresh(user: User) -> User:
    found: User = User.objects.get(pk=user.pk)
    return found


def test_a_browser_is_written_down_with_its_first_page(vera: User) -> None:
    opened(vera)
    (found,) = SignIn.objects.of(vera)
    assert (str(found), found.ip) == ("Firefox on Linux", "127.0.0.1")


def test_it_is_written_down_again_only_once_in_a_while(vera: User) -> None:
    client = opened(vera)
    first = SignIn.objects.get().seen_at
    client.get("/profile/")
    assert SignIn.objects.get().seen_at == first
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
        client.get("/profile/")
    assert SignIn.objects.get().seen_at > first


def test_the_page_lists_ones_own_alone(alice: User, vera: User) -> None:
    opened(alice)
    client = opened(vera)
    opened(vera, EDGE)
    seen = client.get(LIST).content.decode()
    assert "Edge on Windows" in seen
    assert seen.count("This one") == 1
    assert "2 browsers" in seen
    assert "No session matches" in client.get(f"{LIST}?q=opera").content.decode()
    assert "Edge on Windows" not in client.get(f"{LIST}?q=linux").content.decode()


def test_one_is_ended_and_the_others_go_on(vera: User) -> None:
    here, there = opened(vera), opened(vera, EDGE)
    ended = next(each for each in SignIn.objects.of(vera) if "Edge" in str(each))
    answer = here.post(f"/sessions/{ended.pk}/end/", follow=True)
    assert "Edge on Windows is signed out" in answer.content.decode()
    assert there.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200
    assert user_of_session(there.session.session_key) is None  # what sockets ask again and again
    assert AuditEntry.objects.filter(action="session.ended").exists()


def test_everywhere_else_keeps_this_one(vera: User) -> None:
    here, there, unseen = opened(vera), opened(vera, EDGE), browser(vera)
    answer = here.post("/profile/sessions/end/", follow=True)
    assert "signed out everywhere else" in answer.content.decode()
    assert "1 browser." in answer.content.decode()
    assert there.get("/profile/").status_code == 302
    assert unseen.get("/profile/").status_code == 302  # nobody had written it down


def test_an_admin_ends_those_of_a_member(alice: User, vera: User) -> None:
    theirs, admin = opened(vera), browser(alice)
    path = f"/members/{vera.pk}/sessions/"
    assert "Firefox on Linux" in admin.get(path).content.decode()
    answer = admin.post(f"{path}end/", follow=True)
    assert "Vera is signed out everywhere" in answer.content.decode()
    assert "Signed in nowhere" in answer.content.decode()
    assert theirs.get("/profile/").status_code == 302


def test_others_neither_see_nor_end_them(alice: User, bob: User, vera: User) -> None:
    opened(vera)
    sign_in = SignIn.objects.get()
    client = browser(bob)
    assert client.get(f"/members/{vera.pk}/sessions/").status_code == 403
    assert client.post(f"/members/{vera.pk}/sessions/end/").status_code == 403
    assert client.post(f"/sessions/{sign_in.pk}/end/").status_code == 404
    with pytest.raises(Forbidden):
        services.end_sign_in(sign_in, actor=bob)
    assert SignIn.objects.of(vera) == [sign_in]


def test_admins_do_not_sign_owners_out(alice: User, bob: User) -> None:
    services.change_role(bob, role="admin", actor=alice)
    opened(alice)
    with pytest.raises(Forbidden):
        services.end_all_sign_ins(alice, actor=fresh(bob))
    with pytest.raises(Forbidden):
        services.end_sign_in(SignIn.objects.get(), actor=fresh(bob))


def test_what_a_new_password_or_a_suspension_ended_is_not_shown(alice: User, vera: User) -> None:
    opened(vera)
    services.set_active(vera, active=False, actor=alice)
    assert SignIn.objects.of(fresh(vera)) == []


def test_a_session_that_is_over_is_not_shown(vera: User) -> None:
    opened(vera)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert SignIn.objects.of(vera) == []


def test_whose_session_ended_is_told_so(vera: User) -> None:
    client = opened(vera)
    Session.objects.all().delete()
    told = "Your session ended"
    assert told in client.get("/profile/", follow=True).content.decode()
    assert told not in browser().get("/profile/", follow=True).content.decode()


API = "/api/v1/sessions/"


def listed(client: Client, query: str = "") -> list[Any]:
    return [each["browser"] for each in client.get(f"{API}{query}").json()["results"]]


def test_the_api_lists_ones_own_and_ends_them(vera: User, bob: User) -> None:
    here, there = opened(vera), opened(vera, EDGE)
    opened(bob)
    assert sorted(listed(here)) == ["Edge", "Firefox"]
    found = here.get(API).json()["results"]
    assert [each["browser"] for each in found if each["is_current"]] == ["Firefox"]
    (edge,) = [each["id"] for each in found if not each["is_current"]]
    assert here.delete(f"{API}{edge}/").status_code == 204
    assert there.get("/api/v1/me/").status_code == 401
    assert listed(here) == ["Firefox"]


def test_the_api_shows_others_to_who_manages_members(alice: User, bob: User, vera: User) -> None:
    opened(vera)
    theirs = f"?user={vera.pk}"
    assert listed(browser(alice), theirs) == ["Firefox"]
    assert listed(browser(bob), theirs) == []
    sign_in = SignIn.objects.get(user=vera)
    assert browser(bob).delete(f"{API}{sign_in.pk}/").status_code == 404
    assert browser(alice).get(f"{API}?user=x").status_code == 422
    assert browser(alice).delete(f"{API}{sign_in.pk}/").status_code == 204


def test_a_key_sees_where_its_person_is_signed_in(vera: User) -> None:
    opened(vera)
    text = services.create_api_key(name="k", role="viewer", user=vera, actor=None)[1]
    (found,) = key_client(text).get(API).json()["results"]
    assert found["is_current"] is False

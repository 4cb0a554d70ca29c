"""The pages of credentials, in each of their states."""

from typing import Any

import pytest

from apps.accounts.models import Folder, User
from apps.accounts.services import change_role, give_right
from apps.common.ids import uuid7
from apps.credentials.models import StoredCredential
from apps.credentials.services import set_enabled
from apps.dispatch import leases, passes
from apps.dispatch.passes import Wanted
from apps.dispatch.services import admit
from apps.workflows.services import create_workflow
from tests.credentials.keeping import SECRET, keep
from tests.factories.browsers import browser
from tests.workflows.definitions import edge, node

LIST = "/credentials/"


def text(user: User, place: str) -> str:
    page = browser(user).get(place)
    assert page.status_code == 200, place
    return page.content.decode()


def test_an_empty_list_says_what_it_will_hold(alice: User, bob: User, vera: User) -> None:
    assert 'href="/credentials/new/"' in text(alice, LIST)
    assert "Whoever manages credentials can add one" in text(bob, LIST)
    assert browser(vera).get(LIST).status_code == 403
    assert LIST not in text(vera, "/")


def test_a_credential_is_chosen_filled_in_and_kept(alice: User) -> None:
    client = browser(alice)
    assert "/credentials/new/headers/" in client.get("/credentials/new/").content.decode()
    form = {
        "name": "Stock",
        "headers": f"X-Id: 17\nX-Secret: {SECRET}",
        "hosts": "a.example b.example",
    }
    page: Any = client.post("/credentials/new/headers/", form, follow=True)
    shown = page.content.decode()
    made = StoredCredential.objects.get()
    assert page.redirect_chain[-1][0] == f"/credentials/{made.pk}/"
    assert made.hosts == ["a.example", "b.example"]
    assert "X-Id, X-Secret" in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("kind", "form", "said"),
    [
        ("bearer", {"token": "a b"}, "It holds signs that cannot be sent there."),
        ("bearer", {"token": SECRET, "hosts": "*"}, "is not a host"),
        ("header", {"header": "Host", "value": SECRET}, "The header Host is not for credentials."),
        ("headers", {"headers": "no colon"}, "Write each header as Name: value, one a line."),
        ("basic", {"username": "", "password": SECRET}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_a_secret_is_not_written_back(
    alice: User, kind: str, form: dict[str, str], said: str
) -> None:
    filled = {"name": "Stock", "hosts": "a.example", **form}
    page = browser(alice).post(f"/credentials/new/{kind}/", filled)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert 'value="Stock"' in page.content.decode()  # nothing else is lost
    assert SECRET not in page.content.decode()
    assert not StoredCredential.objects.exists()


def test_the_list_is_searched_filtered_and_paged(alice: User) -> None:
    for number in range(26):
        keep(alice, name=f"Stock {number:02}", hosts=[f"h{number:02}.example.com"])
    set_enabled(StoredCredential.objects.get(name="Stock 03"), actor=alice, enabled=False)
    assert "Stock 25" in text(alice, f"{LIST}?page=2")
    assert "Stock 25" not in text(alice, LIST)
    found = text(alice, f"{LIST}?q=h07.example")
    assert ("Stock 07" in found, "Stock 08" in found) == (True, False)
    disabled = text(alice, f"{LIST}?state=disabled")
    assert ("Stock 03" in disabled, "Stock 04" in disabled) == (True, False)
    assert "No credential fits these filters." in text(alice, f"{LIST}?q=nothing")
    assert browser(alice).get(f"{LIST}?kind=oauth").status_code == 422


def test_one_shows_what_uses_it_and_is_deleted_with_a_word_more(alice: User, bob: User) -> None:
    made = keep(alice)
    place = f"{LIST}{made.pk}/"
    assert "No workflow uses it yet." in text(bob, place)
    call = node("call", "http.request", config={"url": "https://x", "credential": str(made.pk)})
    definition = {"nodes": [node("start", "core.start"), call], "edges": [edge("start", "call")]}
    create_workflow(actor=bob, name="Stocktaking", definition=definition)
    shown = text(alice, place)
    assert ("Stocktaking" in shown, "Delete it all the same" in shown) == (True, True)
    client = browser(alice)
    page: Any = client.post(f"{place}delete/", follow=True)
    assert "Workflows use this credential" in page.content.decode()
    client.post(f"{place}delete/", {"confirmed": "on"})
    assert not StoredCredential.objects.exists()


def test_who_builds_sees_it_and_has_none_of_the_ways_to_change_it(alice: User, bob: User) -> None:
    place = f"{LIST}{keep(alice).pk}/"
    shown = text(bob, place)
    assert "Send request" in shown
    for way in ("Rotate</a>", "Save details", "Delete"):
        assert way in text(alice, place)
        assert way not in shown
    client = browser(bob)
    for way in ("", "rotate/", "disable/", "delete/"):
        assert client.post(f"{place}{way}", {"name": "x"}).status_code == 403


def test_details_are_saved_and_hosts_added_by_rotating_alone(alice: User) -> None:
    made = keep(alice)
    client, place = browser(alice), f"{LIST}{made.pk}/"
    saved = {"name": "Renamed", "description": "", "hosts": "api.example.com"}
    assert client.post(place, saved).status_code == 302
    refused = client.post(place, {**saved, "hosts": "evil.example"})
    assert refused.status_code == 422
    assert "Rotate the credential to add a host" in refused.content.decode()
    assert SECRET not in client.get(f"{place}rotate/").content.decode()
    rotated = {"token": "another-token-12", "hosts": "new.example"}
    assert client.post(f"{place}rotate/", rotated).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.hosts, made.last4) == ("Renamed", ["new.example"], "n-12")


def test_a_folders_admin_is_offered_their_folder_alone(alice: User, bob: User) -> None:
    folder = Folder.objects.create(name="Finance")
    Folder.objects.create(name="Elsewhere")
    give_right(folder, bob, role="admin", actor=alice)
    change_role(bob, role=None, actor=alice)
    shown = text(User.objects.get(pk=bob.pk), "/credentials/new/bearer/")
    assert "Finance" in shown
    assert "Elsewhere" not in shown
    assert "The whole workspace" not in shown


def test_trying_says_what_came_of_it(alice: User) -> None:
    place = f"{LIST}{keep(alice).pk}/test/"
    page = browser(alice).post(place, {"url": "https://evil.example/", "method": "GET"})
    assert page.status_code == 200
    assert "It did not work." in page.content.decode()
    assert "is not for evil.example" in page.content.decode()
    assert browser(alice).post(place, {"url": "", "method": "GET"}).status_code == 422


def test_calls_at_a_time_are_set_and_shown_with_their_use(alice: User) -> None:
    made = keep(alice)
    client, place = browser(alice), f"{LIST}{made.pk}/"
    saved = {"name": "Stock", "description": "", "hosts": "api.example.com"}
    shown = text(alice, place)
    assert "those above it wait for a free call" in shown
    assert "0 now" not in shown
    for bad in ("0", "-1", "10001", "1.5", "many"):
        refused = client.post(place, {**saved, "max_calls": bad})
        assert refused.status_code == 422, bad
    assert client.post(place, {**saved, "max_calls": "2"}).status_code == 302
    for _ in range(3):
        lease = leases.claim(admit(uuid7()).pk, "test")
        assert lease is not None
        passes.take(lease, [Wanted("call", made.pk, 2)])
    assert "2 now, 1 waits" in text(alice, place)
    assert client.post(place, saved).status_code == 302
    made.refresh_from_db()
    assert made.max_calls is None

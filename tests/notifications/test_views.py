"""Pages and endpoints of notifications: one's own, read once looked at; mails for who manages people."""

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.notifications import kinds, services
from apps.notifications.models import Mail, Notification
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from tests.factories.browsers import browser
from tests.factories.cast import api_client

LETTER = Letter("welcome", "A mail", {"tenant": {"name": "x"}, "address": "y"})


@pytest.fixture
def news(oscar: User) -> Notification:
    notice = Notice(oscar, "Refund Ada?", text="Refunds", path="/approvals/", letter=LETTER)
    services.tell([notice], kind="approval.asked", key="k", about=uuid7())
    return Notification.objects.get()


def test_the_bell_counts_and_the_list_tells(oscar: User, vera: User, news: Notification) -> None:
    page = browser(oscar).get("/notifications/").content.decode()
    assert "Refund Ada?" in page
    assert "A decision is asked of you" in page
    assert 'data-count="notifications:list" >1<' in " ".join(page.split())
    assert "Refund Ada?" not in browser(vera).get("/notifications/?show=all").content.decode()
    assert "News for you will be listed" in browser(vera).get("/notifications/").content.decode()


def test_the_list_is_searched_and_filtered(oscar: User, news: Notification) -> None:
    client = browser(oscar)
    assert b"Refund Ada?" in client.get("/notifications/?q=ada&kind=approval.asked").content
    assert b"No notification fits" in client.get("/notifications/?q=nothing").content
    assert b"No notification fits" in client.get("/notifications/?kind=approval.reminder").content
    assert client.get("/notifications/?show=rubbish&page=9").status_code == 200


def test_opening_marks_it_read_and_leads_on(oscar: User, news: Notification) -> None:
    client = browser(oscar)
    path = reverse("notifications:open", args=[news.pk])
    assert client.get(path).status_code == 405
    assert client.post(path)["Location"] == "/approvals/"
    news.refresh_from_db()
    assert news.read_at is not None
    assert b"You have seen everything" in client.get("/notifications/").content


def test_it_leads_nowhere_else(oscar: User, news: Notification) -> None:
    Notification.objects.update(path="//evil.example/")
    path = reverse("notifications:open", args=[news.pk])
    assert browser(oscar).post(path)["Location"] == "/notifications/"


def test_others_cannot_open_or_read_it(vera: User, news: Notification) -> None:
    path = reverse("notifications:open", args=[news.pk])
    assert browser(vera).post(path).status_code == 404
    assert api_client(vera).post(f"/api/v1/notifications/{news.pk}/read/").status_code == 404
    assert api_client(vera).get("/api/v1/notifications/").json()["results"] == []
    browser(vera).post("/notifications/read/")
    news.refresh_from_db()
    assert news.read_at is None


def test_all_are_marked_read(oscar: User, news: Notification) -> None:
    assert browser(oscar).post("/notifications/read/").status_code == 302
    assert not Notification.objects.unread().exists()


def test_the_api_lists_and_marks(oscar: User, news: Notification) -> None:
    client = api_client(oscar)
    (told,) = client.get("/api/v1/notifications/", {"unread": "true"}).json()["results"]
    assert (told["title"], told["path"], told["read_at"]) == ("Refund Ada?", "/approvals/", None)
    assert client.post(f"/api/v1/notifications/{news.pk}/read/").json()["read_at"]
    assert client.get("/api/v1/notifications/", {"unread": "true"}).json()["results"] == []
    assert client.post("/api/v1/notifications/read/").json() == {"marked": 0}


def test_people_choose_what_is_mailed(oscar: User) -> None:
    client = browser(oscar)
    page = client.get("/notifications/mailed/").content.decode()
    assert page.count("checked") == len(kinds.mailed())
    client.post("/notifications/mailed/", {"mailed": ["approval.reminder"]})
    assert services.mailed_kinds(oscar) == ["approval.reminder"]
    assert client.post("/notifications/mailed/", {"mailed": ["rubbish"]}).status_code == 422


def test_the_outbox_is_for_who_manages_people(alice: User, bob: User, news: Notification) -> None:
    Mail.objects.update(status="dead", error="OSError: no server")
    page = browser(alice).get("/mails/?status=dead&q=mail").content.decode()
    assert "A mail" in page
    assert "OSError: no server" in page
    assert b"No mail fits" in browser(alice).get("/mails/?q=nothing").content
    path = reverse("notifications:send_again", args=[Mail.objects.get().pk])
    assert browser(bob).get("/mails/").status_code == 403
    assert browser(bob).post(path).status_code == 403
    assert browser(alice).post(path)["Location"] == "/mails/"
    assert Mail.objects.get().status == "queued"

"""The tabs above the list of runs, and the dialogs by which views are saved, changed and deleted."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.services import change_role, create_folder, give_right
from apps.common.ids import uuid7
from apps.runs.models import Run, SavedView
from apps.runs.services import save_view, saved_views
from apps.workflows.services import delete_workflow, find_workflow
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.runs import carry
from tests.runs.scenes import failing, published, started

pytestmark = pytest.mark.django_db

FAILED = {"status": "failed"}
SAVE = 'aria-label="Save view"'


@pytest.fixture
def failed(bob: User) -> Run:
    return carry(started(published(bob, failing(), name="Refunds"), bob))


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def tabs(answer: Any) -> list[tuple[str, int | None, bool]]:
    return [(tab.view.name, tab.count, tab.is_current) for tab in answer.context["tabs"]]


def test_views_are_tabs_with_counts(vera: User, bob: User, failed: Run) -> None:
    carry(started(published(bob), bob))
    save_view(actor=bob, name="By Bob", filters={"time": "hour"}, is_shared=True)
    save_view(actor=bob, name="Bob alone", filters=FAILED)
    save_view(actor=vera, name="Broken", filters=FAILED)
    save_view(actor=vera, name="Named", filters={"q": "refund"})
    save_view(actor=vera, name="By hand", filters={"trigger": "manual"})
    page = browser(vera).get("/runs/?status=failed")
    assert tabs(page) == [
        ("Broken", 1, True),
        ("Named", None, False),  # nothing finds these without reading them all
        ("By hand", None, False),
        ("By Bob", 2, False),
    ]
    text = text_of(page)
    strip = text.split('aria-label="Views of runs"')[1].split("</nav>")[0]
    assert strip.count('aria-current="page"') == 1
    assert "Shared by Bob" in text
    assert SAVE not in text
    several = browser(vera).get("/runs/?status=failed,succeeded")
    assert text_of(several).count('aria-current="true"') == 2  # of the status counts
    everything = text_of(browser(vera).get("/runs/"))
    assert SAVE not in everything
    assert 'id="change-view"' not in everything


def test_the_tab_is_the_one_whose_filters_are_those_of_the_address(vera: User) -> None:
    save_view(actor=vera, name="Broken", filters={"status": "failed,timed_out", "time": "day"})
    client = browser(vera)
    for query in ("time=day&status=timed_out,failed", "status=failed,timed_out&time=day&page=2&q="):
        assert tabs(client.get(f"/runs/?{query}"))[0][2], query
    other = client.get("/runs/?status=failed&time=day")
    assert not tabs(other)[0][2]
    assert SAVE in text_of(other)
    assert SAVE not in client.get("/runs/?status=broken").content.decode()


def test_a_view_is_saved_and_shown(vera: User) -> None:
    answer = browser(vera).post(
        "/runs/views/?status=failed&page=3", {"name": "Broken"}, follow=True
    )
    assert answer.redirect_chain == [("/runs/?status=failed", 302)]
    assert "“Broken” is saved." in text_of(answer)
    assert tabs(answer) == [("Broken", 0, True)]
    view = SavedView.objects.get()
    assert (view.owner, view.filters, view.is_shared) == (vera, FAILED, False)


def test_what_does_not_fit_is_said_in_the_dialog(
    vera: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(vera)

    def refused(**sent: str) -> str:
        answer = client.post("/runs/views/?status=timed_out", {"replaces": "new", **sent})
        assert answer.status_code == 422
        text = answer.content.decode()
        assert "open>" in text.split('id="save-view"')[1].split("</dialog>")[0]
        return str(text)

    assert "Give the view a name." in refused(name=" ")
    assert "Use 60 characters at most." in refused(name="x" * 61)
    save_view(actor=vera, name="Broken", filters=FAILED)
    text = refused(name="broken", is_shared="on")
    assert "A view has this name already." in text
    assert 'value="broken"' in text  # nothing that was written is lost
    monkeypatch.setattr(saved_views, "MOST_OWN", 1)
    assert "You have 1 views, which is the most." in refused(name="Late")
    assert client.get("/runs/views/?status=failed").headers["Location"] == "/runs/?status=failed"


def test_the_head_counts_what_is_listed(vera: User, bob: User, failed: Run) -> None:
    carry(started(published(bob), bob))
    assert "1 run fits the filters" in text_of(browser(vera).get("/runs/?status=failed"))


def test_filters_replace_those_of_a_view_that_one_may_change(vera: User, bob: User) -> None:
    view = save_view(actor=vera, name="Broken", filters=FAILED)
    theirs = save_view(actor=bob, name="By Bob", filters=FAILED, is_shared=True)
    client = browser(vera)
    assert "“Broken”, with these filters" in text_of(client.get("/runs/?status=timed_out"))
    client.post("/runs/views/?status=timed_out", {"replaces": str(view.pk), "name": ""})
    view.refresh_from_db()
    assert (view.name, view.filters) == ("Broken", {"status": "timed_out"})
    refused = client.post("/runs/views/?status=paused", {"replaces": str(theirs.pk)})
    assert refused.status_code == 422
    theirs.refresh_from_db()
    assert theirs.filters == FAILED


def test_a_view_is_renamed_shared_and_deleted(vera: User) -> None:
    view = save_view(actor=vera, name="Broken", filters=FAILED)
    save_view(actor=vera, name="Late", filters={"status": "timed_out"})
    client, url = browser(vera), f"/runs/views/{view.pk}/"
    assert client.get(url).headers["Location"] == "/runs/?status=failed"
    shown = text_of(client.get("/runs/?status=failed"))
    assert 'aria-label="Change the view Broken"' in shown
    refused = client.post(f"{url}?status=failed", {"name": "late"})
    assert refused.status_code == 422
    dialog = refused.content.decode().split('id="change-view"')[1].split("</dialog>")[0]
    assert "A view has this name already." in dialog
    answer = client.post(f"{url}?status=failed", {"name": "Ours", "is_shared": "on"}, follow=True)
    assert "“Ours” is changed." in text_of(answer)
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Ours", True)
    answer = client.post(f"{url}delete/", follow=True)
    assert "“Ours” is deleted." in text_of(answer)
    assert tabs(answer) == [("Late", 0, False)]


def test_a_shared_view_is_its_owners_and_who_moderates(alice: User, bob: User, vera: User) -> None:
    view = save_view(actor=vera, name="Ours", filters=FAILED, is_shared=True)
    url = f"/runs/views/{view.pk}/"
    assert 'id="change-view"' not in text_of(browser(bob).get("/runs/?status=failed"))
    assert browser(bob).post(url, {"name": "x", "is_shared": "on"}).status_code == 403
    assert browser(bob).post(f"{url}delete/").status_code == 403
    assert 'id="change-view"' in text_of(browser(alice).get("/runs/?status=failed"))
    assert browser(alice).post(f"{url}delete/").status_code == 302
    assert browser(alice).post(f"{url}delete/").status_code == 404


def test_a_shared_view_shows_each_reader_only_what_they_may_see(
    alice: User, vera: User, failed: Run
) -> None:
    filters = {"workflow": str(failed.workflow_id)}
    save_view(actor=vera, name="Refunds here", filters=filters, is_shared=True)
    guest = member("Greta", "viewer")
    change_role(guest, role=None, actor=alice)
    give_right(create_folder(name="Elsewhere", actor=alice), guest, role="viewer", actor=alice)
    page = browser(guest).get("/runs/", filters)
    assert tabs(page) == [("Refunds here", 0, True)]
    text = text_of(page)
    assert "is gone, or you may not see it" in text
    assert str(failed.pk) not in text
    assert "Refunds</" not in text


def test_a_view_of_what_is_gone_says_so(bob: User, vera: User, failed: Run) -> None:
    for name, workflow in (("Binned", failed.workflow_id), ("Gone", uuid7())):
        save_view(actor=vera, name=name, filters={"workflow": str(workflow)})
    delete_workflow(find_workflow(failed.workflow_id, actor=bob), actor=bob)
    client = browser(vera)
    binned = client.get(f"/runs/?workflow={failed.workflow_id}")
    assert "Refunds (in the bin)" in text_of(binned)
    assert [line.run.pk for line in binned.context["lines"]] == [failed.pk]
    gone = text_of(client.get(f"/runs/views/{SavedView.objects.get(name='Gone').pk}/", follow=True))
    assert "The workflow of these filters is gone, or you may not see it." in gone
    assert "gone, or not yours to see" in gone


def test_a_view_with_a_filter_that_there_is_no_more_opens_with_words(vera: User) -> None:
    view = SavedView.objects.create(owner=vera, name="Old", filters={"status": "broken"})
    client = browser(vera)
    assert tabs(client.get("/runs/")) == [("Old", None, False)]
    answer = client.get(f"/runs/views/{view.pk}/", follow=True)
    assert answer.status_code == 422
    assert "The address asks for something that is not there." in answer.content.decode()


def test_filters_without_a_choice_are_shown_and_can_be_taken_away(vera: User) -> None:
    text = text_of(browser(vera).get("/runs/?since=2026-01-31&trigger=api,webhook"))
    assert "From <b>2026-01-31</b>" in text
    assert 'href="/runs/?trigger=api%2Cwebhook"' in text
    assert ">api, webhook</option>" in text

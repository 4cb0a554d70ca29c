"""The search of every page: what it finds, and for whom."""

import pytest

from apps.accounts.models import Folder, User
from apps.accounts.services import add_member, change_role, give_right
from apps.credentials.services import create_credential
from apps.dashboard import searching
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow, publish_workflow
from tests.factories.browsers import browser
from tests.workflows.definitions import greeting


@pytest.fixture
def refunds(bob: User) -> Workflow:
    made = create_workflow(actor=bob, name="Refund triage", definition=greeting())
    publish_workflow(made, actor=bob)
    made.refresh_from_db()
    return made


def ledger(actor: User) -> None:
    values = {"token": "tok-refund"}
    create_credential(
        actor=actor, name="Refund ledger", kind="bearer", values=values, hosts=["ledger.example"]
    )


def titles(user: User, text: str) -> dict[str, list[str]]:
    return {hits.label: [hit.title for hit in hits.rows] for hits in searching.search(user, text)}


def test_things_are_found_by_a_part_of_their_name(alice: User, refunds: Workflow) -> None:
    ledger(alice)
    found = titles(alice, "REFUND")
    assert found["Workflows"] == ["Refund triage"]
    assert found["Credentials"] == ["Refund ledger"]
    assert titles(alice, "single")["Places"] == ["Single sign-on"]


def test_members_are_found_by_name_and_address(alice: User, bob: User) -> None:
    for text in (bob.name[:3], bob.email.split("@")[0]):
        assert str(bob) in titles(alice, text)["Members"]
    page = browser(alice).get("/search/", {"q": bob.email}).content.decode()
    assert f"/members/?q={bob.email.replace('@', '%40')}" in page


def test_a_run_is_found_by_the_end_of_its_id(alice: User, refunds: Workflow) -> None:
    version = refunds.published_version
    assert version is not None
    run = Run.objects.create(workflow=refunds, version=version, status="failed")
    for text in (str(run.pk), str(run.pk)[-6:].upper()):
        (hits,) = [each for each in searching.search(alice, text) if each.label == "Runs"]
        assert [(hit.url, hit.more) for hit in hits.rows] == [
            (f"/runs/{run.pk}/", f"Failed, run {str(run.pk)[-6:].upper()}")
        ]
    assert "Runs" not in titles(alice, "refund")


def test_without_a_text_come_what_was_edited_and_all_places(bob: User, refunds: Workflow) -> None:
    found = titles(bob, "  ")
    assert list(found) == ["Edited last", "Places"]
    assert found["Edited last"] == ["Refund triage"]
    assert "Home" in found["Places"]


def test_nobody_finds_what_they_may_not_see(
    alice: User, vera: User, refunds: Workflow, beta: Tenant
) -> None:
    ledger(alice)
    assert "Single sign-on" not in titles(vera, "")["Places"]
    assert "Places" not in titles(vera, "single sign-on")
    assert "Credentials" not in titles(vera, "refund")
    with tenant_context(beta):
        assert titles(alice, "refund") == {}


def test_a_guest_of_a_folder_finds_what_lies_there(alice: User, refunds: Workflow) -> None:
    eve = add_member(email="eve@x.example", name="Eve", role="viewer", password="correct horse 7")
    inside, outside = Folder.objects.create(name="In"), Folder.objects.create(name="Out")
    give_right(inside, eve, role="viewer", actor=alice)
    change_role(eve, role=None, actor=alice)
    eve = User.objects.get(pk=eve.pk)
    create_workflow(actor=alice, name="Refund inside", folder=inside, definition=greeting())
    create_workflow(actor=alice, name="Refund outside", folder=outside, definition=greeting())
    assert titles(eve, "refund") == {"Workflows": ["Refund inside"]}


def test_the_page_says_when_nothing_is_called_so_and_marks_up_nothing(vera: User) -> None:
    page = browser(vera).get("/search/", {"q": "<b>zzz"}).content.decode()
    assert "Nothing is called “&lt;b&gt;zzz”." in page
    assert "<b>zzz" not in page


def test_long_texts_are_cut_and_strangers_sign_in_first(vera: User) -> None:
    assert browser(vera).get("/search/", {"q": "x" * 10_000}).status_code == 200
    assert browser().get("/search/").status_code == 302

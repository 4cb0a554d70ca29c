"""Saved views: filters of the list of runs under a name, for one person or for the workspace."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.accounts.services import (
    change_role,
    create_folder,
    create_role,
    give_right,
    preview,
    remove_member,
)
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid, NotFound
from apps.runs.exceptions import TooManyViews, ViewNameTaken, ViewOfNobody
from apps.runs.models import SavedView
from apps.runs.services import change_view, find_view, remove_view, save_view, saved_views
from tests.factories.cast import member

pytestmark = pytest.mark.django_db

FAILED = {"status": "failed"}


def saved(actor: User, name: str = "Failed", **given: Any) -> SavedView:
    return save_view(actor=actor, name=name, filters=given.pop("filters", FAILED), **given)


def test_a_view_keeps_what_the_list_understands(vera: User) -> None:
    asked = {"status": " timed_out,failed ", "time": "day", "q": "", "workflow": ""}
    view = saved(vera, "  Broken \n today ", filters=asked)
    assert (view.name, view.owner, view.is_shared) == ("Broken today", vera, False)
    assert view.filters == {"status": "failed,timed_out", "time": "day"}
    entry = AuditEntry.objects.get(action="run_view.saved")
    assert entry.target_label == "Broken today"
    assert entry.after == {"name": view.name, "filters": view.filters, "is_shared": False}


@pytest.mark.parametrize(
    ("name", "filters", "field"),
    [
        ("", FAILED, "name"),
        ("x" * 61, FAILED, "name"),
        ("all RUNS", FAILED, "name"),
        ("Failed", {}, "filters"),
        ("Failed", {"status": "broken"}, "filters.status"),
        ("Failed", {"time": "year"}, "filters.time"),
        ("Failed", {"page": "2"}, "filters.page"),
        ("Failed", {"cursor": "x"}, "filters.cursor"),
        ("Failed", {"q": "x" * 201}, "filters.q"),
    ],
)
def test_what_is_no_view_is_said_at_its_field(
    vera: User, name: str, filters: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        saved(vera, name, filters=filters)
    assert refused.value.errors[0]["field"] == field
    assert not SavedView.objects.exists()


def test_people_see_their_own_views_and_the_shared_ones(vera: User, bob: User) -> None:
    own, shared = saved(vera, "Mine"), saved(vera, "Ours", is_shared=True)
    assert find_view(own.pk, actor=vera) == own
    assert find_view(shared.pk, actor=bob) == shared
    with pytest.raises(NotFound):
        find_view(own.pk, actor=bob)


def test_who_sees_no_runs_has_no_views(alice: User, vera: User) -> None:
    shared = saved(vera, is_shared=True)
    role = create_role(label="Asks", permissions=["member.view"], actor=alice)
    stranger = member("Sid", role.name)
    with pytest.raises(NotFound):
        find_view(shared.pk, actor=stranger)
    with pytest.raises(Forbidden):
        saved(stranger)


def test_who_sees_runs_of_a_folder_alone_has_views_too(alice: User, vera: User) -> None:
    shared, folder = saved(vera, is_shared=True), create_folder(name="Inside", actor=alice)
    guest = member("Greta", "viewer")
    change_role(guest, role=None, actor=alice)
    give_right(folder, guest, role="viewer", actor=alice)
    guest.forget_bindings()
    assert find_view(shared.pk, actor=guest) == shared
    assert saved(guest, "Mine").owner == guest


def test_a_name_is_taken_by_ones_own_views_and_by_shared_ones(vera: User, bob: User) -> None:
    saved(vera)
    with pytest.raises(ViewNameTaken):
        saved(vera, "failed")
    saved(bob, is_shared=True)  # somebody else's own views say nothing
    with pytest.raises(ViewNameTaken):
        change_view(saved(vera, "Mine"), actor=vera, changes={"name": "FAILED", "is_shared": True})
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(owner=vera, name="FAILED", filters=FAILED)


def test_there_is_a_most_for_a_person_and_for_the_workspace(
    vera: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_views, "MOST_OWN", 2)
    monkeypatch.setattr(saved_views, "MOST_SHARED", 1)
    saved(vera, "One", is_shared=True)
    saved(vera, "Two")
    with pytest.raises(TooManyViews, match="You have 2 views"):
        saved(vera, "Three")
    with pytest.raises(TooManyViews, match="The workspace has 1 shared views"):
        saved(bob, "Four", is_shared=True)
    mine = saved(bob, "Four")
    with pytest.raises(TooManyViews):
        change_view(mine, actor=bob, changes={"is_shared": True})
    changed = change_view(mine, actor=bob, changes={"name": "Five"})
    assert changed.name == "Five"


def test_an_owner_changes_shares_and_deletes_a_view(vera: User) -> None:
    view = saved(vera)
    changes = {"name": "Late", "filters": {"status": "timed_out"}, "is_shared": True}
    view = change_view(view, actor=vera, changes=changes)
    assert (view.name, view.filters, view.is_shared) == ("Late", {"status": "timed_out"}, True)
    entry = AuditEntry.objects.get(action="run_view.changed")
    assert entry.before == {"name": "Failed", "filters": FAILED, "is_shared": False}
    assert entry.after == changes
    remove_view(view, actor=vera)
    assert not SavedView.objects.exists()
    assert AuditEntry.objects.get(action="run_view.removed").before == changes


def test_only_who_moderates_changes_a_shared_view_of_somebody_else(
    alice: User, bob: User, vera: User
) -> None:
    view = saved(vera, is_shared=True)
    with pytest.raises(Forbidden):
        remove_view(view, actor=bob)
    with pytest.raises(Forbidden):
        change_view(view, actor=bob, changes={"name": "x"})
    assert change_view(view, actor=alice, changes={"name": "Ours"}).name == "Ours"
    remove_view(view, actor=alice)
    assert not SavedView.objects.exists()


def test_nobody_reaches_an_own_view_of_somebody_else(alice: User, vera: User) -> None:
    view = saved(vera)
    with pytest.raises(NotFound):
        remove_view(view, actor=alice)
    with pytest.raises(NotFound):
        change_view(view, actor=alice, changes={"name": "x"})


def test_who_leaves_takes_their_own_views_and_leaves_the_shared_ones(
    alice: User, bob: User, vera: User
) -> None:
    saved(vera, "Mine")
    shared = saved(vera, "Ours", is_shared=True)
    remove_member(vera, actor=alice)
    shared.refresh_from_db()
    assert list(SavedView.objects.all()) == [shared]
    assert shared.owner is None
    with pytest.raises(Forbidden):
        remove_view(shared, actor=bob)
    with pytest.raises(ViewOfNobody):
        change_view(shared, actor=alice, changes={"is_shared": False})
    assert change_view(shared, actor=alice, changes={"name": "Theirs"}).name == "Theirs"


def test_an_heir_looks_after_shared_views(alice: User, bob: User, vera: User) -> None:
    saved(vera, "Mine")
    shared, kept = saved(vera, "Ours", is_shared=True), saved(vera, "Late", is_shared=True)
    saved(bob, "LATE ")
    (share,) = [each for each in preview(vera, bob, actor=alice) if each.name == "run_views"]
    assert [(thing.name, thing.stays) for thing in share.things] == [
        ("Ours", ""),
        ("Late", "Bob has a view of this name."),
    ]
    remove_member(vera, actor=alice, heir=bob)
    shared.refresh_from_db()
    kept.refresh_from_db()
    assert (shared.owner, kept.owner) == (bob, None)
    assert AuditEntry.objects.get(action="run_view.handed_over").after == {"owner": "Bob"}

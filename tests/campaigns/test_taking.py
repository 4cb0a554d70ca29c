"""Fixing rights: all of the scope, as they are at one moment, each asked of somebody else than its holder."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Folder, Group, User
from apps.accounts.services import (
    create_folder,
    create_service_key,
    give_right,
    remove_member,
    set_active,
)
from apps.audit.models import AuditEntry
from apps.campaigns import rights, services, taking
from apps.campaigns.models import Campaign, Item, Sort
from apps.dispatch.models import Chore
from apps.notifications.models import Mail, Notification
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.campaigns.conftest import right, started
from tests.factories.cast import member

pytestmark = pytest.mark.django_db(transaction=True)


def held(campaign: Campaign) -> set[tuple[str, str, str]]:
    return {(each.holder_label, each.sort, each.place) for each in campaign.items.all()}


def test_all_that_is_held_is_found(everything: None, alice: User, bob: User) -> None:
    campaign = started(alice)
    assert campaign.status == Campaign.Status.OPEN
    assert campaign.taken_at is not None
    assert held(campaign) == {
        *((name, "member", "Workspace") for name in ("Alice", "Bob", "Vera")),
        *((name, "role", "Workspace") for name in ("Alice", "Bob", "Vera")),
        ("Vera", "folder", "Claims"),
        ("Vera", "membership", "Workspace"),
        ("Group Support", "group_role", "Workspace"),
        ("Group Support", "folder", "Claims"),
        ("Bob", "key", "Workspace"),
        ("Export", "program", "Workspace"),
        ("Export", "key", "Workspace"),
    }
    assert campaign.total == campaign.items.count()
    entry = AuditEntry.objects.get(action="campaign.opened")
    assert entry.after == {"items": campaign.total, "without_reviewer": campaign.items.filter(reviewer=None).count()}  # fmt: skip


def test_it_says_what_a_right_is_and_what_helps_to_decide(everything: None, alice: User) -> None:
    campaign = started(alice)
    place = right(campaign, "Vera", Sort.MEMBERSHIP)
    assert place.label == "In group Support"
    assert place.terms["brings"] == ["Operator (Workspace)", "Viewer (Claims)"]
    assert right(campaign, "Vera", Sort.ROLE).signs["through"] == "given here"
    assert right(campaign, "Bob", Sort.MEMBER).signs["second factor"] is False
    assert "secret" not in str(right(campaign, "Bob", Sort.KEY).terms)


def test_the_scope_is_what_was_chosen(everything: None, alice: User, folder: Folder) -> None:
    deep = create_folder(name="Deep", parent=folder, actor=alice)
    give_right(deep, member("Dora", "viewer"), role="viewer", actor=alice)
    give_right(create_folder(name="Other", actor=alice), member("Olaf", "viewer"), role="viewer", actor=alice)  # fmt: skip
    there = started(alice, folder=folder, sorts=[])
    assert held(there) == {
        ("Vera", "folder", "Claims"),
        ("Group Support", "folder", "Claims"),
        ("Dora", "folder", "Deep"),
    }
    strong = started(alice, roles=["owner", "builder"], sorts=["role", "folder"])
    assert {(each.holder_label, each.label) for each in strong.items.all()} == {
        ("Alice", "Owner"), ("Bob", "Builder"), ("Vera", "Builder"),
    }  # fmt: skip


def test_nobody_is_asked_about_what_is_their_own(everything: None, alice: User, adam: User) -> None:
    by_person = started(alice, reviewers="person", reviewer=adam)
    assert right(by_person, "Bob", Sort.ROLE).reviewer == adam
    assert right(by_person, "Adam", Sort.ROLE).reviewer == alice
    # Alice made the program's key, and owns the campaign: she is not asked where she is concerned.
    assert right(by_person, "Export", Sort.KEY).reviewer == adam
    alone = started(alice, reviewers="person", reviewer=alice, sorts=["role"])
    assert right(alone, "Alice", Sort.ROLE).reviewer is None


def test_managers_are_asked_about_their_folder(
    everything: None, alice: User, adam: User, folder: Folder, support: Group
) -> None:
    mona = member("Mona", "operator")
    give_right(folder, mona, role="admin", actor=alice)
    campaign = started(alice)
    assert right(campaign, "Vera", Sort.FOLDER).reviewer == mona
    assert right(campaign, "Group Support", Sort.FOLDER).reviewer == mona
    assert right(campaign, "Mona", Sort.FOLDER).reviewer in {alice, adam}
    assert right(campaign, "Bob", Sort.ROLE).reviewer in {alice, adam}


def test_those_of_a_role_share_the_work(alice: User) -> None:
    first, second = member("Rita", "operator"), member("Rolf", "operator")
    for number in range(12):
        member(f"P{number}", "viewer")
    role = first.role
    campaign = started(alice, reviewers="role", reviewer_role=role)
    asked = campaign.items.values_list("reviewer", flat=True)
    assert set(asked) == {first.pk, second.pk}
    of_one = campaign.items.filter(holder_label="P3").values_list("reviewer", flat=True)
    assert len(set(of_one)) == 1


def test_who_left_or_may_not_decide_is_not_asked(alice: User, adam: User, vera: User) -> None:
    set_active(adam, active=False, actor=alice)
    campaign = started(alice, sorts=["role"])
    assert set(campaign.items.values_list("reviewer", flat=True)) == {alice.pk, None}
    assert right(campaign, "Adam", Sort.ROLE).signs["suspended"] is True
    remove_member(adam, actor=alice)
    assert "Adam" not in {each[0] for each in held(started(alice))}


def test_reviewers_are_told_once_with_a_mail(everything: None, alice: User, adam: User) -> None:
    campaign = started(alice, reviewers="person", reviewer=adam)
    for _ in range(2):
        taking.carry(campaign.pk)
    told = Notification.objects.get(user=adam, kind="campaign.asked")
    assert told.path == f"/access/reviews/{campaign.pk}/"
    assert Mail.objects.filter(recipient=adam.email, kind="campaign.asked").count() == 1
    assert not Chore.objects.filter(kind=taking.CHORE, subject=campaign.pk).exists()


def test_it_is_taken_in_pieces_and_once(
    everything: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "PIECE", 2)
    campaign = started(alice)
    total = campaign.items.count()
    taking.carry(campaign.pk)
    assert campaign.items.count() == total == campaign.total


def test_what_changes_while_it_is_read_is_not_half_in_it(
    alpha: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is made a member, with a role, after the first people were read: neither is in it."""
    monkeypatch.setattr(taking, "PIECE", 1)
    pieces = taking._pieces

    def interrupted() -> Any:
        for number, piece in enumerate(pieces()):
            yield piece
            if number == 0:
                thread = Thread(target=_come, args=(alpha,))
                thread.start()
                thread.join()

    monkeypatch.setattr(taking, "_pieces", interrupted)
    campaign = started(alice)
    assert User.objects.filter(name="Late").exists()
    assert {each[0] for each in held(campaign)} == {"Alice"}


def _come(tenant: Tenant) -> None:
    with tenant_context(tenant):
        member("Late", "admin")
    connection.close()


def test_a_worker_that_dies_leaves_nothing(
    everything: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(rights, "of_groups", lambda groups: 1 / 0)
        campaign = services.start_campaign(
            actor=alice, name="Dies", sorts=Sort.values, reviewers="managers"
        )
        with pytest.raises(ZeroDivisionError):
            taking.carry(campaign.pk)
        assert not Item.objects.exists()
    assert Chore.objects.filter(kind=taking.CHORE, subject=campaign.pk).exists()
    taking.carry(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.is_open


def test_what_was_given_up_is_not_taken(everything: None, alice: User) -> None:
    campaign = services.start_campaign(
        actor=alice, name="Wrong", sorts=Sort.values, reviewers="managers"
    )
    services.cancel(campaign, actor=alice, reason="The wrong scope.")
    taking.carry(campaign.pk)
    assert not Item.objects.exists()
    assert not Notification.objects.filter(kind="campaign.asked").exists()


def test_dormant_programs_are_marked(alice: User) -> None:
    create_service_key(name="Old", role="viewer", actor=alice)
    long_ago = timezone.now() - timedelta(days=100)
    User.objects.filter(name="Old").update(created_at=long_ago)
    campaign = started(alice)
    assert right(campaign, "Old", Sort.PROGRAM).signs["dormant"] is True

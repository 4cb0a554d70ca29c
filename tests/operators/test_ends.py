"""Wanting the end of a workspace, hearing of it, and taking it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.audit.models import AuditEntry
from apps.operators import ends
from apps.operators.exceptions import AlreadyScheduled, Held, TooLate
from apps.operators.models import Deletion
from apps.retention.services import place_hold, release_hold
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.factories.browsers import browser, staff_browser
from tests.factories.operators import platform_client, staff

PAGE, KEEP = "/workspace/delete/", "/workspace/keep/"
DELETIONS = "/api/v1/deletions/"
CONSOLE = "/operators/deletion/"


def end_of(tenant: Tenant) -> Any:
    with public_scope():
        return Tenant.objects.get(pk=tenant.pk).deletes_at


def test_an_owner_schedules_it_by_typing_the_address(
    alice: User, alpha: Tenant, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    add_member(email="second@owner.example", name="Second", role="owner")
    client = browser(alice)
    assert "Delete the workspace" in client.get(PAGE).content.decode()
    for wrong in ("", "beta", "Alpha"):
        assert client.post(PAGE, {"slug": wrong}).status_code == 422
    assert end_of(alpha) is None
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(PAGE, {"slug": "alpha", "reason": "We move."}).status_code == 302
    wanted = timezone.now() + timedelta(days=settings.DELETION_GRACE_DAYS)
    assert abs(end_of(alpha) - wanted) < timedelta(minutes=1)
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "alice@owner.example", "second@owner.example"
    ]  # fmt: skip
    assert "We move." in str(mail.outbox[0].body)
    assert AuditEntry.objects.get(action="workspace.deletion_scheduled").actor_label == "Alice"
    with public_scope():
        told = AuditEntry.objects.get(action="workspace.deletion_scheduled")
    assert told.actor_label == "An owner of alpha (alice@owner.example)"
    assert told.actor_type == "owner"


def test_everybody_sees_the_banner_and_owners_can_keep_it(
    alice: User, vera: User, alpha: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ends.schedule(alpha, asker=ends.Asker.owner(alice, alpha))
    owner, viewer = browser(alice), browser(vera)
    for client, link in ((owner, True), (viewer, False)):
        page = client.get("/").content.decode()
        assert "This workspace will be deleted on" in page
        assert ("Keep the workspace" in page) is link
    assert viewer.post(KEEP).status_code == 403
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.post(KEEP).status_code == 302
    assert end_of(alpha) is None
    assert "stays" in mail.outbox[0].subject
    assert "will be deleted" not in owner.get("/").content.decode()
    assert owner.post(KEEP).status_code == 302  # nothing left to keep
    assert AuditEntry.objects.filter(action="workspace.deletion_cancelled").count() == 1


def test_only_owners_with_a_fresh_proof_may(alice: User, alpha: Tenant) -> None:
    admin = add_member(email="admin@admin.example", name="Adam", role="admin")
    assert browser(admin).get(PAGE).status_code == 403
    assert browser(admin).post(PAGE, {"slug": "alpha"}).status_code == 403
    client = browser(alice)
    session = client.session
    del session["proved_at"]
    session.save()
    assert client.post(PAGE, {"slug": "alpha"}).status_code == 302
    assert end_of(alpha) is None


def test_a_hold_keeps_it_and_one_end_is_enough(alice: User, alpha: Tenant) -> None:
    hold = place_hold(actor=alice, workflow=None, reason="Case 7")
    asker = ends.Asker.owner(alice, alpha)
    with pytest.raises(Held):
        ends.schedule(alpha, asker=asker)
    assert "legal hold" in browser(alice).get(PAGE).content.decode()
    refused = browser(alice).post(PAGE, {"slug": "alpha"}, follow=True)
    assert "release the hold first" in refused.content.decode()
    assert end_of(alpha) is None
    release_hold(hold, actor=alice)
    deletion = ends.schedule(alpha, asker=asker)
    with pytest.raises(AlreadyScheduled):
        ends.schedule(alpha, asker=asker)
    ends.cancel(deletion, asker=asker)
    with pytest.raises(TooLate):
        ends.cancel(deletion, asker=asker)


def test_programs_schedule_read_and_cancel(alice: User, alpha: Tenant) -> None:
    client = platform_client()
    wanted = {"slug": "alpha", "reason": "Contract over", "grace_days": 3}
    assert client.post(DELETIONS, wanted | {"slug": "nowhere"}).status_code == 422
    assert client.post(DELETIONS, wanted | {"grace_days": 91}).status_code == 422
    made = client.post(DELETIONS, wanted)
    assert (made.status_code, made.json()["state"]) == (201, "scheduled")
    assert client.post(DELETIONS, wanted).json()["code"] == "already_scheduled"
    one = f"{DELETIONS}{made.json()['id']}/"
    assert client.get(one).json()["asked_by"] == "Platform staff (sven@auterity.example)"
    assert client.get(f"{one}certificate/").status_code == 404
    assert len(client.get(f"{DELETIONS}?state=scheduled&q=alph").json()["results"]) == 1
    assert client.get(f"{DELETIONS}?state=done").json()["results"] == []
    assert client.get("/api/v1/tenants/alpha/").json()["deletes_at"]
    assert client.post(f"{one}cancel/").json()["state"] == "cancelled"
    assert client.post(f"{one}cancel/").json()["code"] == "too_late"
    assert end_of(alpha) is None
    told = AuditEntry.objects.get(action="workspace.deletion_scheduled")
    assert told.via.startswith("Deploy (aup_")


def test_staff_schedule_and_cancel_in_the_console(alice: User, alpha: Tenant) -> None:
    client = staff_browser()
    form = {"slug": "nowhere", "reason": "Contract over", "grace_days": "7"}
    assert "no workspace" in client.post(f"{CONSOLE}add/", form).content.decode()
    assert client.post(f"{CONSOLE}add/", form | {"slug": "alpha"}).status_code == 302
    assert "already" in client.post(f"{CONSOLE}add/", form | {"slug": "alpha"}).content.decode()
    assert end_of(alpha) is not None
    assert "Deleted " in client.get("/tenants/tenant/").content.decode()
    with public_scope():
        deletion = Deletion.objects.get()
    assert client.get(f"{CONSOLE}{deletion.pk}/change/").status_code == 200
    assert client.get(f"{CONSOLE}{deletion.pk}/certificate/").status_code == 404
    chosen = {"action": "cancel", "_selected_action": [str(deletion.pk)]}
    assert "stays" in client.post(CONSOLE, chosen, follow=True).content.decode()
    assert end_of(alpha) is None


def test_nobody_else_in_the_console(alice: User, alpha: Tenant) -> None:
    deletion = ends.schedule(alpha, asker=ends.Asker.staff(staff()))
    form = {"slug": "beta", "reason": "mine", "grace_days": "0"}
    chosen = {"action": "cancel", "_selected_action": [str(deletion.pk)]}
    for client in (browser(alice), staff_browser(second_factor=False)):
        assert client.post(f"{CONSOLE}add/", form).status_code in {302, 404}
        assert client.post(CONSOLE, chosen).status_code in {302, 404}
        assert client.get(f"{CONSOLE}{deletion.pk}/certificate/").status_code in {302, 404}
    with public_scope():
        assert Deletion.objects.filter(state="scheduled").count() == 1

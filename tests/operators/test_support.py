"""Support access: asked for, granted for a while, marked on every page and in every entry, over by itself."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.accounts.api.authentication import user_of_session
from apps.accounts.models import User
from apps.accounts.roles import ADMIN, OWNER, VIEWER
from apps.accounts.services import add_member, change_sign_in_rules
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid, NotFound
from apps.notifications.models import Notification
from apps.operators import support
from apps.operators.exceptions import AccessOver, EntranceClosed
from apps.operators.models import SupportAccess
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser, staff_browser
from tests.factories.operators import staff
from tests.workflows.definitions import greeting

PAGE, CONSOLE = "/support/", "/operators/supportaccess/"
SECRETS = {"api_key.use", "credential.view", "credential.use", "credential.manage", "trigger.edit"}


def asked(tenant: Tenant, hours: int = 2) -> SupportAccess:
    return support.ask(tenant, reason="Runs stand still.", hours=hours, actor=staff())


def link_to(access: SupportAccess) -> str:
    return urlsplit(support.entrance(access, actor=staff())).path


def inside(access: SupportAccess, tenant: str = "alpha") -> Client:
    """Return the browser in which staff came in."""
    client = browser(tenant=tenant)
    assert client.post(link_to(access)).status_code == 302
    return client


@pytest.fixture
def granted(alice: User, alpha: Tenant) -> SupportAccess:
    return support.approve(asked(alpha).pk, role="viewer", actor=alice)


def test_those_who_manage_members_are_told_and_nobody_else(
    alice: User, bob: User, alpha: Tenant, beta: Tenant, mallory: User
) -> None:
    admin = add_member(email="admin@admin.example", name="Adam", role="admin")
    asked(alpha)
    told = Notification.objects.filter(kind="support.asked")
    assert set(told.values_list("user_id", flat=True)) == {alice.pk, admin.pk}
    with tenant_context(beta):
        assert not Notification.objects.exists()
    page = browser(alice).get(PAGE).content.decode()
    assert "sven@auterity.example" in page
    assert "Runs stand still." in page
    assert "Let in" in page
    assert browser(bob).get(PAGE).status_code == 403
    entry = AuditEntry.objects.get(action="support.asked")
    assert entry.actor_label == "Platform staff (sven@auterity.example)"
    assert mail.outbox == []  # it waits in the outbox


def test_hours_are_bounded(alpha: Tenant) -> None:
    for hours in (0, 9):
        with pytest.raises(Invalid):
            asked(alpha, hours)


def test_an_admin_lets_in_and_each_act_names_both(alice: User, alpha: Tenant) -> None:
    access = asked(alpha)
    client = browser(alice)
    assert client.post(f"{PAGE}{access.pk}/approve/", {"role": "viewer"}).status_code == 302
    guest = User.objects.get(kind=User.Kind.SUPPORT)
    assert guest.permissions_in() == VIEWER
    page = inside(access)
    text = page.get("/").content.decode()
    assert "Platform support, sven@auterity.example is signed in here until" in text
    assert "Let in by Alice." in text
    entry = AuditEntry.objects.get(action="support.entered")
    assert entry.actor_label == "Platform support, sven@auterity.example"
    assert entry.via == "let in by Alice"
    assert "is signed in here until" not in client.get("/").content.decode()
    assert guest not in User.objects.members()
    for path in ("/workflows/", "/runs/", "/members/", "/notifications/"):
        assert "is signed in here until" in page.get(path).content.decode(), path


def test_what_support_changes_stands_in_the_trail_beside_who_let_them_in(
    alice: User, alpha: Tenant
) -> None:
    access = support.approve(asked(alpha).pk, role="builder", actor=alice)
    guest = User.objects.get(pk=access.guest)
    create_workflow(actor=guest, name="Tried by support", definition=greeting())
    entry = AuditEntry.objects.get(action="workflow.created")
    assert (entry.actor_label, entry.via) == (str(guest), "let in by Alice")


@pytest.mark.parametrize("role", support.ROLES)
def test_no_role_of_support_reaches_secrets_or_people(
    alice: User, alpha: Tenant, role: str
) -> None:
    access = support.approve(asked(alpha).pk, role=role, actor=alice)
    held = User.objects.get(pk=access.guest).permissions_in()
    assert not held & (SECRETS | (OWNER - ADMIN))
    assert not {each for each in held if each.endswith(".manage")} - {"service.manage"}
    assert not held & {"approval.decide", "review.decide"}
    client = inside(access)
    for path in ("/api-keys/", "/retention/", "/audit/", PAGE, "/workspace/delete/"):
        assert client.get(path).status_code == 403, path
    assert client.post("/api-keys/new/", {"name": "k", "role": "viewer"}).status_code == 403
    assert client.post("/profile/", {"name": "Alice"}).status_code == 403


@pytest.mark.parametrize("role", ["owner", "admin", "caller", "", "nothing"])
def test_other_roles_are_not_given(alice: User, alpha: Tenant, role: str) -> None:
    access = asked(alpha)
    with pytest.raises(Invalid):
        support.approve(access.pk, role=role, actor=alice)
    assert not User.objects.filter(kind=User.Kind.SUPPORT).exists()


def test_only_who_manages_members_with_a_fresh_proof_decides(
    alice: User, bob: User, alpha: Tenant, beta: Tenant, mallory: User
) -> None:
    access = asked(alpha)
    for act in ("approve", "refuse", "withdraw"):
        path = f"{PAGE}{access.pk}/{act}/"
        assert browser(bob).post(path, {"role": "viewer"}).status_code == 403
        with tenant_context(beta):
            other = browser(mallory, tenant="beta")
        assert other.post(path, {"role": "viewer"}).status_code == 404
    with pytest.raises(Forbidden):
        support.approve(access.pk, role="viewer", actor=bob)
    client = browser(alice)
    session = client.session
    del session["proved_at"]
    session.save()
    assert client.post(f"{PAGE}{access.pk}/approve/", {"role": "viewer"}).status_code == 302
    with public_scope():
        access.refresh_from_db()
    assert access.state == SupportAccess.State.ASKED


def test_a_refused_or_late_wish_lets_nobody_in(alice: User, alpha: Tenant) -> None:
    access = asked(alpha)
    assert browser(alice).post(f"{PAGE}{access.pk}/refuse/").status_code == 302
    with pytest.raises(AccessOver):
        support.approve(access.pk, role="viewer", actor=alice)
    late = asked(alpha)
    with public_scope():
        SupportAccess.objects.filter(pk=late.pk).update(
            created_at=timezone.now() - timedelta(days=8)
        )
    with pytest.raises(AccessOver):
        support.approve(late.pk, role="viewer", actor=alice)
    with pytest.raises(AccessOver):
        support.entrance(late, actor=staff())


def test_the_link_is_good_once_for_a_minute_and_for_who_asked(
    granted: SupportAccess, alpha: Tenant, beta: Tenant
) -> None:
    path = link_to(granted)
    assert "Enter as platform support" in browser().get(path).content.decode()
    assert browser(tenant="beta").get(path).status_code == 410
    assert browser().get(path[:-2] + "x/").status_code == 410
    assert browser().post(path).status_code == 302
    assert browser().post(path).status_code == 410
    path = link_to(granted)
    with public_scope():
        SupportAccess.objects.update(entry_until=timezone.now())
    assert browser().post(path).status_code == 410
    with pytest.raises(EntranceClosed):
        support.entrance(granted, actor=staff("other@auterity.example"))


def test_support_comes_in_from_the_workspaces_networks_only(
    granted: SupportAccess, alice: User, alpha: Tenant
) -> None:
    change_sign_in_rules({"networks": ["203.0.113.7"]}, actor=alice)
    path = link_to(granted)
    refused = browser().post(path)
    assert refused.status_code == 403
    assert "lets people in from some networks only" in refused.content.decode()
    assert browser().post(path, REMOTE_ADDR="203.0.113.7").status_code == 302


def session_of(client: Client) -> str:
    key: str | None = client.session.session_key
    assert key is not None
    return key


def test_withdrawing_shows_out_everywhere_at_once(
    granted: SupportAccess, alice: User, alpha: Tenant
) -> None:
    client = inside(granted)
    assert client.get("/").status_code == 200
    assert browser(alice).post(f"{PAGE}{granted.pk}/withdraw/").status_code == 302
    assert client.get("/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401
    assert user_of_session(session_of(client)) is None  # what sockets ask every few seconds
    with pytest.raises(AccessOver):
        support.entrance(granted, actor=staff())
    assert AuditEntry.objects.filter(action="support.withdrawn", actor_label="Alice").exists()


def test_it_ends_by_itself_without_anybody_doing_anything(
    granted: SupportAccess, alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = inside(granted)
    key = session_of(client)
    later = timezone.now() + timedelta(hours=2, seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert user_of_session(key) is None
    assert client.get("/").status_code == 302
    assert support.close_over() == 1
    assert not User.objects.get(pk=granted.guest).is_active
    assert AuditEntry.objects.filter(action="support.ended", actor_type="system").count() == 1
    assert support.close_over() == 0


def test_using_the_session_does_not_lengthen_it(granted: SupportAccess, alpha: Tenant) -> None:
    client = inside(granted)
    for _ in range(3):
        client.get("/workflows/")
        client.post("/api/v1/session/", {}, content_type="application/json")
    end: Any = client.session.last_moment()  # type: ignore[attr-defined]
    assert end == granted.ends_at


def test_there_is_no_other_way_to_become_the_guest(granted: SupportAccess, alpha: Tenant) -> None:
    guest = User.objects.get(pk=granted.guest)
    assert not guest.has_usable_password()
    guest.set_password("correct horse 7")
    guest.save()
    form = {"login": guest.email, "password": "correct horse 7"}
    client = browser()
    client.post("/accounts/login/", form)
    assert client.get("/").status_code == 302


def test_staff_ask_enter_and_leave_in_the_console(alice: User, alpha: Tenant) -> None:
    client = staff_browser()
    form = {"slug": "nowhere", "reason": "Runs stand still.", "hours": "9"}
    assert "no open workspace" in client.post(f"{CONSOLE}add/", form).content.decode()
    assert client.post(f"{CONSOLE}add/", form | {"slug": "alpha", "hours": "1"}).status_code == 302
    with public_scope():
        access = SupportAccess.objects.get()
    door = f"{CONSOLE}{access.pk}/enter/"
    assert "Nobody is let into" in client.get(door).content.decode()
    support.approve(access.pk, role="viewer", actor=alice)
    assert "Enter Alpha" in client.get(door).content.decode()
    sent = client.post(door)
    assert urlsplit(sent["Location"]).hostname == "alpha.localhost"
    guest = browser()
    assert guest.post(urlsplit(sent["Location"]).path).status_code == 302
    assert client.get(f"{CONSOLE}{access.pk}/change/").status_code == 200
    client.post(CONSOLE, {"action": "leave", "_selected_action": [str(access.pk)]})
    assert guest.get("/").status_code == 302


def test_nobody_else_asks_or_enters(granted: SupportAccess, alice: User, alpha: Tenant) -> None:
    form = {"slug": "beta", "reason": "mine", "hours": "1"}
    for client in (browser(alice), staff_browser(second_factor=False)):
        assert client.post(f"{CONSOLE}add/", form).status_code in {302, 404}
        assert client.post(f"{CONSOLE}{granted.pk}/enter/").status_code in {302, 404}
    with public_scope():
        assert SupportAccess.objects.filter(entry_hash="").count() == 1


def test_another_workspaces_access_is_not_found(
    granted: SupportAccess, beta: Tenant, mallory: User
) -> None:
    with tenant_context(beta), pytest.raises(NotFound):
        support.withdraw(granted.pk, actor=mallory)


def test_the_console_shows_nothing_of_what_workspaces_hold(alice: User, alpha: Tenant) -> None:
    """Every list and form of the administration, walked with a canary in the workspace."""
    create_workflow(actor=alice, name="canary-of-alpha", definition=greeting())
    client = staff_browser()
    kept = {model._meta.label for model in admin.site._registry}
    assert kept == {
        "accounts.User", "tenants.Tenant", "dispatch.Ticket", "dispatch.WorkerProcess",
        "dispatch.TenantLoad", "dispatch.DeadLetter", "grants.PlatformProvider", "grants.Grant",
        "operators.PlatformKey", "operators.Deletion", "operators.SupportAccess",
    }  # fmt: skip
    assert Workflow.objects.filter(name="canary-of-alpha").exists()
    for model in admin.site._registry:
        place = f"/{model._meta.app_label}/{model._meta.model_name}/"
        for path in (place, f"{place}{alpha.pk}/change/", f"{place}{alice.pk}/change/"):
            text = client.get(path, follow=True).content.decode()
            assert "canary-of-alpha" not in text, path
            assert alice.email not in text, path

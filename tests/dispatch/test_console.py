"""The operator's console: what staff see, what they may do, and that others may not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.ids import uuid7
from apps.dispatch import figures, leases, services
from apps.dispatch.exceptions import Fenced
from apps.dispatch.models import DeadLetter, TenantLoad, Ticket, WorkerProcess
from apps.dispatch.services import admit
from apps.runs.models import Run
from apps.runs.services import pause_run, settle_attention
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from tests.common.test_metrics import scrape
from tests.factories.browsers import browser, staff_browser
from tests.factories.runs import Start, carry, events
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.interpreter.test_undoing import ASK, order
from tests.workflows.definitions import edge

TICKETS, WORKERS = "/dispatch/ticket/", "/dispatch/workerprocess/"
QUOTAS, LETTERS = "/dispatch/tenantload/", "/dispatch/deadletter/"


@pytest.fixture
def run(start: Start) -> Run:
    return start(graph(transform("a"), edge("start", "a")))


@pytest.fixture
def worker(public: None) -> WorkerProcess:
    return WorkerProcess.objects.create(host="here", pid=7, slots=4)


def act(client: Client, page: str, name: str, *ids: object, **more: str) -> Any:
    chosen = {"action": name, "_selected_action": [str(each) for each in ids], **more}
    return client.post(page, chosen, follow=True)


def trail(action: str, tenant: Tenant) -> list[str]:
    """Return who did it, by the workspace's own trail, after checking the platform's."""
    with public_scope():
        assert AuditEntry.objects.filter(action=action, actor_type="user").count() == 1
    with tenant_context(tenant):
        return list(AuditEntry.objects.filter(action=action).values_list("actor_label", flat=True))


def page_of(path: str) -> str:
    return str(staff_browser().get(path).content.decode())


def test_tickets_of_all_workspaces_are_listed_without_content(run: Run, beta: Tenant) -> None:
    with tenant_context(beta):
        admit(uuid7())
    text = page_of(TICKETS)
    assert "alpha" in text
    assert "beta" in text
    assert "Under test" not in text
    assert "style=" not in text


def test_the_first_page_shows_what_requests_may_reach_inside(
    alpha: Tenant, settings: Settings
) -> None:
    staff = staff_browser()
    settings.EGRESS_ALLOW = ["http://10.0.0.7:11434"]
    assert "http://10.0.0.7:11434" in staff.get("/").content.decode()
    settings.EGRESS_ALLOW = []
    assert "AUTERITY_EGRESS_ALLOW is empty" in staff.get("/").content.decode()


def test_stuck_tickets_are_found(alpha: Tenant, beta: Tenant) -> None:
    stuck, fresh = admit(uuid7()), admit(uuid7())
    Ticket.objects.filter(pk=stuck.pk).update(due_at=Now() - timedelta(minutes=2))
    text = page_of(f"{TICKETS}?condition=stuck")
    assert str(stuck.pk)[-12:] in text
    assert "Stuck" in text
    assert str(fresh.pk)[-12:] not in text


def test_runs_that_need_attention_are_told_from_paused_ones(
    start: Start, alpha: Tenant, alice: User
) -> None:
    parked, paused = (start(graph(transform("a"), edge("start", "a"))) for _ in range(2))
    Ticket.objects.filter(pk=parked.pk).update(strikes=3)
    assert carry(parked).status == Run.Status.NEEDS_ATTENTION
    pause_run(paused, actor=alice)
    client = staff_browser()
    text = client.get(f"{TICKETS}?condition=attention").content.decode()
    assert "Needs attention" in text
    assert str(parked.pk)[-12:] in text
    assert str(paused.pk)[-12:] not in text
    assert figures.read().attention == 1
    assert "Their people must look" in client.get("/").content.decode()
    assert scrape()["auterity_attention_tickets"] == 1
    with tenant_context(alpha):
        settle_attention(parked, actor=alice, choice="again")
    assert figures.read().attention == 0


def test_they_are_searched_by_workspace_and_by_id(alpha: Tenant, beta: Tenant) -> None:
    ours = admit(uuid7())
    with tenant_context(beta):
        theirs = admit(uuid7())
    client = staff_browser()
    for words, found, other in (("bet", theirs, ours), (str(ours.pk), ours, theirs)):
        text = client.get(f"{TICKETS}?q={words}").content.decode()
        assert str(found.pk)[-12:] in text
        assert str(other.pk)[-12:] not in text


def test_requeued_runs_are_rung_for_and_those_held_back_are_not(
    alpha: Tenant, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[object] = []
    monkeypatch.setattr(services, "_advance", [lambda run_id, schema: rung.append(run_id)])
    ready, paused = admit(uuid7()), admit(uuid7())
    Ticket.objects.filter(pk=paused.pk).update(status="paused")
    with django_capture_on_commit_callbacks(execute=True):
        answer = act(staff_browser(), TICKETS, "requeue", ready.pk, paused.pk)
    assert rung == [ready.pk]
    assert "1 requeued." in answer.content.decode()
    assert "1 left alone" in answer.content.decode()
    assert trail("run.requeued", alpha) == ["Platform staff (stella@auterity.example)"]


def test_a_run_is_ended_with_a_reason_that_its_people_read(run: Run, alpha: Tenant) -> None:
    client = staff_browser()
    asked = act(client, TICKETS, "end", run.pk)
    assert "Reason" in asked.content.decode()
    run.refresh_from_db()
    assert run.status == Run.Status.QUEUED
    act(client, TICKETS, "end", run.pk, reason="It fills the disk.")
    run.refresh_from_db()
    assert (run.status, run.error and run.error["message"]) == ("cancelled", "It fills the disk.")
    with tenant_context(alpha):
        assert not Ticket.objects.exists()
    assert trail("run.ended_by_staff", alpha) == ["Platform staff (stella@auterity.example)"]
    again = act(client, TICKETS, "end", run.pk, reason="Again.")
    assert "No items selected" not in again.content.decode()


def test_a_carried_run_is_ended_by_its_worker(run: Run, alpha: Tenant, alice: User) -> None:
    assert leases.claim(run.pk, "a worker") is not None
    act(staff_browser(), TICKETS, "end", run.pk, reason="It fills the disk.")
    with tenant_context(alpha):
        assert Ticket.objects.get(pk=run.pk).wanted == Ticket.Wish.CANCEL
        history = browser(alice).get(f"/runs/{run.pk}/?view=history").content.decode()
        assert "Cancel asked for by platform staff: It fills the disk." in history
        Ticket.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))
        assert carry(run).status == Run.Status.CANCELLED


def test_what_can_be_taken_back_is_before_it_ends(start: Start, alpha: Tenant) -> None:
    run = carry(start(order(ASK)))
    act(staff_browser(), TICKETS, "end", run.pk, reason="It fills the disk.")
    with tenant_context(alpha):
        asked = run.events.get(type="run.cancelling")
        assert asked.data == {"by": "platform staff", "reason": "It fills the disk."}
        assert carry(run).status == Run.Status.CANCELLED
        assert "run.undoing" in events(run)


def test_a_run_whose_worker_hangs_is_killed(run: Run, alpha: Tenant) -> None:
    lease = leases.claim(run.pk, "a worker that hangs")
    assert lease is not None
    client = staff_browser()
    asked = act(client, TICKETS, "kill", run.pk).content.decode()
    assert "Reason" in asked
    assert "at once" in asked
    run.refresh_from_db()
    assert not run.is_finished
    act(client, TICKETS, "kill", run.pk, reason="It fills the disk.")
    run.refresh_from_db()
    assert (run.status, run.error and run.error["message"]) == ("cancelled", "It fills the disk.")
    with tenant_context(alpha), pytest.raises(Fenced):
        leases.hold(lease)
    with tenant_context(alpha):
        assert run.events.get(type="run.cancelling").data["at_once"] is True
    assert trail("run.killed_by_staff", alpha) == ["Platform staff (stella@auterity.example)"]


def test_workers_are_drained_and_taken_back(worker: WorkerProcess) -> None:
    client = staff_browser()
    for action, wanted, word in (("drain", "drain", "Draining"), ("undrain", "work", "Up")):
        text = act(client, WORKERS, action, worker.pk).content.decode()
        worker.refresh_from_db()
        assert worker.wanted == wanted
        assert word in text
        assert AuditEntry.objects.filter(action=f"worker.{action}ed").count() == 1


def test_a_silent_worker_is_shown_as_silent(worker: WorkerProcess) -> None:
    WorkerProcess.objects.update(beat_at=Now() - timedelta(minutes=1))
    assert "Silent" in page_of(WORKERS)


def test_workspaces_are_paused_and_resumed(alpha: Tenant, beta: Tenant) -> None:
    client = staff_browser()
    assert "Alpha" in client.get(QUOTAS).content.decode()
    assert "Paused" in act(client, QUOTAS, "pause", alpha.role_name).content.decode()
    assert admit(uuid7()).status == Ticket.Status.PENDING
    act(client, QUOTAS, "unpause", alpha.role_name)
    with public_scope():
        assert not TenantLoad.objects.exclude(paused_at=None).exists()
    assert len(trail("dispatch.paused", alpha)) == len(trail("dispatch.resumed", alpha)) == 1


def test_quotas_are_changed_for_one_workspace(alpha: Tenant, beta: Tenant) -> None:
    client = staff_browser()
    client.get(QUOTAS)
    form = f"{QUOTAS}{quote(alpha.role_name)}/change/"
    page: Any = client.get(form)
    assert (page.status_code, page.context["subtitle"]) == (200, "Alpha")
    wrong = {"max_running": "-1", "max_queued": "", "max_outside": "0", "weight": "0"}
    refused = client.post(form, wrong)
    assert refused.status_code == 200
    wanted = {"max_running": "2", "max_queued": "", "max_outside": "20", "weight": "3"}
    assert client.post(form, wanted).status_code == 302
    with public_scope():
        load = TenantLoad.objects.get(role=alpha.role_name)
        assert (load.max_running, load.max_queued, load.weight) == (2, None, 3)
        assert load.max_outside == 20
        entry = AuditEntry.objects.get(action="dispatch.quotas_changed")
        nothing = {"max_running": None, "max_queued": None, "max_outside": None, "weight": 1}
        assert entry.before == nothing
        assert entry.after == {**nothing, "max_running": 2, "max_outside": 20, "weight": 3}
    assert len(trail("dispatch.quotas_changed", alpha)) == 1


def test_dead_letters_are_listed(public: None) -> None:
    DeadLetter.objects.create(reason="unknown task", task="os.system")
    assert "os.system" in page_of(LETTERS)


REFUSED: dict[str, tuple[str, str]] = {
    "requeue": (TICKETS, "ticket"),
    "end": (TICKETS, "ticket"),
    "kill": (TICKETS, "ticket"),
    "drain": (WORKERS, "worker"),
    "undrain": (WORKERS, "worker"),
    "pause": (QUOTAS, "quota"),
    "unpause": (QUOTAS, "quota"),
}
STRANGERS: dict[str, Callable[[User], Client]] = {
    "a stranger": lambda owner: Client(HTTP_HOST="admin.localhost"),
    "staff without a second factor": lambda owner: staff_browser(second_factor=False),
    "an owner": browser,
}


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("action", REFUSED)
def test_nobody_else_does_any_of_it(alice: User, alpha: Tenant, action: str, who: str) -> None:
    page, kind = REFUSED[action]
    ticket = admit(uuid7())
    with public_scope():
        worker = WorkerProcess.objects.create(host="here", pid=7, slots=4)
        TenantLoad.objects.create(role=alpha.role_name)
    target = {"ticket": ticket.pk, "worker": worker.pk, "quota": alpha.role_name}[kind]
    client = STRANGERS[who](alice)
    chosen = {"action": action, "_selected_action": [str(target)], "reason": "mine"}
    assert client.post(page, chosen).status_code in {302, 404}
    form = {"max_running": "1000", "max_queued": "", "weight": "9"}
    assert client.post(f"{QUOTAS}{quote(alpha.role_name)}/change/", form).status_code in {302, 404}
    with public_scope():
        assert Ticket.objects.filter(pk=ticket.pk, wake=0, wanted="").exists()
        assert WorkerProcess.objects.filter(wanted="work").exists()
        assert TenantLoad.objects.filter(paused_at=None, weight=1, max_running=None).exists()
        assert not AuditEntry.objects.filter(action__contains="worker.").exists()

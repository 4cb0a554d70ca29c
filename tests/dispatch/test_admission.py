"""Workspaces are let in by turns: a flood of one holds up nobody else. Ticks are counted, not time."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from apps.common.ids import uuid7
from apps.dispatch import admission, gate, services
from apps.dispatch.gate import Lane
from apps.dispatch.models import Pulse, TenantLoad, Ticket, WorkerProcess
from apps.dispatch.services import admit
from apps.dispatch.sweeper import sweep
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("silent")
Status = Ticket.Status
FLOOD = 10_000
QUEUE = """
INSERT INTO dispatch_ticket (id, status, priority, fence, owner, wake, wanted, strikes)
SELECT gen_random_uuid(), 'pending', 0, 0, '', 0, '', 0 FROM generate_series(1, %s)
"""


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers the door: what is ready stays ready."""
    monkeypatch.setattr(services, "_advance", [])


def worker(slots: int) -> None:
    with public_scope():
        beat = timezone.now() + timedelta(hours=1)  # however long the test takes
        WorkerProcess.objects.create(host="here", pid=1, slots=slots, beat_at=beat)


def queue(tenant: Tenant, count: int) -> None:
    """Put runs of a workspace into the queue, as rows: what counts is how many there are."""
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(QUEUE, [count])
    with public_scope(), connection.cursor() as cursor:  # as the owner, who alone may
        cursor.execute("ANALYZE dispatch_ticket")  # as the server does by itself, later


def load(tenant: Tenant, **changes: object) -> None:
    with public_scope():
        TenantLoad.objects.update_or_create(role=tenant.role_name, defaults=changes)


def ready(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return Ticket.objects.active().count()


def finish_all() -> Counter[str]:
    """End what is ready, as workers would; return how many of each role that was."""
    with public_scope():
        active = Ticket.objects.active()
        found = Counter(active.values_list("role", flat=True))
        active.delete()
    return found


def test_the_first_run_of_another_starts_with_the_next_tick(alpha: Tenant, beta: Tenant) -> None:
    worker(slots=4)
    queue(alpha, FLOOD)
    sweep()
    assert ready(alpha) == 8  # two for each slot: nothing queues up at the broker
    sweep()
    assert ready(alpha) == 8
    queue(beta, 1)
    finish_all()
    sweep()
    assert ready(beta) == 1


def test_two_floods_share_equally_and_a_third_joins_at_once(alpha: Tenant, beta: Tenant) -> None:
    worker(slots=5)
    queue(alpha, 300)
    for _ in range(10):
        sweep()
        finish_all()
    queue(beta, 300)  # turns are not saved up while nobody waits
    served: Counter[str] = Counter()
    for _ in range(10):
        sweep()
        served += finish_all()
    assert served[alpha.role_name] == served[beta.role_name] == 50


def test_turns_follow_the_weights(alpha: Tenant, beta: Tenant) -> None:
    worker(slots=4)
    load(alpha, weight=3)
    queue(alpha, 300)
    queue(beta, 300)
    served: Counter[str] = Counter()
    for _ in range(10):
        sweep()
        served += finish_all()
    assert served == {alpha.role_name: 60, beta.role_name: 20}


def test_one_at_its_cap_leaves_its_turn_to_others(alpha: Tenant, beta: Tenant) -> None:
    worker(slots=10)
    load(alpha, max_running=2)
    queue(alpha, 100)
    queue(beta, 100)
    sweep()
    sweep()
    assert (ready(alpha), ready(beta)) == (2, 18)


def test_a_paused_workspace_keeps_its_queue(alpha: Tenant, beta: Tenant) -> None:
    load(alpha, paused_at=timezone.now())
    queue(alpha, 3)
    queue(beta, 3)
    sweep()
    assert (ready(alpha), ready(beta)) == (0, 3)
    load(alpha, paused_at=None)
    sweep()
    assert ready(alpha) == 3


def test_without_workers_the_caps_alone_decide(
    alpha: Tenant, beta: Tenant, settings: Settings
) -> None:
    settings.RUNS_PER_TENANT = 2
    queue(alpha, 5)
    queue(beta, 1)
    sweep()
    assert (ready(alpha), ready(beta)) == (2, 1)


def test_workers_that_are_gone_or_drain_are_not_counted(alpha: Tenant) -> None:
    worker(slots=3)
    worker(slots=50)
    with public_scope():
        WorkerProcess.objects.filter(slots=50).update(is_draining=True)
        WorkerProcess.objects.create(
            host="gone", pid=2, slots=50, beat_at=timezone.now() - timedelta(minutes=1)
        )
    queue(alpha, 20)
    sweep()
    assert ready(alpha) == 6


def test_a_lane_lets_the_next_in_when_one_has_ended(alpha: Tenant) -> None:
    lane = Lane(uuid.uuid4(), 2)
    tickets = [admit(uuid7(), lane=lane) for _ in range(5)]
    assert Ticket.objects.filter(status=Status.HELD).count() == 3
    sweep()
    assert Ticket.objects.active().count() == 2
    Ticket.objects.filter(pk=tickets[0].pk).delete()
    sweep()
    active = Ticket.objects.active().order_by("id")
    assert [each.pk for each in active] == [tickets[1].pk, tickets[2].pk]


def test_all_hear_how_much_room_is_left(alpha: Tenant) -> None:
    worker(slots=2)
    queue(alpha, 10)
    sweep()
    pulse = Pulse.objects.get()
    assert (pulse.room, pulse.admitted) == (0, 4)
    assert admit(uuid7()).status == Status.PENDING


def test_what_a_tick_reads_does_not_grow_with_the_queue(alpha: Tenant, beta: Tenant) -> None:
    """The plan of the admission touches as many rows as it admits, not those that wait."""
    worker(slots=4)
    queue(alpha, FLOOD)
    queue(beta, FLOOD)
    given: dict[str, Any] = {
        "roles": [alpha.role_name, beta.role_name],
        "cap": 50, "room": 8, "turn": 0.0, "share": 8,
    }  # fmt: skip
    with public_scope():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE dispatch_ticket")  # as the server does by itself
        assert rows_read(admission.ADMIT, **given) <= 50
        assert rows_read(admission.WAITING_ROLES, space=1, batch=10) <= 50


def test_what_a_start_reads_does_not_grow_with_the_queues_of_others(
    alpha: Tenant, beta: Tenant
) -> None:
    queue(alpha, FLOOD)
    with tenant_context(beta):
        for statement in (gate.LOAD, gate.COUNT):
            given = {"limit": 50, "running": 50, "queued": 50, "priority": 0}
            read = rows_read(statement, role=beta.role_name, **given)
            assert read <= 2, statement


def rows_read(statement: str, **given: Any) -> float:
    """Return the most rows that a step of a statement's plan gives or throws away."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
        return most_rows(cursor.fetchone()[0][0]["Plan"])


def most_rows(plan: dict[str, object]) -> float:
    """Return the most rows that a step of a plan gave or threw away."""
    own = float(str(plan["Actual Rows"])) + float(str(plan.get("Rows Removed by Filter", 0)))
    below: list[dict[str, object]] = plan.get("Plans", [])  # type: ignore[assignment]
    return max([own, *(most_rows(each) for each in below)])

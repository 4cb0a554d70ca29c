"""Who may go on at once: the cap of a workspace, the lane of a workflow, and room at the workers."""

import threading
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.common.ids import uuid7
from apps.dispatch import leases, services
from apps.dispatch.exceptions import Backlogged
from apps.dispatch.gate import Lane
from apps.dispatch.models import Pulse, TenantLoad, Ticket
from apps.dispatch.services import admit
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant

Status = Ticket.Status


def load(tenant: Tenant, **changes: object) -> None:
    with public_scope():
        TenantLoad.objects.update_or_create(role=tenant.role_name, defaults=changes)


def statuses(count: int, lane: Lane | None = None) -> list[str]:
    return [admit(uuid7(), lane=lane).status for _ in range(count)]


def waiting(ticket: Ticket) -> Ticket:
    lease = leases.claim(ticket.pk, "test")
    assert lease is not None
    leases.release(lease, wake_seen=lease.wake, status=Status.WAITING)
    return ticket


def now(ticket: Ticket) -> str:
    ticket.refresh_from_db()
    return ticket.status


def test_below_the_cap_a_run_is_ready_at_once(alpha: Tenant, settings: Settings) -> None:
    settings.RUNS_PER_TENANT = 2
    assert statuses(3) == [Status.READY, Status.READY, Status.PENDING]


def test_a_workspace_has_a_cap_of_its_own(alpha: Tenant, beta: Tenant, settings: Settings) -> None:
    settings.RUNS_PER_TENANT = 1
    load(alpha, max_running=2)
    load(beta, max_running=50)
    assert statuses(3) == [Status.READY, Status.READY, Status.PENDING]


def test_nobody_overtakes_those_who_wait(alpha: Tenant, settings: Settings) -> None:
    settings.RUNS_PER_TENANT = 1
    first = admit(uuid7())
    admit(uuid7())
    Ticket.objects.filter(pk=first.pk).delete()
    assert statuses(1) == [Status.PENDING]


def test_a_paused_workspace_starts_nothing_and_loses_nothing(alpha: Tenant) -> None:
    load(alpha, paused_at=timezone.now())
    assert statuses(1) == [Status.PENDING]
    load(alpha, paused_at=None)
    Ticket.objects.all().delete()
    assert statuses(1) == [Status.READY]


def test_without_room_at_the_workers_runs_wait_for_their_turn(alpha: Tenant) -> None:
    with public_scope():
        Pulse.objects.create(room=0)
    assert statuses(1) == [Status.PENDING]


def test_the_queue_is_bounded(alpha: Tenant, settings: Settings) -> None:
    settings.RUNS_PER_TENANT = 1
    load(alpha, max_queued=2)
    assert statuses(3) == [Status.READY, Status.PENDING, Status.PENDING]
    with pytest.raises(Backlogged) as refusal:
        admit(uuid7())
    assert int(refusal.value.headers["Retry-After"]) > 0


def test_a_workflow_has_a_lane_that_leaves_the_others_alone(alpha: Tenant) -> None:
    lane = Lane(uuid7(), 1)
    assert statuses(2, lane) == [Status.READY, Status.HELD]
    assert statuses(1, Lane(uuid7(), 1)) == statuses(1) == [Status.READY]


def test_those_held_in_a_lane_count_as_queued(alpha: Tenant) -> None:
    load(alpha, max_queued=1)
    lane = Lane(uuid7(), 1)
    assert statuses(2, lane) == [Status.READY, Status.HELD]
    with pytest.raises(Backlogged):
        admit(uuid7())


def test_a_run_that_waits_takes_no_place(alpha: Tenant, settings: Settings) -> None:
    settings.RUNS_PER_TENANT = 1
    lane = Lane(uuid7(), 1)
    first = waiting(admit(uuid7(), lane=lane))
    second = admit(uuid7(), lane=lane)
    assert second.status == Status.READY
    services.wake(first.pk)
    assert now(first) == Status.HELD
    Ticket.objects.filter(pk=second.pk).delete()
    third = waiting(admit(uuid7()))
    fourth = admit(uuid7())
    services.wake(third.pk)
    assert (now(fourth), now(third)) == (Status.READY, Status.PENDING)


def test_what_resumes_goes_before_what_has_not_begun(alpha: Tenant, settings: Settings) -> None:
    settings.RUNS_PER_TENANT = 2
    first, second = waiting(admit(uuid7())), admit(uuid7())
    admit(uuid7())
    fourth = admit(uuid7())
    assert fourth.status == Status.PENDING
    Ticket.objects.filter(pk=second.pk).delete()
    services.wake(first.pk)
    assert (now(first), now(fourth)) == (Status.READY, Status.PENDING)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lane", [None, Lane(UUID(int=7), 5)], ids=["workspace", "lane"])
def test_the_cap_holds_however_many_start_at_once(
    alpha: Tenant, settings: Settings, lane: Lane | None
) -> None:
    settings.RUNS_PER_TENANT = 5 if lane is None else 50
    barrier = threading.Barrier(12)
    faults: list[Exception] = []

    def start() -> None:
        try:
            with tenant_context(alpha):
                barrier.wait(30)
                with transaction.atomic():
                    admit(uuid7(), lane=lane)
        except Exception as error:
            faults.append(error)
        finally:
            with public_scope():
                connection.close()

    threads = [threading.Thread(target=start) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert Ticket.objects.count() == 12
    assert 1 <= Ticket.objects.active().count() <= 5

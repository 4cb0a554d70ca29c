"""Places outside: how many, in which order, and what becomes of those whose carrier died."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from apps.common.ids import uuid7
from apps.dispatch import leases, passes
from apps.dispatch.leases import Lease
from apps.dispatch.models import Pass, TenantLoad, Ticket
from apps.dispatch.passes import Wanted
from apps.dispatch.services import admit
from apps.dispatch.sweeper import sweep
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant

Status = Ticket.Status
KEY_OF_A, KEY_OF_B = UUID(int=1), UUID(int=2)


def carried() -> Lease:
    """Return a run that somebody carries."""
    lease = leases.claim(admit(uuid7()).pk, "test")
    assert lease is not None
    return lease


def take(lease: Lease, *keys: str, channel: UUID | None = None, cap: int | None = None) -> set[str]:
    return passes.take(lease, [Wanted(key, channel, cap) for key in keys])


def let_go(lease: Lease, status: str = Status.WAITING) -> None:
    """Have the run stand still, as one whose step waits for a place."""
    leases.release(lease, wake_seen=lease.wake, status=status)


def called(*of: Lease) -> list[bool]:
    return [bool(passes.called(lease)) for lease in of]


def status(lease: Lease) -> str:
    return Ticket.objects.get(pk=lease.id).status


def test_a_workspace_has_so_many_places(alpha: Tenant, settings: Settings) -> None:
    settings.OUTSIDE_PER_TENANT = 2
    assert take(carried(), "a", "b", "c") == {"a", "b"}
    assert take(carried(), "d") == set()
    assert passes.in_use() == 2


def test_without_a_cap_there_is_room_for_all(alpha: Tenant) -> None:
    assert passes.cap_of_workspace() is None
    assert take(carried(), "a", "b", "c") == {"a", "b", "c"}


def test_a_workspace_may_have_a_cap_of_its_own(
    alpha: Tenant, beta: Tenant, settings: Settings
) -> None:
    settings.OUTSIDE_PER_TENANT = 5
    with public_scope():
        TenantLoad.objects.create(role=alpha.role_name, max_outside=1)
    assert take(carried(), "a", "b") == {"a"}
    with tenant_context(beta):
        assert take(carried(), "a", "b") == {"a", "b"}


def test_a_full_channel_holds_up_no_other(alpha: Tenant) -> None:
    assert take(carried(), "a", channel=KEY_OF_A, cap=1) == {"a"}
    assert take(carried(), "b", channel=KEY_OF_A, cap=1) == set()
    assert take(carried(), "c", channel=KEY_OF_B, cap=1) == {"c"}
    assert take(carried(), "d") == {"d"}


def test_another_cap_of_a_channel_counts_at_once(alpha: Tenant) -> None:
    holder, first, second = (carried() for _ in range(3))
    assert take(holder, "a", channel=KEY_OF_A, cap=1) == {"a"}
    for lease in (first, second):
        assert take(lease, "a", channel=KEY_OF_A, cap=1) == set()
        let_go(lease)
    passes.set_cap(KEY_OF_B, 9)
    assert called(first, second) == [False, False]
    passes.set_cap(KEY_OF_A, 2)
    assert called(first, second) == [True, False]
    assert (status(first), status(second)) == (Status.READY, Status.WAITING)
    passes.set_cap(KEY_OF_A, None)
    assert called(first, second) == [True, True]


def test_who_came_first_is_called_first(alpha: Tenant, settings: Settings) -> None:
    settings.OUTSIDE_PER_TENANT = 1
    first, second, third, late = (carried() for _ in range(4))
    assert take(first, "a") == {"a"}
    for lease in (second, third):
        assert take(lease, "a") == set()
        let_go(lease)
    assert passes.give_back(first.id, ["a"]) is False
    assert called(second, third) == [True, False]
    assert (status(second), status(third)) == (Status.READY, Status.WAITING)
    assert take(late, "a") == set()
    again = leases.claim(second.id, "test")
    assert again is not None
    assert take(again, "a") == {"a"}


def test_a_run_hears_at_once_that_its_own_step_is_next(alpha: Tenant, settings: Settings) -> None:
    settings.OUTSIDE_PER_TENANT = 1
    lease = carried()
    assert take(lease, "a", "b") == {"a"}
    assert passes.give_back(lease.id, ["a"]) is True
    assert passes.called(lease) == {"b"}
    assert take(lease, "b") == {"b"}


def test_the_places_of_a_worker_that_died_are_free(alpha: Tenant, settings: Settings) -> None:
    settings.OUTSIDE_PER_TENANT = 1
    dead, waiting = carried(), carried()
    assert take(dead, "a") == {"a"}
    assert take(waiting, "a") == set()
    let_go(waiting)
    sweep()
    assert called(waiting) == [False]
    Ticket.objects.filter(pk=dead.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep()
    assert called(waiting) == [True]
    assert status(waiting) == Status.READY


def test_the_next_carrier_of_a_run_takes_the_place_of_its_step_anew(
    alpha: Tenant, settings: Settings
) -> None:
    settings.OUTSIDE_PER_TENANT = 1
    dead = carried()
    assert take(dead, "a") == {"a"}
    Ticket.objects.filter(pk=dead.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    other = leases.claim(dead.id, "other")
    assert other is not None
    assert take(other, "a") == {"a"}
    assert Pass.objects.get().fence == other.fence


def test_who_is_called_and_does_not_come_loses_the_turn(alpha: Tenant, settings: Settings) -> None:
    settings.OUTSIDE_PER_TENANT = 1
    first, second, third = (carried() for _ in range(3))
    assert take(first, "a") == {"a"}
    for lease in (second, third):
        take(lease, "a")
        let_go(lease)
    passes.give_back(first.id, ["a"])
    assert called(second, third) == [True, False]
    long_ago = timezone.now() - timedelta(seconds=passes.KEPT_S + 1)
    Pass.objects.filter(ticket_id=second.id).update(called_at=long_ago)
    sweep()
    assert called(third) == [True]


def test_a_run_that_is_paused_is_not_called(alpha: Tenant, settings: Settings) -> None:
    settings.OUTSIDE_PER_TENANT = 1
    first, paused, waiting = (carried() for _ in range(3))
    take(first, "a")
    for lease, rests in ((paused, Status.PAUSED), (waiting, Status.WAITING)):
        take(lease, "a")
        let_go(lease, rests)
    passes.give_back(first.id, ["a"])
    assert called(paused, waiting) == [False, True]


def test_a_higher_cap_counts_for_those_who_wait(alpha: Tenant) -> None:
    first, second, late = carried(), carried(), carried()
    assert take(first, "a", channel=KEY_OF_A, cap=1) == {"a"}
    assert take(second, "a", channel=KEY_OF_A, cap=1) == set()
    let_go(second)
    assert take(late, "a", channel=KEY_OF_A, cap=2) == set()
    assert called(second, late) == [True, False]


def test_a_pass_goes_over_to_another_channel(alpha: Tenant) -> None:
    first, second = carried(), carried()
    assert take(first, "a", channel=KEY_OF_A, cap=1) == {"a"}
    assert take(second, "a", channel=KEY_OF_B, cap=1) == {"a"}
    assert not passes.move(first, Wanted("a", KEY_OF_B, 1))
    passes.give_back(second.id, ["a"])
    assert passes.move(first, Wanted("a", KEY_OF_B, 1))
    assert take(second, "a", channel=KEY_OF_A, cap=1) == {"a"}


def test_what_outlives_its_run_is_swept_out(alpha: Tenant) -> None:
    lease = carried()
    take(lease, "a")
    leases.finish(lease)
    sweep()
    assert not Pass.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_cap_holds_however_many_ask_at_once(alpha: Tenant, settings: Settings) -> None:
    settings.OUTSIDE_PER_TENANT = 3
    barrier, got, faults = threading.Barrier(10), list[str](), list[Exception]()
    runs: Sequence[Lease] = [carried() for _ in range(10)]

    def ask(lease: Lease) -> None:
        try:
            with tenant_context(alpha):
                barrier.wait(30)
                got.extend(take(lease, "a"))
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[lease]) for lease in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert len(got) == passes.in_use() == 3
    assert Pass.objects.filter(fence=None).count() == 7

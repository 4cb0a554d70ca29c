"""Claims, fences and releases: who lost a run writes nothing, and no wake-up is missed."""

from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection

from apps.common.ids import uuid7
from apps.dispatch import leases
from apps.dispatch import services as dispatch
from apps.dispatch.exceptions import Fenced, WokenUp
from apps.dispatch.models import Ticket
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant


@pytest.fixture
def ticket(alpha: Tenant) -> Ticket:
    return dispatch.admit(uuid7())


def claimed(ticket: Ticket, owner: str = "first") -> leases.Lease:
    lease = leases.claim(ticket.pk, owner)
    assert lease is not None
    return lease


def lease_end(lease: leases.Lease) -> datetime:
    until = Ticket.objects.get(pk=lease.id).lease_until
    assert until is not None
    return until


def let_lease_end(ticket: Ticket) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dispatch_ticket SET lease_until = clock_timestamp() - interval '1 s'"
        )


def now(ticket: Ticket) -> Ticket:
    ticket.refresh_from_db()
    return ticket


def test_a_ready_run_is_claimed_once(ticket: Ticket) -> None:
    assert claimed(ticket).fence == 1
    assert leases.claim(ticket.pk, "second") is None


def test_an_ended_lease_is_taken_over_and_the_first_writes_nothing(ticket: Ticket) -> None:
    first = claimed(ticket)
    let_lease_end(ticket)
    second = claimed(ticket, "second")
    assert (second.fence, second.strikes) == (2, 1)
    for write in (
        lambda: leases.hold(first),
        lambda: leases.finish(first),
    ):
        with pytest.raises(Fenced):
            write()
    with pytest.raises(WokenUp):
        leases.release(first, wake_seen=first.wake, status="waiting")
    with public_scope():
        assert leases.renew([first, second]).keys() == {ticket.pk}
        assert leases.renew([first]) == {}
    assert now(ticket).status == Ticket.Status.RUNNING


def test_the_last_chance_is_given_only_to_who_carries_nothing_else(ticket: Ticket) -> None:
    for died in ("first", "second"):
        claimed(ticket, died)
        assert not leases.is_suspected(ticket.pk)
        let_lease_end(ticket)
    assert leases.claim(ticket.pk, "busy") is None
    assert leases.is_suspected(ticket.pk)
    alone = leases.claim(ticket.pk, "alone", alone=True)
    assert alone
    assert alone.strikes == leases.LAST_CHANCE
    leases.hold(alone, progress=True)
    let_lease_end(ticket)
    assert claimed(ticket).strikes == 1


def test_progress_forgives_strikes_and_holding_does_not(ticket: Ticket) -> None:
    claimed(ticket)
    let_lease_end(ticket)
    second = claimed(ticket)
    leases.hold(second)
    assert now(ticket).strikes == 1
    leases.hold(second, progress=True)
    assert now(ticket).strikes == 0


def test_a_wake_up_before_the_release_is_noticed(ticket: Ticket) -> None:
    lease = claimed(ticket)
    dispatch.wake(ticket.pk)
    with pytest.raises(WokenUp):
        leases.release(lease, wake_seen=lease.wake, status="waiting")
    leases.release(lease, wake_seen=leases.hold(lease).wake, status="waiting")
    assert now(ticket).lease_until is None


def test_a_wake_up_after_the_release_makes_it_ready(ticket: Ticket) -> None:
    lease = claimed(ticket)
    leases.release(lease, wake_seen=lease.wake, status="waiting")
    dispatch.wake(ticket.pk)
    assert now(ticket).status == Ticket.Status.READY


@pytest.mark.parametrize("status", ["pending", "ready", "waiting", "paused"])
def test_what_nobody_carries_can_be_seized(ticket: Ticket, status: str) -> None:
    Ticket.objects.update(status=status)
    assert leases.seize(ticket.pk, "service") is not None


def test_what_somebody_carries_cannot_be_seized(ticket: Ticket) -> None:
    claimed(ticket)
    assert leases.seize(ticket.pk, "service") is None
    let_lease_end(ticket)
    assert leases.seize(ticket.pk, "service") is not None


def test_a_paused_run_stays_paused_when_it_is_woken(ticket: Ticket) -> None:
    lease = claimed(ticket)
    leases.release(lease, wake_seen=lease.wake, status="paused")
    dispatch.wake(ticket.pk)
    assert now(ticket).status == Ticket.Status.PAUSED
    assert dispatch.resume(ticket.pk)
    assert now(ticket).status == Ticket.Status.READY
    assert not dispatch.resume(ticket.pk)


def test_wishes_reach_the_carrier(ticket: Ticket) -> None:
    lease = claimed(ticket)
    dispatch.ask(ticket.pk, Ticket.Wish.CANCEL)
    with public_scope():
        news: Any = leases.renew([lease])[ticket.pk]
    assert (news.wanted, news.wake) == ("cancel", lease.wake + 1)


@pytest.mark.django_db(transaction=True)
def test_one_ticket_that_is_being_written_keeps_no_other_lease_from_being_renewed(
    alpha: Tenant, frozen: psycopg.Cursor
) -> None:
    held, free = (claimed(dispatch.admit(uuid7())) for _ in range(2))
    frozen.execute("SELECT 1 FROM dispatch_ticket WHERE id = %s FOR UPDATE", [held.id])
    before = {each.id: lease_end(each) for each in (held, free)}
    with public_scope():
        assert leases.renew([held, free]).keys() == {held.id, free.id}
    for lease in (held, free):
        assert (lease_end(lease) > before[lease.id]) is (lease is free)
    frozen.connection.rollback()
    with public_scope():
        leases.renew([held, free])
    assert lease_end(held) > before[held.id]


def test_a_forsaken_run_is_ready_at_once_and_nobody_died(ticket: Ticket) -> None:
    first = claimed(ticket)
    with public_scope():
        leases.forsake([first])
    assert now(ticket).status == Ticket.Status.READY
    with pytest.raises(Fenced):
        leases.hold(first)
    assert claimed(ticket, "second").strikes == 0


def test_who_forsakes_a_run_that_another_has_changes_nothing(ticket: Ticket) -> None:
    first = claimed(ticket)
    let_lease_end(ticket)
    second = claimed(ticket, "second")
    with public_scope():
        leases.forsake([first])
    assert leases.hold(second).wanted == ""

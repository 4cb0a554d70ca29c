"""The sweep rings for what is due, whatever became of the messages."""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from pytest_django import Settings
from redis import Redis

from apps.common.ids import uuid7
from apps.dispatch import leases, memory, passes, services, sweeper
from apps.dispatch.exceptions import BrokerAway
from apps.dispatch.models import Pass, Ticket, Timer
from apps.dispatch.services import Alarm, admit, set_timers
from apps.dispatch.sweeper import Sweeper, sweep
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant

PAST = timedelta(seconds=-1)


@pytest.fixture
def rung() -> Iterator[list[tuple[UUID, str]]]:
    """The doorbell of this test: it notes who was rung for."""
    before = list(services._advance)
    heard: list[tuple[UUID, str]] = []
    services.register_advance(lambda run_id, schema: heard.append((run_id, schema)))
    yield heard
    services._advance[:] = before


@pytest.fixture
def broken_bell() -> Iterator[None]:
    before = list(services._advance)

    def fail(run_id: UUID, schema: str) -> None:
        raise ConnectionError("the broker is away")

    services.register_advance(fail)
    yield
    services._advance[:] = before


def due(tenant: Tenant, **changes: object) -> Ticket:
    with tenant_context(tenant):
        ticket = admit(uuid7())
        Ticket.objects.filter(pk=ticket.pk).update(**{"due_at": Now() + PAST, **changes})
    return ticket


def test_it_rings_for_all_workspaces_in_their_schema(
    alpha: Tenant, beta: Tenant, rung: list[tuple[UUID, str]]
) -> None:
    expected = {(due(alpha).pk, "t_alpha"), (due(beta).pk, "t_beta")}
    assert sweep() == 2
    assert set(rung) == expected
    assert sweep() == 0  # a bell is not rung again at once


def test_a_broker_that_was_emptied_is_told_again_at_once(
    alpha: Tenant, rung: list[object], settings: Settings
) -> None:
    due(alpha)
    due(alpha, status="running", lease_until=Now() + timedelta(seconds=5))
    sweep()
    sweep()
    assert len(rung) == 1
    Redis.from_url(settings.BROKER_URL).delete(memory._mark())  # as whoever empties it does
    sweep()
    sweep()
    assert len(rung) == 2


def test_a_broker_that_is_away_has_forgotten_nothing(settings: Settings) -> None:
    memory._client.cache_clear()
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    assert memory.is_lost() is False
    memory._client.cache_clear()
    settings.BROKER_URL = "amqp://127.0.0.1:1/"
    assert memory.is_lost() is False


def test_it_rings_for_runs_whose_worker_died(alpha: Tenant, rung: list[object]) -> None:
    due(alpha, status="running", lease_until=Now() + timedelta(seconds=5))
    assert sweep() == 0
    Ticket.objects.update(lease_until=Now() + PAST)
    assert sweep() == 1


@pytest.mark.parametrize("status", ["waiting", "paused", "pending"])
def test_it_lets_the_others_be(
    alpha: Tenant, rung: list[object], status: str, settings: Settings
) -> None:
    settings.RUNS_PER_TENANT = 0
    due(alpha, status=status)
    assert sweep() == 0


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (Timer.Kind.DELAY, "waiting", "ready"),
        (Timer.Kind.RETRY, "waiting", "ready"),
        (Timer.Kind.EXPIRY, "paused", "paused"),
        (Timer.Kind.DEADLINE, "paused", "ready"),
    ],
)
def test_a_timer_fires_once_and_wakes_its_run(
    alpha: Tenant, rung: list[object], kind: str, before: str, after: str
) -> None:
    ticket = due(alpha, status=before)
    set_timers(ticket.pk, [Alarm("step", kind, ticket.created_at - timedelta(hours=1))])
    sweep()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.wake) == (after, 1)
    assert [each.key for each in services.fired_timers(ticket.pk)] == ["step"]
    sweep()
    ticket.refresh_from_db()
    assert ticket.wake == 1


def test_a_broker_that_is_away_leaves_all_due(alpha: Tenant, broken_bell: None) -> None:
    due(alpha)
    with pytest.raises(BrokerAway):
        sweep()
    assert Ticket.objects.filter(due_at__lte=Now()).count() == 1


def test_pending_runs_are_admitted_by_priority(
    alpha: Tenant, rung: list[tuple[UUID, str]], settings: Settings
) -> None:
    settings.RUNS_PER_TENANT = 1
    late = due(alpha, status="pending")
    urgent = due(alpha, status="pending", priority=5)
    sweep()
    assert [run_id for run_id, _ in rung] == [urgent.pk]
    Ticket.objects.filter(pk=urgent.pk).delete()
    sweep()
    assert rung[-1][0] == late.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", ["waiting", "pending", "held"])
def test_one_frozen_in_a_transaction_keeps_only_what_it_holds(
    alpha: Tenant, beta: Tenant, frozen: psycopg.Cursor, rung: list[tuple[UUID, str]], status: str
) -> None:
    """It holds a run's ticket, and its workspace's places outside."""
    lane = {"lane": uuid7(), "lane_cap": 5} if status == "held" else {}
    held, free = due(alpha, status=status, **lane), due(beta, status=status, **lane)
    for tenant, ticket in ((alpha, held), (beta, free)):
        with tenant_context(tenant):
            if status == "waiting":
                past = ticket.created_at - timedelta(hours=1)
                set_timers(ticket.pk, [Alarm("step", Timer.Kind.DELAY, past)])
            Pass.objects.create(ticket_id=ticket.pk, key="step")
    frozen.execute("SELECT 1 FROM dispatch_ticket WHERE id = %s FOR UPDATE", [held.pk])
    lock = {"space": passes.LOCK_SPACE, "role": alpha.role_name}
    frozen.execute("SELECT pg_advisory_xact_lock(%(space)s, hashtext(%(role)s))", lock)
    begun = time.monotonic()
    sweep()
    if status == "held":
        sweep()
    assert time.monotonic() - begun < 10  # the limit of a wait for a lock is 15 s
    assert [run_id for run_id, _ in rung] == [free.pk]
    with tenant_context(alpha):
        assert leases.claim(held.pk, "another") is None
    frozen.connection.rollback()
    sweep()
    if status == "held":
        sweep()
    assert {run_id for run_id, _ in rung} == {free.pk, held.pk}


@pytest.mark.django_db(transaction=True)
def test_who_cannot_be_woken_is_called_the_next_time(
    alpha: Tenant, frozen: psycopg.Cursor, rung: list[object]
) -> None:
    ticket = due(alpha, status="waiting")
    with tenant_context(alpha):
        place = Pass.objects.create(ticket_id=ticket.pk, key="step")
    frozen.execute("SELECT 1 FROM dispatch_ticket WHERE id = %s FOR UPDATE", [ticket.pk])
    sweep()
    place.refresh_from_db()
    assert place.called_at is None
    frozen.connection.rollback()
    sweep()
    place.refresh_from_db()
    assert place.called_at is not None
    assert len(rung) == 1


def test_what_is_away_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, alpha: Tenant
) -> None:
    def fail() -> int:
        raise OperationalError("the database is starting up")

    monkeypatch.setattr(sweeper, "sweep", fail)
    with caplog.at_level(logging.WARNING):
        thread = Sweeper()
        thread.once()
        thread.once()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.records[0].exc_info is None

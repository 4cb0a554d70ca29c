"""A suspended workspace stands still within seconds, and goes on where it stood."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.common.ids import uuid7
from apps.dispatch import chores, leases, services, sweeper
from apps.dispatch.leases import News
from apps.dispatch.models import Chore, Ticket, WorkerProcess
from apps.dispatch.services import admit
from apps.operators.services import resume, suspend
from apps.runs.interpreter.segment import Segment
from apps.runs.models import Run
from apps.runs.tasks import advance_run
from apps.tenants import hosts
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.callers import Caller
from tests.factories.cast import key_client
from tests.factories.operators import staff
from tests.factories.runs import Start, carry, steps
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge

WHY = {"reason": "The bill is open."}


@pytest.fixture
def rung() -> Iterator[list[UUID]]:
    """The doorbell of this test: it notes who was rung for."""
    before = list(services._advance)
    heard: list[UUID] = []
    services.register_advance(lambda run_id, schema: heard.append(run_id))
    yield heard
    services._advance[:] = before


def close(tenant: Tenant) -> None:
    suspend(tenant, actor=staff(), **WHY)
    hosts.forget()  # as time does in other processes, within seconds


def reopen(tenant: Tenant) -> None:
    resume(tenant, actor=staff(), **WHY)
    hosts.forget()


def test_every_entrance_is_closed_and_opens_again(alice: User, alpha: Tenant) -> None:
    _, text = create_api_key(name="k", role="owner", user=alice, actor=alice)
    page, api = browser(alice), key_client(text)
    close(alpha)
    told = page.get("/")
    assert (told.status_code, b"suspended" in told.content) == (404, True)
    problem = api.get("/api/v1/me/")
    assert problem["Content-Type"] == "application/problem+json"
    assert "suspended" in problem.json()["detail"]
    assert Client(HTTP_HOST="beta.localhost").get("/accounts/login/").status_code == 200
    reopen(alpha)
    assert page.get("/").status_code == 200  # still signed in
    assert api.get("/api/v1/me/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_gateway_is_closed_too(alpha: Tenant) -> None:
    caller = Caller(headers={"authorization": "Bearer aut_abcdefgh_" + "x" * 43})

    def asked() -> int:
        return asyncio.run(caller.call("/v1/models", method="GET")).status

    close(alpha)
    try:
        assert asked() == 404
    finally:
        reopen(alpha)
    assert asked() == 401


def test_nothing_is_rung_for_or_let_in_meanwhile(
    alpha: Tenant, beta: Tenant, rung: list[UUID]
) -> None:
    ready, queued = admit(uuid7()), admit(uuid7())
    Ticket.objects.filter(pk=ready.pk).update(due_at=Now() - timedelta(minutes=1))
    Ticket.objects.filter(pk=queued.pk).update(status="pending")
    with tenant_context(beta):
        other = admit(uuid7())
        Ticket.objects.filter(pk=other.pk).update(due_at=Now() - timedelta(minutes=1))
    close(alpha)
    sweeper.sweep()
    assert rung == [other.pk]
    queued.refresh_from_db()
    assert queued.status == Ticket.Status.PENDING
    reopen(alpha)
    sweeper.sweep()
    assert set(rung) == {ready.pk, queued.pk, other.pk}


def test_its_runs_take_no_room_from_others(alpha: Tenant, beta: Tenant, rung: list[UUID]) -> None:
    with public_scope():
        WorkerProcess.objects.create(
            host="here", pid=1, slots=1, beat_at=Now() + timedelta(hours=1)
        )
    for _ in range(5):
        admit(uuid7())
    with tenant_context(beta):
        waits = admit(uuid7())
        Ticket.objects.filter(pk=waits.pk).update(status="pending")
    sweeper.sweep()
    assert waits.pk not in rung
    close(alpha)
    sweeper.sweep()
    assert waits.pk in rung


def test_schedules_wait(alpha: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[UUID] = []
    monkeypatch.setitem(chores._calls, "test", lambda subjects, schema: called.extend(subjects))
    subject = uuid7()
    chores.plan("test", [subject], chores.now() - timedelta(minutes=1))
    close(alpha)
    with public_scope():
        assert chores.call_due() == 0
    assert Chore.objects.filter(subject=subject).exists()
    reopen(alpha)
    with public_scope():
        chores.call_due()
    assert called == [subject]


def test_messages_on_their_way_are_let_fall(start: Start, alpha: Tenant) -> None:
    run = start(graph(transform("a"), edge("start", "a")))
    arrived: Any = advance_run

    def deliver() -> str:
        with public_scope():
            arrived._in_tenant(alpha.schema_name, (str(run.pk),), {})
        run.refresh_from_db()
        return str(run.status)

    close(alpha)
    assert deliver() == Run.Status.QUEUED
    reopen(alpha)
    assert deliver() == Run.Status.SUCCEEDED


def test_who_carries_a_run_hears_of_it_and_lets_go(start: Start, alpha: Tenant) -> None:
    run = start(graph(transform("a"), edge("start", "a")))
    lease = leases.claim(run.pk, "a worker")
    assert lease is not None
    with public_scope():
        assert leases.renew([lease]) == {run.pk: News(lease.wake, "", is_closed=False)}
    close(alpha)
    with public_scope():
        news = leases.renew([lease])
        assert news == {run.pk: News(lease.wake, "", is_closed=True)}
        leases.forsake([lease])
    assert run.status == Run.Status.QUEUED
    reopen(alpha)
    assert carry(run).status == Run.Status.SUCCEEDED


def test_a_carrier_that_heard_of_it_begins_nothing(
    start: Start, alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(graph(transform("a"), edge("start", "a")))
    plain = Segment._begin

    def heard(segment: Segment) -> None:
        plain(segment)
        segment._hear_news(News(segment.news.wake, "", is_closed=True))

    monkeypatch.setattr(Segment, "_begin", heard)
    carry(run)
    assert run.status == Run.Status.RUNNING
    assert Ticket.objects.get(pk=run.pk).status == Ticket.Status.READY
    assert "a" not in steps(run)
    monkeypatch.setattr(Segment, "_begin", plain)
    assert carry(run).status == Run.Status.SUCCEEDED

"""Runs that are over when they are written down, because somebody waits for their end."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import DatabaseError

from apps.accounts.models import User
from apps.dispatch import services as dispatch
from apps.dispatch.models import TenantLoad, Ticket
from apps.runs.interpreter import here
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.tenants.context import current_scope, public_scope
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.faults.auditor import audit_run
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rung() -> Iterator[list[UUID]]:
    """Hear for which runs a worker is sent for."""
    heard: list[UUID] = []
    before = list(dispatch._advance)
    dispatch.register_advance(lambda run_id, schema: heard.append(run_id))
    yield heard
    dispatch._advance[:] = before


@pytest.fixture
def computing(bob: User) -> Workflow:
    definition = graph(transform("a", "{{ input.x + 1 }}"), edge("start", "a"))
    return create_workflow(actor=bob, name="Computing", definition=definition)


def started(workflow: Workflow, actor: User, *, is_awaited: bool = True, **how: object) -> Run:
    run = start_run(
        workflow,
        actor=actor,
        inputs={"x": 1},
        version="draft",
        is_awaited=is_awaited,
        **how,  # type: ignore[arg-type]  # as the caller wants it
    )
    run.refresh_from_db()
    assert audit_run(run) == []
    return run


def test_what_only_computes_is_over_at_once(
    computing: Workflow, bob: User, rung: list[UUID]
) -> None:
    run = started(computing, bob)
    assert (run.status, run.outputs, rung) == ("succeeded", {"n": 2}, [])
    assert not Ticket.objects.filter(pk=run.pk).exists()
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.created_at <= run.started_at <= run.finished_at


def test_its_history_is_that_of_any_other_run(computing: Workflow, bob: User) -> None:
    from apps.runs.interpreter.advancing import advance

    at_once, later = started(computing, bob), started(computing, bob, is_awaited=False)
    advance(later.pk)
    told = [list(run.events.values_list("seq", "type", "node")) for run in (at_once, later)]
    assert told[0] == told[1]
    rows = [list(run.nodes.values("node", "status", "output", "port")) for run in (at_once, later)]
    assert rows[0] == rows[1]
    later.refresh_from_db()
    assert (at_once.steps, bytes(at_once.state)) == (later.steps, bytes(later.state))


def test_one_that_fails_is_over_at_once_too(bob: User, rung: list[UUID]) -> None:
    definition = graph(transform("a", "{{ input.missing }}"), edge("start", "a"))
    run = started(create_workflow(actor=bob, name="Failing", definition=definition), bob)
    assert (run.status, rung) == ("failed", [])
    assert run.error is not None
    assert run.error["node"] == "a"


def test_where_nobody_waits_a_worker_is_rung_for(
    computing: Workflow, bob: User, rung: list[UUID]
) -> None:
    run = started(computing, bob, is_awaited=False)
    assert (run.status, rung) == ("queued", [run.pk])


def test_where_all_threads_are_busy_a_worker_is_rung_for(
    computing: Workflow, bob: User, rung: list[UUID]
) -> None:
    for _ in range(here.AT_ONCE):
        here._places.acquire()
    try:
        run = started(computing, bob)
    finally:
        for _ in range(here.AT_ONCE):
            here._places.release()
    assert (run.status, rung) == ("queued", [run.pk])
    assert started(computing, bob).status == "succeeded"


def test_a_workspace_that_is_paused_queues(computing: Workflow, bob: User) -> None:
    role = current_scope().role
    with public_scope():
        TenantLoad.objects.create(role=role, max_running=0)
    assert started(computing, bob).status == "queued"


def test_what_reaches_outside_is_left_to_a_worker(bob: User, rung: list[UUID]) -> None:
    definition = graph(transform("a"), code("b", "1"), edge("start", "a"), edge("a", "b"))
    run = started(create_workflow(actor=bob, name="Code", definition=definition), bob)
    assert (run.status, rung, run.nodes.count()) == ("queued", [run.pk], 0)


def test_what_waits_is_left_to_a_worker(bob: User, rung: list[UUID]) -> None:
    wait = {"id": "w", "type": "flow.wait", "config": {"seconds": 60}}
    definition = graph(wait, edge("start", "w"))
    run = started(create_workflow(actor=bob, name="Waiting", definition=definition), bob)
    assert (run.status, rung, run.nodes.count()) == ("queued", [run.pk], 0)


def test_what_takes_too_long_starts_like_any_other(
    computing: Workflow, bob: User, rung: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.runs.interpreter.segment.HERE_S", -1.0)
    run = started(computing, bob)
    assert (run.status, rung, run.nodes.count()) == ("queued", [run.pk], 0)


def test_the_key_of_a_run_that_is_over_finds_it(computing: Workflow, bob: User) -> None:
    first = started(computing, bob, dedupe_key="named:1")
    assert started(computing, bob, dedupe_key="named:1") == first


def test_who_is_a_moment_too_late_gets_the_run_of_the_other(
    computing: Workflow, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = started(computing, bob, dedupe_key="named:1")
    monkeypatch.setattr("apps.runs.services.starting._known", lambda key: None)
    assert started(computing, bob, dedupe_key="named:1") == first
    assert Run.objects.count() == 1


def test_what_is_written_beside_it_is_kept_or_lost_with_it(computing: Workflow, bob: User) -> None:
    def refuse(run: Run, is_new: bool) -> None:
        raise DatabaseError

    with pytest.raises(DatabaseError):
        started(computing, bob, alongside=refuse)
    assert not Run.objects.exists()

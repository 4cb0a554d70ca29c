"""Runs that are carried at once by the process that accepted them."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.dispatch import services as dispatch
from apps.dispatch.models import Ticket
from apps.runs import here
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.faults.auditor import audit_run
from tests.runs.test_semantics import code, graph, transform
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


def started(workflow: Workflow, actor: User, *, is_awaited: bool = True) -> Run:
    run = here.starting(
        lambda: start_run(workflow, actor=actor, inputs={"x": 1}, version="draft"),
        lambda run: is_awaited,
    )
    run.refresh_from_db()
    assert audit_run(run) == []
    return run


def test_what_only_computes_is_over_at_once(
    computing: Workflow, bob: User, rung: list[UUID]
) -> None:
    run = started(computing, bob)
    assert (run.status, run.outputs, rung) == ("succeeded", {"n": 2}, [])


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


def test_what_reaches_outside_is_left_to_a_worker(bob: User, rung: list[UUID]) -> None:
    definition = graph(transform("a"), code("b", "1"), edge("start", "a"), edge("a", "b"))
    workflow = create_workflow(actor=bob, name="Code", definition=definition)
    run = started(workflow, bob)
    assert (run.status, rung) == ("running", [run.pk])
    assert dict(run.nodes.values_list("node", "status"))["a"] == "succeeded"
    assert not run.nodes.filter(node="b").exists()
    ticket = Ticket.objects.get(pk=run.pk)
    assert (ticket.status, ticket.strikes) == ("ready", 0)


def test_what_takes_too_long_is_let_go(
    bob: User, rung: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.runs.segment.HERE_S", -1.0)
    definition = graph(transform("a"), edge("start", "a"))
    run = started(create_workflow(actor=bob, name="Long", definition=definition), bob)
    assert (run.status, rung) == ("running", [run.pk])

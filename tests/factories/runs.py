"""Carrying runs in tests: the interpreter is called directly, time passes by the sweeper."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.accounts.models import User
from apps.dispatch import loop
from apps.dispatch.models import Timer
from apps.dispatch.sweeper import sweep
from apps.egress import client as egress
from apps.runs.interpreter.advancing import advance
from apps.runs.models import NodeRun, Run
from apps.runs.services import start_run
from apps.workflows.services import create_workflow
from tests.faults.auditor import audit_run

Start = Callable[..., Run]


@pytest.fixture(scope="session", autouse=True)
def _quiet_loop() -> Iterator[None]:
    """Close the outbound connections of the process's loop when the tests are over."""
    yield
    loop.submit(egress.close()).result(10)


@pytest.fixture
def start(bob: User) -> Start:
    """Return a function that queues a run of a definition."""

    def begin(definition: dict[str, Any], **inputs: Any) -> Run:
        workflow = create_workflow(actor=bob, name="Under test", definition=definition)
        return start_run(workflow, actor=bob, inputs=inputs, version="draft")

    return begin


def carry(run: Run) -> Run:
    """Carry a run as far as it goes now, and check what it wrote."""
    advance(run.pk)
    run.refresh_from_db()
    assert audit_run(run) == []
    return run


def fire_timers(run: Run) -> None:
    """Let the time of all timers of a run come, and sweep."""
    Timer.objects.filter(ticket_id=run.pk).update(fire_at="2020-01-01T00:00:00Z")
    sweep()


def error_of(run: Run | NodeRun) -> dict[str, Any]:
    """Return the error of a run or step that has one."""
    assert run.error is not None
    return dict(run.error)


def steps(run: Run) -> dict[str, str]:
    """Return the status of each step that was reached."""
    return dict(NodeRun.objects.filter(run=run).values_list("node", "status"))


def step(run: Run, node: str) -> NodeRun:
    """Return what one step did."""
    return NodeRun.objects.get(run=run, node=node)


def events(run: Run) -> list[str]:
    """Return the types of a run's events, those of steps with their step."""
    rows = run.events.order_by("seq")
    return [f"{row.type} {row.node}".strip() for row in rows]


def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something holds that others bring about."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.02)


def carry_family(run: Run) -> Run:
    """Carry a run and those inside it until none of them can go on."""
    before = None
    while before != (now := _progress(run)):
        before = now
        for each in family(run):
            advance(each.pk)
    for each in family(run):
        each.refresh_from_db()
        assert audit_run(each) == []
    run.refresh_from_db()
    return run


def family(run: Run) -> list[Run]:
    """Return a run and all runs inside it, the outer ones first."""
    children = Run.objects.filter(parent=run).order_by("created_at")
    return [run, *(each for child in children for each in family(child))]


def _progress(run: Run) -> list[tuple[str, int]]:
    found = [Run.objects.get(pk=each.pk) for each in family(run)]
    return [(str(each.pk), each.seq) for each in found]

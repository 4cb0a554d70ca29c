"""A worker that an operator drains: it lets go what it carries and takes nothing, until it may again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.common.ids import uuid7
from apps.dispatch.models import Ticket, WorkerProcess
from apps.tenants.context import public_scope
from tests.factories.runs import Start, until
from tests.faults.crowd import Crowd, Target, crowd
from tests.faults.scenarios import call
from tests.faults.test_crashes import finishes, is_over
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.close()


@pytest.fixture
def workers(tmp_path: Path, target: Target) -> Iterator[Crowd]:
    with crowd(tmp_path, f"draining-{uuid7()}", target.origin) as found:
        yield found


def known(**wanted: object) -> bool:
    with public_scope():
        return WorkerProcess.objects.filter(**wanted).exists()


def want(pid: int, wish: str) -> None:
    with public_scope():
        WorkerProcess.objects.filter(pid=pid).update(wanted=wish)


def test_a_drained_worker_takes_nothing_until_it_is_wanted(
    start: Start, workers: Crowd, target: Target
) -> None:
    process = workers.start()
    until(lambda: known(pid=process.pid, is_draining=False, slots=8))
    carried = start(graph(call("put", target), edge("start", "put")))
    until(lambda: known(pid=process.pid, busy=1))
    want(process.pid, WorkerProcess.Wish.DRAIN)
    until(lambda: known(pid=process.pid, is_draining=True))
    target.answer.set()
    until(lambda: known(pid=process.pid, busy=0))
    until(lambda: is_over(carried))  # what had begun came to its end
    later = start(graph(transform("a"), edge("start", "a")))
    until(lambda: workers.untaken() >= 1)  # a sweep may have rung once more
    with public_scope():
        assert Ticket.objects.get(pk=later.pk).fence == 0
    want(process.pid, WorkerProcess.Wish.WORK)
    finishes(later)
    assert process.poll() is None


def test_a_worker_that_stops_says_goodbye(workers: Crowd) -> None:
    process = workers.start()
    until(lambda: known(pid=process.pid))
    process.terminate()
    assert process.wait(30) == 0
    assert not known(pid=process.pid)

"""A worker that is killed loses nothing: real processes, killed without a word."""

import time

import pytest

from apps.accounts.models import User
from apps.runs.models import NodeRun, Run
from apps.runs.services import cancel_run
from tests.factories.runs import Start, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.scenarios import call
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("crashes")]
BACK_S = 60  # until a run is over by itself; that it takes 15 s at most is what bench/recovery.py measures


def is_running(run: Run, name: str) -> bool:
    return NodeRun.objects.filter(run=run, node=name, status="running").exists()


def is_over(run: Run) -> bool:
    run.refresh_from_db()
    return run.is_finished


def finishes(run: Run) -> float:
    """Wait for the end of a run and return how many seconds that took."""
    begun = time.monotonic()
    until(lambda: is_over(run), BACK_S + 10)
    return time.monotonic() - begun


def test_killed_in_a_code_loop(start: Start, workers: Crowd) -> None:
    source = "total = 0\nfor i in range(4_000_000):\n    total = total + 1\ntotal"
    run = start(
        graph(transform("a"), code("busy", source, on_error="continue"), transform("b"),
              edge("start", "a"), edge("a", "busy"), edge("busy", "b"))
    )  # fmt: skip
    first = workers.start()
    until(lambda: is_running(run, "busy"))
    workers.start()
    workers.kill(first)
    assert finishes(run) <= BACK_S
    assert run.status == "succeeded"
    assert audit(Run.objects.all(), expected=1) == []


def test_killed_with_a_request_in_flight(start: Start, workers: Crowd, target: Target) -> None:
    run = start(graph(call("put", target), transform("b"), edge("start", "put"), edge("put", "b")))
    first = workers.start()
    until(target.arrived.is_set)
    workers.kill(first)
    target.answer.set()
    workers.start()
    assert finishes(run) <= BACK_S
    assert (run.status, run.outputs) == ("succeeded", {"n": 1})
    assert audit(Run.objects.all(), expected=1) == []
    assert audit_sink(target.keys, [run], "put", kills=workers.kills) == []


def test_a_post_that_may_have_arrived_is_never_repeated(
    start: Start, workers: Crowd, target: Target
) -> None:
    run = start(graph(call("post", target, "POST"), edge("start", "post")))
    first = workers.start()
    until(target.arrived.is_set)
    workers.kill(first)
    target.answer.set()
    workers.start()
    until(lambda: Run.objects.filter(pk=run.pk, status="needs_attention").exists())
    run.refresh_from_db()
    assert (run.error or {})["code"] == "outcome_unknown"
    assert (run.error or {})["node"] == "post"
    assert len(target.keys) == 1
    assert audit(Run.objects.all(), expected=1) == []


def test_all_workers_killed_at_once(start: Start, workers: Crowd, target: Target) -> None:
    chain = graph(call("put", target), code("sum", "sum(range(1000))"), transform("b"),
                  edge("start", "put"), edge("put", "sum"), edge("sum", "b"))  # fmt: skip
    runs = [start(chain) for _ in range(20)]
    for _ in range(2):
        workers.start()
    until(lambda: len(target.keys) >= 10)
    workers.kill_all()
    in_flight = len(target.keys)
    target.answer.set()
    workers.start()
    begun = time.monotonic()
    until(lambda: all(is_over(run) for run in runs), BACK_S + 10)
    assert time.monotonic() - begun <= BACK_S
    assert audit(Run.objects.all(), expected=20) == []
    assert audit_sink(target.keys, runs, "put", kills=in_flight) == []


def test_cancelling_stops_running_code(start: Start, workers: Crowd, bob: User) -> None:
    run = start(graph(code("busy", "while True: pass"), transform("b"),
                      edge("start", "busy"), edge("busy", "b")))  # fmt: skip
    workers.start()
    until(lambda: is_running(run, "busy"))
    cancel_run(run, actor=bob)
    assert finishes(run) <= 2.5
    assert run.status == "cancelled"
    assert audit(Run.objects.all(), expected=1) == []

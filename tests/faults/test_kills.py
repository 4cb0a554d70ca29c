"""Workers are killed at random, asked to stop again and again, or die of a step (F1, F2, F5, F14)."""

import itertools
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest

from apps.runs.models import Run, RunEvent
from tests.factories.runs import Start, error_of, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.scenarios import call
from tests.faults.sizes import LONG, size
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge, node

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("kills")]
LEASE_S = 10 if LONG else 3
SEED = 20260701
STEPS = 10


def ten_steps(target: Target) -> dict[str, Any]:
    """Start and nine more, two of which reach outside."""
    order = ("start", "a", "put", "b", "sum", "again", "w", "c", "d", "e")
    return graph(
        *(transform(name) for name in "abcde"), code("sum", "sum(range(1000))"),
        call("put", target, path="/put"), call("again", target, path="/again"),
        node("w", "flow.wait", config={"seconds": 0.1}),
        *(edge(one, other) for one, other in itertools.pairwise(order)),
    )  # fmt: skip


def all_over() -> bool:
    return not Run.objects.unfinished().exists()


def has_gone_on(target: Target, seen: int) -> bool:
    return len(target.calls) > seen or all_over()


@contextmanager
def tended(workers: Crowd, number: int, **faults: object) -> Iterator[None]:
    """Keep so many workers alive, as a supervisor does, until the block ends."""
    stop = Event()

    def tend() -> None:
        while not stop.wait(0.1):
            for _ in range(number - len(workers.alive)):
                workers.start(lease_s=LEASE_S, **faults)

    thread = Thread(target=tend)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def every(seconds: float, times: int, act: Callable[[], object]) -> None:
    """Act so often, at such a pace, or until nothing is left to do."""
    pause = Event()
    for _ in range(times):
        pause.wait(seconds)
        if all_over():
            return
        act()


@pytest.mark.parametrize("pace_s", [2.0, 0.5] if LONG else [1.0])
def test_random_kills(start: Start, workers: Crowd, target: Target, pace_s: float) -> None:
    dice = random.Random(SEED)
    target.patience_s = 0.3
    expected = size(30, 500)
    runs = [start(ten_steps(target)) for _ in range(expected)]
    with tended(workers, 3):
        until(lambda: bool(target.calls))
        every(pace_s, size(6, 60), lambda: workers.kill(dice.choice(workers.alive)))
        until(all_over, size(120, 600))
    assert workers.kills > 0
    assert audit(Run.objects.all(), expected=expected) == [], SEED
    assert set(Run.objects.values_list("status", flat=True)) == {"succeeded"}
    assert RunEvent.objects.filter(type="node.succeeded").count() == expected * STEPS
    for step in ("put", "again"):
        in_flight = 8 * workers.kills  # each thread of a worker has at most one of these in hand
        assert audit_sink(target.seen(f"/{step}"), runs, step, kills=in_flight) == []


def test_all_workers_killed_again_and_again(start: Start, workers: Crowd, target: Target) -> None:
    target.patience_s = 0.3
    expected = size(20, 200)
    runs = [start(ten_steps(target)) for _ in range(expected)]
    with tended(workers, 2):
        for _ in range(size(2, 20)):
            seen = len(target.calls)
            until(partial(has_gone_on, target, seen))
            workers.kill_all()
        until(all_over, size(120, 300))
    assert audit(Run.objects.all(), expected=expected) == []
    assert audit_sink(target.seen("/put"), runs, "put", kills=8 * workers.kills) == []


def test_deploys_under_load_repeat_nothing(start: Start, workers: Crowd, target: Target) -> None:
    target.patience_s = 0.2
    expected = size(24, 200)
    runs = [start(ten_steps(target)) for _ in range(expected)]
    workers.start_and_wait()
    for _ in range(size(3, 10)):
        old, seen = workers.alive, len(target.calls)
        workers.start_and_wait()
        for process in old:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(30) for process in old] == [0] * len(old)
        until(partial(has_gone_on, target, seen))
    until(all_over)
    assert audit(Run.objects.all(), expected=expected) == []
    for step in ("put", "again"):
        assert audit_sink(target.seen(f"/{step}"), runs, step, kills=0) == []


def test_steps_that_kill_their_workers_are_set_aside(
    start: Start, workers: Crowd, target: Target
) -> None:
    """Each is tried three times; what others do meanwhile comes to its end."""
    target.answer.set()
    deadly = [start(graph(call(f"dies_{way}", target), edge("start", f"dies_{way}")))
              for way in ("segfault", "exit", "memory")]  # fmt: skip
    good = size(30, 200)
    runs = [start(ten_steps(target)) for _ in range(good)]
    with tended(workers, 2):
        until(lambda: Run.objects.filter(status="needs_attention").count() == 3)
        until(lambda: Run.objects.filter(status="succeeded").count() == good)
    for run in deadly:
        run.refresh_from_db()
        assert error_of(run)["code"] == "poison"
        assert error_of(run)["node"].startswith("dies_")
        # Some of its three deaths may have been a neighbour's, the last one was its own.
        assert 1 <= run.events.filter(type="node.started").count() <= 3
    assert audit(Run.objects.all(), expected=good + 3) == []
    assert {run.pk for run in Run.objects.filter(status="succeeded")} == {run.pk for run in runs}

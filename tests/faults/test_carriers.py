"""Workers that freeze or are asked to stop, and doorbells that are lost, repeated and shuffled."""

import os
import random
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db.models.functions import Now

from apps.dispatch import services as dispatch
from apps.dispatch.admission import ALIVE_S
from apps.dispatch.models import Ticket, Timer, WorkerProcess
from apps.dispatch.services import Alarm
from apps.runs.models import NodeRun, Run, RunEvent
from apps.tenants.context import current_schema, public_scope
from tests.factories.runs import Start, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.scenarios import call
from tests.faults.test_crashes import finishes, is_over
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge, node

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
PREFIX = "aut:"


def test_a_frozen_worker_loses_its_run_and_writes_nothing(
    start: Start, workers: Crowd, target: Target
) -> None:
    run = start(graph(call("put", target), transform("b"), edge("start", "put"), edge("put", "b")))
    zombie = workers.start()
    until(target.arrived.is_set)
    zombie.send_signal(signal.SIGSTOP)
    until(lambda: is_frozen(zombie))
    Ticket.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00:00Z")  # time passes
    target.answer.set()
    workers.start_and_wait()
    finishes(run)
    before = list(RunEvent.objects.filter(run=run).values_list("seq", "type", "at"))
    zombie.send_signal(signal.SIGCONT)
    until(lambda: workers.says("was taken over by another worker"))
    assert list(RunEvent.objects.filter(run=run).values_list("seq", "type", "at")) == before
    assert audit(Run.objects.all(), expected=1) == []
    assert audit_sink(target.keys, [run], "put", kills=1) == []
    assert len(target.keys) == 2


def test_a_worker_frozen_in_a_transaction_holds_up_no_other_run(
    start: Start, workers: Crowd
) -> None:
    """Timers fire and runs are admitted past the ticket that it holds; PostgreSQL lets it for 60 s."""
    pause = node("w", "flow.wait", config={"seconds": 0.1})
    chain = graph(pause, transform("b"), edge("start", "w"), edge("w", "b"))
    stuck = start(chain)
    zombie = workers.start(freeze_at="before commit")
    until(lambda: is_frozen(zombie))
    dispatch.set_timers(stuck.pk, [Alarm("", Timer.Kind.DEADLINE, stuck.created_at)])
    workers.start_and_wait()
    runs = [start(chain) for _ in range(5)]
    until(lambda: all(is_over(run) for run in runs), seconds=30)
    assert {run.status for run in runs} == {"succeeded"}
    silent = Now() - timedelta(seconds=ALIVE_S)
    with public_scope():
        assert WorkerProcess.objects.filter(beat_at__gt=silent).exists()
    workers.kill(zombie)
    finishes(stuck)
    assert audit(Run.objects.all(), expected=6) == []


def test_a_worker_that_is_asked_to_stop_repeats_nothing(
    start: Start, workers: Crowd, target: Target
) -> None:
    pause = node("w", "flow.wait", config={"seconds": 0.1})
    chain = graph(
        call("put", target), code("sum", "sum(range(1000))"), pause, call("post", target, "POST"),
        edge("start", "put"), edge("put", "sum"), edge("sum", "w"), edge("w", "post"),
    )  # fmt: skip
    runs = [start(chain) for _ in range(12)]
    first = workers.start()
    until(lambda: len(target.keys) >= 8)
    first.send_signal(signal.SIGTERM)
    workers.start()
    until(lambda: len(target.keys) == 12)
    target.answer.set()
    assert first.wait(30) == 0
    until(lambda: all(is_over(run) for run in runs))
    assert audit(Run.objects.all(), expected=12) == []
    assert {run.status for run in runs} == {"succeeded"}
    assert len(target.keys) == 24
    keyed = [key for key in target.keys if key]
    assert audit_sink(keyed, runs, "put", kills=0) == []


def test_lost_doorbells_are_rung_again(start: Start, workers: Crowd) -> None:
    runs = [start(graph(transform("a"), edge("start", "a"))) for _ in range(20)]
    with broker() as server:
        assert server.delete(PREFIX + workers.queue) == 1
    workers.start()
    until(lambda: all(is_over(run) for run in runs))
    assert audit(Run.objects.all(), expected=20) == []


def test_repeated_and_shuffled_doorbells_change_nothing(
    start: Start, workers: Crowd, target: Target
) -> None:
    target.answer.set()
    pause = node("w", "flow.wait", config={"seconds": 0.1})
    chain = graph(call("put", target), pause, transform("b"),
                  edge("start", "put"), edge("put", "w"), edge("w", "b"))  # fmt: skip
    runs = [start(chain) for _ in range(20)]
    bells = [run.pk for run in runs] * 3
    random.Random(7).shuffle(bells)
    workers.start()
    workers.start()
    for bell in bells:
        dispatch.ring(bell, current_schema())
    until(lambda: NodeRun.objects.filter(node="w").count() >= 5)
    for bell in bells:
        dispatch.ring(bell, current_schema())
    until(lambda: all(is_over(run) for run in runs))
    assert audit(Run.objects.all(), expected=20) == []
    assert audit_sink(target.keys, runs, "put", kills=0) == []


def broker() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL)


def is_frozen(process: "subprocess.Popen[bytes]") -> bool:
    """Tell whether the kernel has stopped a process that we started."""
    stat = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return stat[0] == "T" and int(stat[1]) == os.getpid()

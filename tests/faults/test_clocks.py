"""Clocks of workers are wrong, by hours or again and again: only the database's counts (F13).

The worker's clock is set by time-machine, in its own process: `time.time` and `datetime.now`.
"""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from apps.runs.models import Run, RunEvent
from tests.factories.runs import Start, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.scenarios import call
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
SECONDS = 1.0
LATE = timedelta(seconds=10)  # by how much a busy machine may be behind; a wrong clock is hours off


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


@pytest.mark.parametrize("clock", ["2", "-2", "jumps"])
def test_a_worker_with_a_wrong_clock(
    start: Start, workers: Crowd, target: Target, clock: str
) -> None:
    """It keeps its leases and takes nobody else's; no timer comes early, or hours late."""
    chain = graph(
        call("put", target), node("w", "flow.wait", config={"seconds": SECONDS}), transform("b"),
        edge("start", "put"), edge("put", "w"), edge("w", "b"),
    )  # fmt: skip
    before = database_time()
    runs = [start(chain) for _ in range(4)]
    workers.start(clock_h=clock)
    workers.start()
    until(lambda: len(target.calls) == 4)
    target.patience_s = 0
    target.answer.set()
    until(lambda: not Run.objects.unfinished().exists())
    after = database_time()
    assert audit(Run.objects.all(), expected=4) == []
    assert audit_sink(target.keys, runs, "put", kills=0) == []
    times = RunEvent.objects.values_list("at", flat=True)
    assert before - LATE <= min(times) <= max(times) <= after + LATE
    for run in runs:
        waited = run.events.get(type="node.waiting").data["until"]
        assert run.events.get(type="node.succeeded", node="w").at >= datetime.fromisoformat(waited)

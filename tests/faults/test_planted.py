"""The auditor finds the engine that we break on purpose; else its silence would mean nothing."""

import dataclasses
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.dispatch import leases
from apps.dispatch.models import Timer
from apps.dispatch.sweeper import sweep
from apps.runs.interpreter import ledger, segment
from apps.runs.interpreter.advancing import advance
from apps.runs.interpreter.folding import fold
from apps.runs.models import Run, Wait
from apps.runs.services import decide
from apps.runs.state.course import Stored
from apps.runs.state.vector import Byte, Walk
from tests.factories.runs import Start, carry, fire_timers
from tests.faults.auditor import audit_run
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.test_lifecycle import approval
from tests.workflows.definitions import edge, node


def diamond() -> dict[str, Any]:
    return graph(
        transform("a"), transform("b"), transform("join"), transform("end"),
        edge("start", "a"), edge("start", "b"), edge("a", "join"), edge("b", "join"),
        edge("join", "end"),
    )  # fmt: skip


def look(run: Run) -> list[str]:
    run.refresh_from_db()
    return audit_run(run)


def test_joins_that_fire_twice_are_found(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Walk._decide

    def eager(self: Walk, place: int) -> None:
        if self.graph.nodes[place].id == "join" and self._arrived[place]:
            self.mark(place, Byte.READY)
        else:
            original(self, place)

    monkeypatch.setattr(Walk, "_decide", eager)
    run = start(diamond())
    advance(run.pk)
    assert any("I4" in found for found in look(run))


def _taken_over(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second worker carry the run to its end while the first is about to write."""
    original = segment.Segment._flush_if_due
    frozen: list[bool] = []

    def freeze(self: segment.Segment) -> None:
        original(self)
        if not frozen:
            frozen.append(True)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE dispatch_ticket SET lease_until = now() - interval '1 h'")
            advance(run.pk)

    monkeypatch.setattr(segment.Segment, "_flush_if_due", freeze)
    advance(run.pk)
    assert frozen


def test_a_zombie_writes_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(diamond())
    _taken_over(run, monkeypatch)
    assert look(run) == []
    assert run.status == "succeeded"


def test_without_a_fence_the_zombie_is_found(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HOLD", "SELECT 0, '' WHERE %(id)s IS NOT NULL")
    monkeypatch.setattr(leases, "FINISH", leases.FINISH.replace("AND fence = %(fence)s", ""))
    monkeypatch.setattr(leases, "finish", lambda lease: leases._row(leases.FINISH, lease) and None)
    run = start(diamond())
    _taken_over(run, monkeypatch)
    found = look(run)
    assert any("I3" in each or "I4" in each for each in found), found


def _decided_between(run: Run, oscar: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the decision land after the walker looked for it and before it releases the run."""
    original = ledger.Ledger.release
    done: list[bool] = []

    def decided_first(self: ledger.Ledger, state: Stored, **options: Any) -> None:
        if not done:
            done.append(True)
            self.flush(state)
            decide(Wait.objects.get(run=run), actor=oscar, decision="approved")
        original(self, state, **options)

    monkeypatch.setattr(ledger.Ledger, "release", decided_first)
    advance(run.pk)
    assert done


def test_a_result_between_looking_and_release_is_taken_in(
    start: Start, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(approval(), x=1)
    _decided_between(run, oscar, monkeypatch)
    assert look(run) == []
    assert run.status == "succeeded"


def test_without_the_comparison_of_wakes_the_run_hangs_and_is_found(
    start: Start, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = leases.RELEASE.replace("AND wake = %(wake)s", "")
    monkeypatch.setattr(leases, "RELEASE", blind)
    run = start(approval(), x=1)
    _decided_between(run, oscar, monkeypatch)
    sweep()
    advance(run.pk)
    assert any("I2" in found for found in look(run))


def test_a_lost_timer_is_found(start: Start) -> None:
    wait = node("w", "flow.wait", config={"seconds": 60})
    run = carry(start(graph(wait, edge("start", "w"))))
    Timer.objects.all().delete()
    assert any("I2" in found for found in look(run))


def test_a_lease_by_the_workers_clock_is_found(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker whose clock is two hours ahead would take what another one is carrying."""
    skewed = leases.CLAIM.replace(
        "lease_until < clock_timestamp()", "lease_until < clock_timestamp() + interval '2 hours'"
    )
    run = start(diamond())
    first = leases.claim(run.pk, "first")
    assert first is not None
    assert leases.claim(run.pk, "second") is None
    monkeypatch.setattr(leases, "CLAIM", skewed)
    stolen = leases.claim(run.pk, "second")
    assert stolen is not None
    assert stolen.fence == first.fence + 1


def test_folding_twice_gives_the_same(start: Start, oscar: User) -> None:
    run = carry(start(approval(expires_after_s=60), x=1))
    decide(Wait.objects.get(run=run), actor=oscar, decision="approved")
    fire_timers(run)
    first, second = fold(run, [("", "ask")]), fold(run, [("", "ask")])
    assert dataclasses.asdict(first) == dataclasses.asdict(second)
    assert first.decisions["", "ask"]["decision"] == "approved"

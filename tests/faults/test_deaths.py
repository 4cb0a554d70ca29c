"""A process dies at each named point of a run's life, each time that it comes there (F4).

The first life counts how often it comes to each point. Then one life for each of those moments
ends in it by SIGKILL, and another process carries the run on once the lease is over.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.dispatch.models import Ticket
from apps.runs.models import Run
from apps.tenants.context import current_schema
from tests.factories.runs import Start
from tests.faults.auditor import audit, audit_run, audit_sink
from tests.faults.crowd import ROOT, Target, environment
from tests.faults.points import POINTS
from tests.faults.scenarios import eventful, irrevocable, patient
from tests.faults.sizes import LONG

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("deaths")]
SCENARIOS = {"eventful": eventful, "irrevocable": irrevocable, "patient": patient}
KILLED = -9
# A start is over before a worker's life begins: what it leaves is asked in `test_refusals`.
BEFORE_LIFE = {"before a start is committed"}
# Whoever carries a run for a moment only comes to none: see the patient scenario.
HEARTBEAT = {"in heartbeat", "after heartbeat"}


class Mortals:
    """Processes that carry runs and may be told to die."""

    def __init__(self, folder: Path, egress: str, decider: User) -> None:
        self.log = (folder / "mortals.log").open("ab")
        self.decider = decider.email
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mortal"], cwd=ROOT, env=environment(egress),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip

    def live(self, run: Run, die_at: str = "", time: int = 1) -> tuple[int, dict[str, int]]:
        """Let a process carry a run; return its exit code and how often it came to each point."""
        order = {
            "run": str(run.pk), "schema": current_schema(), "decider": self.decider,
            "die_at": die_at, "time": time,
        }  # fmt: skip
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        run.refresh_from_db()
        return answer["code"], answer["counts"]

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        self.log.close()


@pytest.fixture
def target() -> Iterator[Target]:
    made = Target(patience_s=0.1)
    yield made
    made.close()


@pytest.fixture
def mortals(tmp_path: Path, target: Target, oscar: User) -> Iterator[Mortals]:
    made = Mortals(tmp_path, target.origin, oscar)
    yield made
    made.close()


def moments(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return the deaths to try: every one in the long form, else the first and the last."""
    found = []
    for point, count in counts.items():
        times = range(1, count + 1) if LONG else sorted({1, count})
        found += [(point, time) for time in times]
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_death_at_every_point(start: Start, mortals: Mortals, target: Target, name: str) -> None:
    definition = SCENARIOS[name](target)
    run = start(definition)
    code, counts = mortals.live(run)
    assert (code, run.status) == (0, "succeeded")
    if name == "patient":
        counts = {point: count for point, count in counts.items() if point in HEARTBEAT}
        assert counts.keys() == HEARTBEAT
    else:
        counts = {point: count for point, count in counts.items() if point not in HEARTBEAT}
    died = {
        point for point, time in moments(counts) if dies(start, mortals, target, name, point, time)
    }
    assert died == set(counts)
    if name == "eventful":
        assert died == POINTS.keys() - BEFORE_LIFE - HEARTBEAT


def dies(start: Start, mortals: Mortals, target: Target, name: str, point: str, time: int) -> bool:
    """Kill the carrier of a new run at a moment, let another go on, and look at what is left."""
    target.reset()
    run = start(SCENARIOS[name](target))
    code, _ = mortals.live(run, die_at=point, time=time)
    where = f"{name}: {point}, time {time}"
    assert code in (0, KILLED), where
    assert audit_run(run) == [], where
    Ticket.objects.filter(pk=run.pk, status="running").update(lease_until="2020-01-01T00:00:00Z")
    survived, _ = mortals.live(run)
    assert survived == 0, where
    assert audit([run], expected=1) == [], where
    look(run, target, name, where)
    return code == KILLED


def look(run: Run, target: Target, name: str, where: str) -> None:
    """Compare what the target saw with what the scenario allows after one death."""
    if name == "patient":
        assert run.status == "succeeded", where
        assert audit_sink(target.seen("/slow"), [run], "slow", kills=1) == [], where
        return
    if name == "eventful":
        assert run.status == "succeeded", where
        assert audit_sink(target.seen("/put"), [run], "put", kills=1) == [], where
        # One attempt fails by itself, one more may be lost in the death.
        assert audit_sink(target.seen("/flaky"), [run], "flaky", kills=2) == [], where
        return
    assert len(target.seen("/post")) <= 1, where  # whatever happens, it is never sent twice
    if run.status == "succeeded":
        assert len(target.seen("/post")) == 1, where
    else:
        assert (run.status, told(run)) == ("needs_attention", "outcome_unknown"), where


def told(run: Run) -> Any:
    return (run.error or {}).get("code")

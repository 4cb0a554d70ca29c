"""Runs are cancelled, paused and resumed at random moments; nothing starts after a cancel (F20)."""

import random
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

import pytest

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.dispatch import leases
from apps.dispatch.leases import News
from apps.runs.interpreter.advancing import advance
from apps.runs.interpreter.effects import key_of
from apps.runs.interpreter.ledger import Ledger
from apps.runs.models import Run
from apps.runs.services import cancel_run, pause_run, resume_run
from apps.runs.state.course import Stored
from tests.factories.runs import Start, until
from tests.faults import history
from tests.faults.auditor import audit
from tests.faults.crowd import Crowd, Target
from tests.faults.sizes import size
from tests.faults.test_kills import all_over, ten_steps
from tests.workflows.definitions import chain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("kills")]
SEED = 20260703
ACTS = {"cancel": cancel_run, "pause": pause_run, "resume": resume_run}


def test_random_wishes(start: Start, workers: Crowd, target: Target, bob: User) -> None:
    dice, pause = random.Random(SEED), Event()
    target.patience_s = 0.1
    runs = [start(ten_steps(target)) for _ in range(size(24, 2000))]
    for _ in range(2):
        workers.start()
    until(lambda: bool(target.calls))
    last: dict[Any, int] = {}  # how far a run had come when its cancel was committed
    for _ in range(size(100, 6000)):
        run, wish = dice.choice(runs), dice.choice(("cancel", "pause", "resume", "resume"))
        with suppress(Conflict):
            ACTS[wish](run, actor=bob)
            if wish == "cancel":
                last.setdefault(run.pk, Run.objects.get(pk=run.pk).seq)
        pause.wait(0.02)
    for run in runs:
        with suppress(Conflict):
            resume_run(run, actor=bob)
    patience_s = size(120, 1800)  # their steps wait for a target
    until(lambda: not Run.objects.unfinished().exclude(status="paused").exists(), patience_s)
    for run in Run.objects.filter(status="paused"):
        resume_run(run, actor=bob)
    until(all_over, patience_s)
    assert audit(Run.objects.all(), expected=len(runs)) == [], SEED
    assert set(Run.objects.values_list("status", flat=True)) <= {"succeeded", "cancelled"}, SEED
    assert last
    for run_id, seq in last.items():
        run = Run.objects.get(pk=run_id)
        assert late_effects(run, seq, target) == [], SEED
        assert run.status == "cancelled", SEED


def late_effects(run: Run, seq: int, target: Target) -> list[str]:
    """Return the calls that were begun after an event, the intent of which may be committed."""
    begun = run.events.filter(type="node.started", seq__gt=seq).values_list("node", flat=True)
    return [node for node in begun if key_of(run, node) in target.keys]


@pytest.fixture
def wish(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[int]]:
    """Return a function that has a wish come in the middle of a long chain, before it is written."""
    original, written = Ledger.flush, list[int]()

    def plant(act: Callable[[], object]) -> list[int]:
        def flush(self: Ledger, stored: Stored) -> News:
            if not written:
                act()
            written.append(len(self.rows))
            return original(self, stored)

        monkeypatch.setattr(Ledger, "flush", flush)
        return written

    return plant


def made(run: Run) -> int:
    """Return how many steps were made."""
    run.refresh_from_db()
    return len(history.fold(run.events.all()).steps)


def test_a_long_chain_that_only_computes_is_cancelled(start: Start, bob: User, wish: Any) -> None:
    """The wish is heard with the next writing; what is ready by then does not start."""
    run = start(chain(300))
    written = wish(lambda: cancel_run(run, actor=bob))
    advance(run.pk)
    assert made(run) == written[0]
    assert run.status == "cancelled"


def test_a_long_chain_that_only_computes_is_paused(start: Start, bob: User, wish: Any) -> None:
    run = start(chain(300))
    written = wish(lambda: pause_run(run, actor=bob))
    advance(run.pk)
    assert made(run) == written[0]
    assert run.status == "paused"
    resume_run(run, actor=bob)
    advance(run.pk)
    assert made(run) == 301
    assert audit([run], expected=1) == []


def test_no_later_wish_takes_the_place_of_a_cancel(start: Start, bob: User) -> None:
    run = start(chain(2))
    lease = leases.claim(run.pk, "a worker that has not looked yet")
    cancel_run(run, actor=bob)
    for wish in (pause_run, resume_run):
        with suppress(Conflict):
            wish(run, actor=bob)
    assert lease
    assert leases.hold(lease).wanted == "cancel"


def test_a_cancel_wins_over_the_success_that_is_not_written_yet(start: Start, bob: User) -> None:
    run = start(chain(2))
    with pytest.MonkeyPatch.context() as patch:
        original, promised = Ledger.finish, list[bool]()

        def finish(self: Ledger, *args: Any, **options: Any) -> None:
            if not promised:
                promised.append(True)
                cancel_run(run, actor=bob)
            original(self, *args, **options)

        patch.setattr(Ledger, "finish", finish)
        advance(run.pk)
    run.refresh_from_db()
    assert (run.status, run.outputs) == ("cancelled", None)
    assert audit([run], expected=1) == []

"""The auditor rejects corrupted stores: each thing that it checks is once made wrong by hand."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import chain
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common.ids import uuid7
from apps.dispatch.models import Ticket, Timer
from apps.files.services import store
from apps.files.storage import Folder
from apps.gateway.models import LlmCall
from apps.runs.interpreter.effects import key_of
from apps.runs.models import NodeRun, Run, RunEvent, Wait
from apps.runs.state.vector import Byte
from apps.tenants.context import current_schema, maintenance, public_scope
from apps.tenants.models import Tenant
from tests.factories import runs as factory
from tests.factories.runs import Start, carry
from tests.factories.storage import grown_old
from tests.faults.auditor import audit, audit_sink
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.state.test_payloads import BIG
from tests.runs.test_lifecycle import approval
from tests.workflows.definitions import edge, greeting

Corrupt = Callable[[Run], object]


@pytest.fixture
def run(start: Start) -> Run:
    """A finished run with which nothing is wrong."""
    run = carry(start(greeting(), who="Ada"))
    assert audit([run], expected=1) == []
    return run


@pytest.fixture
def waiting(start: Start) -> Run:
    """A run that rightly waits for a person, until a time."""
    run = carry(start(approval(expires_after_s=60), x=1))
    assert audit([run], expected=1) == []
    return run


def step(run: Run, name: str, **changes: object) -> None:
    assert NodeRun.objects.filter(run=run, node=name).update(**changes)


def stored(run: Run, **changes: object) -> None:
    assert Run.objects.filter(pk=run.pk).update(**changes)


def told(run: Run, number: int, **changes: object) -> None:
    with maintenance(current_schema()):  # a workspace's own role can only add events
        assert RunEvent.objects.filter(run=run, seq=number).update(**changes)


def forgotten(run: Run, seq: int) -> None:
    with maintenance(current_schema()):
        assert RunEvent.objects.filter(run=run, seq=seq).delete()[0]


def added(run: Run, type_: str, node: str = "", **data: object) -> None:
    RunEvent.objects.create(
        run=run, seq=run.seq + 1, type=type_, node=node, at=run.created_at, data=data
    )
    stored(run, seq=F("seq") + 1)


def swapped(run: Run, one: int, other: int) -> None:
    told(run, one, seq=1000)
    told(run, other, seq=one)
    told(run, 1000, seq=other)


# Events of a greeting: 1 queued, 2 started, 3 start, 4 greet, 5 reply succeeded, 6 run succeeded.
FINISHED: dict[str, tuple[str, Corrupt]] = {
    "an event is lost": ("I3", lambda run: forgotten(run, 3)),
    "the last event is lost": ("I3", lambda run: forgotten(run, 6)),
    "an event has another number": ("I3", lambda run: told(run, 4, seq=40)),
    "an event of no known kind": ("I3", lambda run: told(run, 4, type="node.dreamt")),
    "something after the end": ("I3", lambda run: added(run, "run.resumed")),
    "the run has another status": ("I3", lambda run: stored(run, status="failed")),
    "the run has an error": ("I3", lambda run: stored(run, error={"code": "x"})),
    "the run cost something else": ("I3", lambda run: stored(run, tokens=7)),
    "a step has another status": ("I3", lambda run: step(run, "greet", status="skipped")),
    "a step has another attempt": ("I3", lambda run: step(run, "greet", attempt=2)),
    "a step left by another port": ("I3", lambda run: step(run, "greet", port="error")),
    "a step lost its row": ("I3", lambda run: run.nodes.filter(node="greet").delete()),
    "a step has another byte": (
        "I3", lambda run: stored(run, state=bytes([Byte.DONE, Byte.RUNNING, Byte.DONE])),
    ),
    "all bytes are lost": ("I3", lambda run: stored(run, state=b"")),
    "a step succeeded twice": ("I4", lambda run: added(run, "node.succeeded", "greet")),
    "a step began after its end": ("I4", lambda run: added(run, "node.started", "greet")),
    "a step came before its cause": ("I4", lambda run: swapped(run, 3, 4)),
    "a ticket for a finished run": ("I6", lambda run: Ticket.objects.create(id=run.pk)),
    "a step cost more than the run": ("I8", lambda run: step(run, "greet", cost_usd=Decimal(1))),
    "a ticket of no run": ("I10", lambda run: Ticket.objects.create(id=uuid7())),
    "a model call of no run": (
        "I10", lambda run: LlmCall.objects.create(run_id=uuid7(), request_id="x", status="ok"),
    ),
}  # fmt: skip
WAITING: dict[str, tuple[str, Corrupt]] = {
    "its ticket is lost": ("I2", lambda run: Ticket.objects.filter(pk=run.pk).delete()),
    "nobody is asked any more": ("I2", lambda run: _unasked(run)),
    "it waits and is leased": ("I6", lambda run: Ticket.objects.update(lease_until=_soon())),
    "it stands still": ("I2", lambda run: stored(run, status="running")),
}


def _unasked(run: Run) -> None:
    Wait.objects.filter(run=run).update(status="decided")
    Timer.objects.all().delete()


def _soon() -> object:
    return timezone.now() + timedelta(seconds=9)


def _names(found: list[str]) -> set[str]:
    return {each.split()[0] for each in found}


@pytest.mark.parametrize("how", FINISHED)
def test_a_finished_run_made_wrong(run: Run, how: str) -> None:
    invariant, corrupt = FINISHED[how]
    corrupt(run)
    run.refresh_from_db()
    assert invariant in _names(audit([run], expected=1))


@pytest.mark.parametrize("how", WAITING)
def test_a_waiting_run_made_wrong(waiting: Run, how: str) -> None:
    invariant, corrupt = WAITING[how]
    corrupt(waiting)
    waiting.refresh_from_db()
    assert invariant in _names(audit([waiting], expected=1))


def test_a_run_that_is_over_and_still_asks(waiting: Run, run: Run) -> None:
    Wait.objects.filter(run=waiting).update(run=run)
    assert "I6" in _names(audit([run], expected=1))


def test_i1_a_run_too_many_or_too_few(run: Run) -> None:
    assert "I1" in _names(audit([run, run], expected=1))
    assert "I1" in _names(audit([], expected=1))


def test_i5_repeats_strangers_and_silence(run: Run) -> None:
    key = key_of(run, "greet")
    assert audit_sink([key, key], [run], "greet", kills=1) == []
    assert audit_sink([key, key], [run], "greet", kills=0)
    assert audit_sink([key, "other"], [run], "greet", kills=0)
    assert audit_sink([], [run], "greet", kills=5)


def test_i8_a_cost_that_the_ledger_does_not_know(run: Run) -> None:
    step(run, "greet", cost_usd=Decimal(1))
    stored(run, cost_usd=Decimal(1))
    run.refresh_from_db()
    found = audit([run], expected=1)
    assert any("the ledger has None" in each for each in found), found


def test_i10_timers_of_another_workspace(waiting: Run, beta: Tenant) -> None:
    with public_scope():
        assert Timer.objects.update(role=beta.role_name)
    assert "I10" in _names(audit([waiting], expected=1))


@pytest.mark.parametrize("harm", [b"", b"x" * 500, None])
def test_i7_harmed_bytes(start: Start, folder: Folder, harm: bytes | None) -> None:
    run = carry(start(graph(transform("big", BIG), edge("start", "big"))))
    assert audit([run], expected=1) == []
    blob = factory.step(run, "big").output_blob
    assert blob is not None
    path = folder.root / blob.name
    path.unlink() if harm is None else path.write_bytes(harm)
    assert any(f"I7 blob {blob}" in found for found in audit([run], expected=1))


def test_i7_an_orphan(run: Run, folder: Folder) -> None:
    blob = store(b"x")
    assert audit([run], expected=1) == []
    grown_old(blob)
    assert any("I7 nobody" in found for found in audit([run], expected=1))


@pytest.mark.parametrize("harm", ["changed", "deleted"])
def test_i9_a_trail_that_is_not_as_it_was_written(run: Run, alice: User, harm: str) -> None:
    entry = record("thing.changed", actor=alice)
    chain.link()
    assert audit([run], expected=1) == []
    with maintenance(current_schema()):
        rows = AuditEntry.objects.filter(pk=entry.pk)
        rows.update(result="denied") if harm == "changed" else rows.delete()
    assert "I9" in _names(audit([run], expected=1))

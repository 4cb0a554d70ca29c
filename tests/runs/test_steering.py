"""Cancelling, ending and pausing under a worker's hands; what was used; many runs at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Conflict, Forbidden
from apps.common.ids import uuid7
from apps.dispatch import leases
from apps.dispatch.models import Ticket
from apps.runs.exceptions import RunFinished, TooManyRuns
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.runs.services import (
    cancel_run,
    pause_run,
    resume_run,
    steer_many,
    terminate_run,
)
from apps.runs.services.many import MOST
from apps.tenants.context import current_tenant, tenant_context
from apps.tenants.database import release_thread
from tests.factories.runs import Start, carry, error_of, events, step, until
from tests.faults.auditor import audit_run
from tests.runs.interpreter.test_retries import Site, call, site
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.runs.scenes import failing
from tests.runs.test_lifecycle import approval
from tests.workflows.definitions import edge, greeting

__all__ = ["site"]
transactional = pytest.mark.django_db(transaction=True)


@pytest.fixture
def aside() -> Callable[..., threading.Thread]:
    """Return a function that does something on another thread, in the same workspace."""
    tenant = current_tenant()

    def begin(act: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            with tenant_context(tenant):
                try:
                    act()
                finally:
                    release_thread()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    return begin


@transactional
@pytest.mark.parametrize("end", [cancel_run, terminate_run])
def test_a_run_under_way_ends_and_nothing_starts_after(
    start: Start, site: Site, bob: User, aside: Any, end: Any
) -> None:
    site.answers = [(0, {})]  # it hangs
    run = start(call(site))
    carrier = aside(lambda: advance(run.pk))
    until(lambda: bool(site.keys))
    end(run, actor=bob)
    carrier.join(5)
    assert not carrier.is_alive()
    run.refresh_from_db()
    assert (run.status, step(run, "call").status) == ("cancelled", "cancelled")
    told = events(run)
    assert "node.started" not in " ".join(told[told.index("run.cancelling") :])
    assert audit_run(run) == []


@transactional
def test_an_ended_run_takes_nothing_of_its_worker(
    start: Start, site: Site, bob: User, aside: Any
) -> None:
    """A worker that answers late writes nothing: its fence was overtaken."""
    site.answers = [(0, {})]
    run = start(call(site))
    carrier = aside(lambda: advance(run.pk))
    until(lambda: bool(site.keys))
    before = Ticket.objects.get(pk=run.pk).fence
    ended = terminate_run(run, actor=bob)
    history = list(run.events.values_list("seq", "type"))
    assert (ended.status, Ticket.objects.filter(pk=run.pk).exists(), before) == (
        "cancelled",
        False,
        1,
    )
    carrier.join(5)
    assert list(run.events.values_list("seq", "type")) == history
    assert AuditEntry.objects.filter(action="run.terminated").count() == 1


def test_no_step_starts_once_the_wish_is_committed(start: Start, site: Site, bob: User) -> None:
    """The wish comes between the claim and the writing that a step starts."""
    run = start(call(site))
    lease = leases.claim(run.pk, "a worker")
    assert lease is not None
    cancel_run(run, actor=bob)
    Ticket.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00:00Z")
    run = carry(run)
    assert (run.status, site.keys) == ("cancelled", [])
    assert "node.started call" not in events(run)


@transactional
def test_one_of_many_who_cancel_ends_it(start: Start, bob: User, aside: Any) -> None:
    run = carry(start(approval(), x=1))
    refused: list[str] = []

    def cancel() -> None:
        try:
            cancel_run(Run.objects.get(pk=run.pk), actor=bob)
        except RunFinished as error:
            refused.append(error.code)

    threads = [aside(cancel) for _ in range(5)]
    for thread in threads:
        thread.join(10)
    assert refused == ["run_finished"] * 4
    run.refresh_from_db()
    assert events(run).count("run.cancelled") == 1
    assert audit_run(run) == []


@transactional
def test_a_pause_takes_no_cancel_back(start: Start, bob: User) -> None:
    """The worker that was to see the cancel has died."""
    run = start(graph(transform("a"), edge("start", "a")))
    assert leases.claim(run.pk, owner="dead") is not None
    cancel_run(run, actor=bob)
    Ticket.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00:00Z")
    with pytest.raises(Conflict, match="being cancelled"):
        pause_run(run, actor=bob)
    assert carry(run).status == "cancelled"


@transactional
def test_whom_a_worker_is_cancelling_is_not_paused(start: Start, bob: User) -> None:
    """Its worker lives, and has not looked yet."""
    run = start(graph(transform("a"), edge("start", "a")))
    assert leases.claim(run.pk, owner="busy") is not None
    cancel_run(run, actor=bob)
    with pytest.raises(Conflict, match="being cancelled"):
        pause_run(run, actor=bob)
    assert "run.pausing" not in events(run)
    assert not AuditEntry.objects.filter(action="run.paused").exists()


@transactional
def test_paused_after_the_step_that_runs(start: Start, site: Site, bob: User, aside: Any) -> None:
    site.answers = [(503, {}), (200, {})]
    run = start(call(site, retry={"max_attempts": 2, "initial_s": 0.8, "max_s": 0.8}))
    carrier = aside(lambda: advance(run.pk))
    until(lambda: bool(site.keys))
    pause_run(run, actor=bob)
    carrier.join(10)
    run.refresh_from_db()
    assert run.status == "paused"
    assert events(run).index("run.pausing") < events(run).index("run.paused")
    resume_run(run, actor=bob)
    assert carry(run).status == "succeeded"


def test_who_ends_a_run(start: Start, bob: User, vera: User) -> None:
    run = carry(start(approval(), x=1))
    with pytest.raises(Forbidden):
        terminate_run(run, actor=vera)
    terminate_run(run, actor=bob)
    assert run.events.get(type="run.cancelling").data == {"by": "Bob", "at_once": True}
    with pytest.raises(RunFinished):
        terminate_run(run, actor=bob)


def test_what_can_be_measured_is(start: Start, site: Site) -> None:
    site.answers = [(200, {})]
    definition = call(site)
    definition["nodes"].append(code("sum", "sum([i for i in range(20000)])"))
    definition["edges"].append(edge("after", "sum"))
    run = carry(start(definition))
    assert (step(run, "call").cpu_ms, step(run, "call").peak_kb) == (None, None)
    assert (step(run, "after").cpu_ms or 0) > 0
    assert step(run, "after").peak_kb is None
    summed = step(run, "sum")
    assert (summed.cpu_ms or 0) > 0
    assert (summed.peak_kb or 0) > 1000
    measured = [each.cpu_ms or 0 for each in run.nodes.all()]
    assert run.cpu_ms == pytest.approx(sum(measured))
    assert run.peak_kb == summed.peak_kb


def test_code_that_fails_has_used_something_too(start: Start) -> None:
    run = carry(start(graph(code("bad", "1 / 0"), edge("start", "bad"))))
    assert error_of(run)["code"] == "code_failed"
    assert (step(run, "bad").peak_kb or 0) > 1000


class TestMany:
    def test_each_by_itself(self, start: Start, bob: User) -> None:
        failed, done = carry(start(failing())), carry(start(greeting(), who="a"))
        waiting, nobodys = carry(start(approval(), x=1)), uuid7()
        ids = [failed.pk, done.pk, waiting.pk, nobodys, failed.pk]
        results = steer_many("cancel", actor=bob, ids=ids)
        assert [each.error and each.error.code for each in results] == [
            "run_finished", "run_finished", None, "not_found",
        ]  # fmt: skip
        (retried,) = steer_many("retry", actor=bob, ids=[failed.pk])
        assert retried.run is not None
        assert retried.run.retry_of == failed

    def test_by_a_filter(self, start: Start, bob: User) -> None:
        runs = [carry(start(approval(), x=n)) for n in range(3)]
        for run in runs[:2]:
            pause_run(run, actor=bob)
        results = steer_many("resume", actor=bob, among=Run.objects.filter(status="paused"))
        assert {each.id for each in results} == {run.pk for run in runs[:2]}
        assert all(each.error is None for each in results)

    def test_too_many_and_not_allowed(self, start: Start, bob: User, vera: User) -> None:
        with pytest.raises(TooManyRuns):
            steer_many("cancel", actor=bob, ids=[uuid7() for _ in range(MOST + 1)])
        run = start(greeting(), who="a")
        (refused,) = steer_many("cancel", actor=vera, ids=[run.pk])
        assert refused.error is not None
        assert refused.error.code == "forbidden"


def test_transforms_are_cheap(start: Start) -> None:
    """What is measured of a step that only computes is its own share, not the whole batch."""
    names = [f"t{n}" for n in range(20)]
    parts = [transform(name) for name in names] + [edge("start", name) for name in names]
    run = carry(start(graph(*parts)))
    shares = [step(run, name).cpu_ms or 0 for name in names]
    assert sum(shares) <= run.cpu_ms
    assert all(share > 0 for share in shares)

"""Trying again: by policy, by the target's wish, in the loop or as a row; and when never."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from pytest_django import Settings

from apps.accounts.models import User
from apps.dispatch.models import Ticket, Timer
from apps.egress import circuits
from apps.egress.breakers import try_now
from apps.nodes.base import Effect
from apps.runs.interpreter.retries import delay_before_next, time_for
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.runs.state.outcomes import Failure
from apps.runs.state.vector import Byte
from apps.workflows.definition import Node, Retry
from apps.workflows.services import create_workflow
from tests.factories.runs import Start, carry, error_of, events, fire_timers, step, steps
from tests.factories.targets import Target
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BUSY = Failure("http_503", "busy", retryable=True)


class Site(Target):
    """A target that answers what it is told to, one answer a call; the last one stays."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.keys: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        status, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status == 0:
            await asyncio.sleep(30)
        return web.Response(status=status, headers=headers, text="x")


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    made = Site()
    with made.served(settings):
        yield made


def call(site: Site, method: str = "PUT", **rest: Any) -> dict[str, Any]:
    config = {"method": method, "url": site.origin, "idempotency_header": method == "PUT"}
    asked = node("call", "http.request", config=config, **rest)
    return graph(asked, transform("after"), edge("start", "call"), edge("call", "after"))


QUICK = {"max_attempts": 3, "initial_s": 0.05, "max_s": 0.1}


def test_a_busy_target_is_tried_again_under_the_same_key(start: Start, site: Site) -> None:
    site.answers = [(503, {}), (429, {}), (200, {})]
    run = carry(start(call(site, retry=QUICK)))
    assert run.status == "succeeded"
    assert step(run, "call").attempt == 3
    assert len(site.keys) == 3
    assert len(set(site.keys)) == 1
    assert events(run).count("node.retrying call") == 2
    assert events(run).count("node.started call") == 3


def test_the_last_attempt_decides(start: Start, site: Site) -> None:
    site.answers = [(503, {})]
    run = carry(start(call(site, retry=QUICK)))
    assert (run.status, error_of(run)["code"], len(site.keys)) == ("failed", "http_503", 3)


def test_a_long_delay_is_a_row_and_holds_no_worker(start: Start, site: Site) -> None:
    site.answers = [(429, {"Retry-After": "3600"}), (200, {})]
    run = carry(start(call(site)))
    assert (run.status, steps(run)["call"]) == ("waiting", "retrying")
    timer = Timer.objects.get()
    assert (timer.kind, timer.key) == ("retry", "call")
    assert 3500 < (timer.fire_at - run.created_at).total_seconds() < 3700
    fire_timers(run)
    assert carry(run).status == "succeeded"
    assert step(run, "call").attempt == 2


@pytest.mark.parametrize("again", [None, QUICK])
def test_a_post_is_repeated_only_where_the_author_asked(
    start: Start, site: Site, again: dict[str, Any] | None
) -> None:
    site.answers = [(503, {}), (200, {})]
    run = carry(start(call(site, "POST", **({"retry": again} if again else {}))))
    assert run.status == ("succeeded" if again else "failed")
    assert len(site.keys) == (2 if again else 1)


def test_a_timeout_is_the_attempts(start: Start, site: Site) -> None:
    site.answers = [(0, {}), (200, {})]
    run = carry(start(call(site, timeout_s=0.2, retry=QUICK)))
    assert (run.status, step(run, "call").attempt) == ("succeeded", 2)


@pytest.mark.django_db(transaction=True)  # the lease is renewed meanwhile
@pytest.mark.parametrize("answers", [[(0, {})], [(503, {}), (0, {})]])
def test_the_total_time_ends_an_attempt(
    start: Start, site: Site, answers: list[tuple[int, dict[str, str]]]
) -> None:
    """Whether it is the first or a later one; the target would take 30 s."""
    site.answers, calls = list(answers), len(answers)
    run = carry(start(call(site, retry={**QUICK, "max_attempts": 5, "total_s": 1.5})))
    error = error_of(run)
    assert (run.status, error["code"], len(site.keys)) == ("failed", "timeout", calls)
    assert "together took longer than 1.5 s" in error["message"]
    row = step(run, "call")
    assert row.started_at is not None
    assert row.finished_at is not None
    assert (row.finished_at - row.started_at).total_seconds() < 10


@pytest.mark.parametrize(
    ("retry", "attempt", "spent", "limit"),
    [
        (None, 1, 0, 600), (Retry(total_s=60), 1, 0, 60), (Retry(total_s=60), 2, 45, 15),
        (Retry(total_s=60), 2, 90, 0), (Retry(total_s=900), 2, 45, 600),
        (Retry(total_s=60), 1, 90, 60),  # it has waited for a place until now
    ],
)  # fmt: skip
def test_how_long_an_attempt_may_go_on(
    retry: Retry | None, attempt: int, spent: float, limit: float
) -> None:
    made = Node(id="a", type="http.request", timeout_s=600, retry=retry)
    now = NOW + timedelta(seconds=spent)
    assert time_for(made, attempt, begun=NOW, now=now) == limit


@pytest.mark.parametrize(
    ("failure", "effect", "attempt", "longest"),
    [
        (BUSY, Effect.KEYED, 1, 1.0),
        (BUSY, Effect.KEYED, 3, 4.0),
        (BUSY, Effect.KEYED, 4, None),
        (BUSY, Effect.PURE, 1, None),
        (BUSY, Effect.ONCE, 1, None),
        (Failure("bad", "no"), Effect.KEYED, 1, None),
    ],
)
def test_the_default_policy(
    failure: Failure, effect: Effect, attempt: int, longest: float | None
) -> None:
    made = Node(id="a", type="http.request")
    delays = [
        delay_before_next(made, failure, effect, attempt, begun=NOW, now=NOW) for _ in range(50)
    ]
    if longest is None:
        assert delays == [None] * 50
    else:
        assert all(delay is not None and 0 <= delay <= longest for delay in delays)
        assert len(set(delays)) > 10


def test_the_targets_wish_is_the_least() -> None:
    made = Node(id="a", type="http.request", retry=Retry(max_attempts=2))
    wish = Failure("http_429", "slow down", retryable=True, retry_after=120)
    assert delay_before_next(made, wish, Effect.KEYED, 1, begun=NOW, now=NOW) == 120


def test_no_attempt_begins_after_the_total_time() -> None:
    made = Node(id="a", type="http.request", retry=Retry(max_attempts=20, total_s=60))
    begun = NOW - timedelta(seconds=59)
    wish = Failure("http_429", "slow down", retryable=True, retry_after=2)
    assert delay_before_next(made, wish, Effect.KEYED, 1, begun=begun, now=NOW) is None
    assert delay_before_next(made, wish, Effect.KEYED, 1, begun=NOW, now=NOW) is not None


def test_only_what_the_policy_lists_is_tried_again() -> None:
    made = Node(id="a", type="http.request", retry=Retry(retry_on=["http_404"]))
    missing = Failure("http_404", "not yet there")
    assert delay_before_next(made, missing, Effect.KEYED, 1, begun=NOW, now=NOW) is not None
    assert delay_before_next(made, BUSY, Effect.KEYED, 1, begun=NOW, now=NOW) is None


def test_a_run_that_kills_its_workers_is_set_aside(start: Start, site: Site) -> None:
    site.answers = [(200, {})]
    run = start(call(site))
    Ticket.objects.filter(pk=run.pk).update(strikes=3)
    assert carry(run).status == "needs_attention"
    assert error_of(run)["code"] == "poison"


def test_an_unforeseen_exception_is_the_steps_error(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: Any, **options: Any) -> None:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr("apps.nodes.types.http_request.HttpRequest.run", broken)
    asked = node("call", "http.request", config={"url": "http://example.com"})
    run = carry(start(graph(asked, edge("start", "call"))))
    assert error_of(run)["code"] == "internal"
    assert "secret" not in str(run.error)


@pytest.mark.django_db(transaction=True)
def test_cancelled_while_it_runs(start: Start, site: Site, bob: Any) -> None:
    from apps.runs.services import cancel_run
    from apps.tenants.context import current_tenant, tenant_context

    site.answers = [(0, {})]
    run = start(call(site))
    tenant = current_tenant()

    def cancel() -> None:
        from django.db import connection

        with tenant_context(tenant):
            while not site.keys:
                pass
            cancel_run(Run.objects.get(pk=run.pk), actor=bob)
            connection.close()

    thread = threading.Thread(target=cancel)
    thread.start()
    carry(run)
    thread.join()
    assert run.status == "cancelled"
    assert steps(run)["call"] == "cancelled"
    assert set(run.state) <= {Byte.IDLE, Byte.DONE, Byte.CANCELLED}


@pytest.mark.parametrize(("method", "calls"), [("GET", 1), ("POST", 2)])
def test_what_acts_on_the_world_is_never_answered_from_here(
    bob: User, site: Site, method: str, calls: int
) -> None:
    site.answers = [(200, {})]
    definition = call(site, method=method)
    definition["nodes"][1]["cache_ttl_s"] = 3600
    workflow = create_workflow(actor=bob, name="Web", definition=definition)
    for _ in range(2):
        carry(start_run(workflow, actor=bob, inputs={}, version="draft"))
    assert len(site.keys) == calls


def test_a_host_that_keeps_failing_fails_a_step_at_once_and_the_retry_waits_as_a_row(
    start: Start, site: Site
) -> None:
    site.answers = [(503, {})]
    for _ in range(2):
        carry(start(call(site, retry=QUICK)))
    asked = len(site.keys)
    assert asked == 5  # the sixth attempt was not made
    run = carry(start(call(site, retry={"max_attempts": 2})))
    assert len(site.keys) == asked
    assert run.status == Run.Status.WAITING
    told = step(run, "call")
    assert told.error is not None
    assert told.error["code"] == "breaker_open"
    assert site.origin.removeprefix("http://") in told.error["message"]
    assert "HTTP 503" in told.error["message"]
    timer = Timer.objects.get(ticket_id=run.pk, kind=Timer.Kind.RETRY)
    opened = circuits.listed()[0].next_try_at
    assert opened is not None
    assert timer.fire_at >= opened - timedelta(seconds=1)
    site.answers = [(200, {})]
    try_now(circuits.listed()[0])
    fire_timers(run)
    assert carry(run).status == Run.Status.SUCCEEDED


def test_a_host_that_is_left_alone_ends_a_step_without_retry(start: Start, site: Site) -> None:
    site.answers = [(500, {})]
    for _ in range(5):
        carry(start(call(site, retry={"max_attempts": 1})))
    run = carry(start(call(site, retry={"max_attempts": 1})))
    assert len(site.keys) == 5
    assert error_of(run)["code"] == "breaker_open"

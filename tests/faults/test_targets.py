"""Targets on the web that misbehave: limits hold, memory too, and retries keep to what was asked (F17)."""

import resource
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from apps.dispatch.models import Timer
from apps.runs.models import Run
from tests.factories.runs import Start, carry, error_of, events, step, steps
from tests.faults.hostile import MIB, Hostile
from tests.faults.sizes import LONG
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("targets")]
LIMIT_S = 0.5
BODY = 10 * MIB  # as much of an answer as a step takes
SOCKETS = 16 * MIB  # what may be on its way between two sockets of one machine
ONCE = {"max_attempts": 1}


@pytest.fixture
def hostile(settings: Settings) -> Iterator[Hostile]:
    made = Hostile()
    settings.EGRESS_ALLOW = [made.origin]
    yield made
    made.close()


def get(server: Hostile, path: str, **rest: Any) -> dict[str, Any]:
    config = {"url": server.origin + path, "timeout_s": rest.pop("timeout_s", 30)}
    return graph(
        node("get", "http.request", config=config, **{"retry": ONCE, **rest}), transform("b"),
        edge("start", "get"), edge("get", "b"),
    )  # fmt: skip


def seconds(run: Run, name: str) -> float:
    """Return how long a step took, by the database's clock."""
    row = step(run, name)
    assert row.started_at
    assert row.finished_at
    return (row.finished_at - row.started_at).total_seconds()


@pytest.mark.parametrize("path", ["/hang", "/slow-loris", "/slow-body"])
@pytest.mark.parametrize("whose", ["the request's limit", "the step's limit"])
def test_time_is_limited_as_declared(start: Start, hostile: Hostile, path: str, whose: str) -> None:
    mine = {"timeout_s": LIMIT_S} if whose == "the request's limit" else {}
    definition = get(hostile, path, **mine)
    if not mine:
        definition["nodes"][1]["timeout_s"] = LIMIT_S
    run = carry(start(definition))
    assert (run.status, steps(run)["get"]) == ("failed", "failed")
    assert f"{LIMIT_S:g} s" in error_of(run)["message"]
    assert LIMIT_S <= seconds(run, "get") <= LIMIT_S * (1.1 if LONG else 6)


@pytest.mark.parametrize("path", ["/reset", "/cut", "/no-http", "/loop"])
def test_broken_answers_fail_with_a_reason(start: Start, hostile: Hostile, path: str) -> None:
    run = carry(start(get(hostile, path)))
    assert run.status == "failed"
    assert error_of(run)["code"] != "internal"
    assert error_of(run)["hint"]
    assert len(hostile.times(path)) == (6 if path == "/loop" else 1)


@pytest.mark.parametrize("path", ["/huge", "/endless", "/bomb"])
def test_size_is_limited_and_memory_with_it(start: Start, hostile: Hostile, path: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run = carry(start(get(hostile, path)))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    assert run.status == "failed"
    assert any(said in error_of(run)["message"] for said in ("larger than", "grows too much"))
    assert hostile.sent[path] <= BODY + SOCKETS
    assert grown <= 128 * MIB
    assert len(hostile.times(path)) == 1  # what is too large stays too large


@pytest.mark.parametrize("path", ["/429", "/503"])
def test_the_wish_of_a_target_is_kept(start: Start, hostile: Hostile, path: str) -> None:
    retry = {"max_attempts": 3, "initial_s": 0.01, "max_s": 0.02}
    run = carry(start(get(hostile, path, retry=retry)))
    assert (run.status, error_of(run)["code"]) == ("failed", f"http_{path[1:]}")
    assert events(run).count("node.retrying get") == 2
    first, second, third = hostile.times(path)
    assert second - first >= 1
    assert third - second >= 1


@pytest.mark.parametrize("path", ["/patience"])
def test_a_long_wish_is_a_row(start: Start, hostile: Hostile, path: str) -> None:
    run = carry(start(get(hostile, path, retry={"max_attempts": 2, "initial_s": 0.01})))
    assert run.status == "waiting"
    assert run.events.get(type="node.retrying").data["delay_s"] >= 3600
    assert Timer.objects.get(ticket_id=run.pk).kind == Timer.Kind.RETRY

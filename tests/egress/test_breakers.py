"""Breakers: what opens them, who may pass, and what others know of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier

import pytest
from pytest_django import Settings
from redis import Redis

from apps.egress import breakers, circuits
from apps.egress.breakers import Change, Fault, Health, breaker
from apps.egress.circuits import Circuit, Rules
from apps.egress.exceptions import BreakerOpen, EgressUnreachable
from apps.tenants.context import Scope, current_schema, entered
from tests.factories.runs import until

HOST = "api.example.com"


@pytest.fixture(autouse=True)
def _workspace() -> Iterator[None]:
    """Work in a workspace; its tables are not needed."""
    with entered(Scope("t_breakers")):
        yield


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """What listeners hear."""
    heard: list[Change] = []
    monkeypatch.setattr(breakers, "_listeners", [heard.append])
    return heard


def fail(times: int = 1, host: str = HOST, rules: Rules = circuits.RULES, **fault: float) -> None:
    for _ in range(times):
        with breaker("http", host, rules=rules) as call:
            call.note(Fault("HTTP 503", **fault))


def succeed(times: int = 1, host: str = HOST, rules: Rules = circuits.RULES) -> None:
    for _ in range(times):
        with breaker("http", host, rules=rules):
            pass


def passes(host: str = HOST, rules: Rules = circuits.RULES) -> bool:
    try:
        succeed(host=host, rules=rules)
    except BreakerOpen:
        return False
    return True


def circuit(host: str = HOST) -> Circuit:
    return next(each for each in circuits.listed() if each.target == host)


def client() -> "Redis":
    return circuits._client()


def key() -> str:
    return f"{circuits.PREFIX}:{current_schema()}"


def test_it_opens_after_failures_in_a_row_and_says_why() -> None:
    fail(4)
    assert circuit().state == "closed"
    fail()
    assert circuit().state == "open"
    with pytest.raises(BreakerOpen, match="HTTP 503") as caught:
        succeed()
    error = caught.value
    assert HOST in str(error)
    assert f"{circuit().next_try_at:%H:%M:%S} UTC" in str(error)
    assert f"{circuit().since_at:%H:%M:%S}" in str(error)
    assert error.retryable
    assert error.retry_after
    assert circuit().left_s <= error.retry_after <= circuits.RULES.open_s * 1.2 + breakers.SPREAD_S


def test_a_success_in_between_begins_the_row_anew() -> None:
    fail(4)
    succeed()
    fail(4)
    assert circuit().state == "closed"


def test_it_opens_when_half_of_many_calls_fail() -> None:
    for _ in range(9):
        fail()
        succeed()
    assert circuit().state == "closed"  # 18 calls are not many yet
    fail()
    succeed()
    fail()
    assert circuit().state == "open"


def test_other_hosts_and_workspaces_are_not_concerned() -> None:
    fail(5)
    assert not passes()
    assert passes("other.example.com")
    with entered(Scope("t_neighbour")):
        assert passes()
        assert circuits.listed() == []
    assert not passes()


@pytest.mark.parametrize("probes", [1, 3])
def test_exactly_so_many_probes_pass_at_once(probes: int) -> None:
    rules = Rules(probes=probes)
    fail(5, rules=rules)
    breakers.try_now(circuit())
    barrier, done = Barrier(12), Barrier(12)

    def attempt(_: int) -> bool:
        barrier.wait(10)
        try:
            with breaker("http", HOST, rules=rules):
                done.wait(10)  # all have asked before the first probe comes back
        except BreakerOpen:
            done.wait(10)
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(copy_context().run, attempt, place) for place in range(12)]
        assert sum(each.result() for each in asked) == probes
    assert circuit().state == "closed"


def test_a_failed_probe_opens_it_for_longer(changes: list[Change]) -> None:
    fail(5)
    pauses = []
    for _ in range(6):
        breakers.try_now(circuit())
        assert circuit().state == "half_open"
        fail()
        pauses.append(circuit().left_s)
        assert not passes()
    assert pauses[0] > circuits.RULES.open_s * 1.5
    assert pauses[-1] <= circuits.RULES.longest_s * (1 + circuits.JITTER)
    assert pauses[-1] > circuits.RULES.longest_s * 0.75
    assert [change.event for change in changes] == ["service.opened"]


def test_it_recovers_and_says_so(changes: list[Change]) -> None:
    fail(5)
    breakers.try_now(circuit())
    succeed()
    assert circuit().state == "closed"
    assert [change.event for change in changes] == ["service.opened", "service.recovered"]
    assert changes[0].circuit.target == HOST
    assert passes()


def test_a_probe_that_tells_nothing_gives_its_place_back() -> None:
    fail(5)
    breakers.try_now(circuit())
    with pytest.raises(KeyboardInterrupt), breaker("http", HOST):
        raise KeyboardInterrupt
    assert circuit().state == "half_open"
    succeed()
    assert circuit().state == "closed"


def test_a_probe_that_is_lost_makes_room_in_time() -> None:
    rules = Rules(probe_s=0.05)
    fail(5, rules=rules)
    breakers.try_now(circuit())
    lost = breaker("http", HOST, rules=rules)
    lost._enter()
    assert lost._is_probe
    until(lambda: passes(rules=rules))


def test_what_began_before_it_opened_neither_closes_nor_prolongs_it() -> None:
    calls = [breaker("http", HOST) for _ in range(2)]
    for call in calls:
        call._enter()
    fail(5)
    before = circuit()
    calls[0]._leave(Health.WELL)
    calls[1]._leave(Fault("HTTP 500"))
    assert circuit().open
    assert circuit().next_try == before.next_try


def test_the_wish_of_the_service_is_honoured_up_to_an_hour() -> None:
    fail(5, retry_after=120)
    assert 115 < circuit().left_s <= 120
    fail(5, host="greedy.example.com", retry_after=1e9)
    assert circuit("greedy.example.com").left_s <= circuits.LONGEST_WISH_S


def test_only_the_outermost_breaker_counts() -> None:
    for _ in range(5):
        with breaker("storage", "bucket") as call:
            with pytest.raises(EgressUnreachable), breaker("http", HOST):
                raise EgressUnreachable("gone")
            call.note(Health.WELL)
    assert circuits.listed() == []


def test_hosts_are_bounded_and_open_ones_stay() -> None:
    rules = Rules(most=10)
    fail(5, rules=rules)
    for place in range(40):
        fail(host=f"host-{place}.example.com", rules=rules)
    kept = [each.target for each in circuits.listed()]
    assert len(kept) == 10
    assert HOST in kept
    assert "host-39.example.com" in kept


def test_workspaces_of_a_process_are_bounded() -> None:
    for place in range(circuits.MAX_VIEWS + 20):
        with entered(Scope(f"t_many_{place}")):
            assert passes()
    assert len(circuits._views) == circuits.MAX_VIEWS


def test_a_healthy_service_asks_redis_for_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    succeed()
    monkeypatch.setattr(circuits, "FRESH_S", 3600.0)
    circuits.disconnect()  # whatever asked now would fail
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    succeed(50)
    assert "Redis is away" not in caplog.text
    circuits.disconnect()


def test_a_flushed_redis_closes_it_and_it_works_on() -> None:
    fail(5)
    client().delete(key())
    client().script_flush()
    circuits.forget()  # as after the second that a view lives
    assert passes()
    fail(5)
    assert not passes()


def test_without_redis_everything_passes(settings: Settings, changes: list[Change]) -> None:
    fail(5)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    circuits.disconnect()
    try:
        until(passes)  # once the view is a second old
        fail(20)
        assert passes()
    finally:
        circuits.disconnect()
    assert len(changes) == 1


def test_processes_agree() -> None:
    circuits.look()  # this process believes for a second that all is well
    command = [
        sys.executable,
        "-m",
        "tests.egress.other_process",
        circuits.PREFIX,
        current_schema(),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as other:
        assert other.stdin
        assert other.stdout

        def tell(line: str) -> str:
            assert other.stdin
            assert other.stdout
            other.stdin.write(f"{line}\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        fail(2)
        assert [tell(f"fail {HOST}") for _ in range(3)] == ["passed"] * 3  # the row is one
        assert tell(f"enter {HOST}") == "refused"
        until(lambda: not passes())
        breakers.try_now(circuit())
        probe = breaker("http", HOST)
        probe._enter()
        assert probe._is_probe
        assert tell(f"enter {HOST}") == "refused"  # the one probe is ours
        probe._leave(Health.WELL)
        until(lambda: tell(f"enter {HOST}") == "passed")
        other.stdin.close()


def test_the_counts_are_there_for_metrics() -> None:
    before = breakers.counts()
    fail(5, host="counted.example.com")
    assert not passes("counted.example.com")
    grown = {name: number - before.get(name, 0) for name, number in breakers.counts().items()}
    assert grown["failed", "http"] == 5
    assert grown["opened", "http"] == 1
    assert grown["refused", "http"] == 1


def test_what_a_listener_raises_hurts_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(change: Change) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(breakers, "_listeners", [broken])
    fail(5)
    assert not passes()
    assert "A listener to breakers failed" in caplog.text

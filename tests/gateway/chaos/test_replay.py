"""Chaos: three providers, each away for 3 % of the time in bursts, behind one route.

Real HTTP on loopback, 16 calls at a time, half of them streams. Outages are told in calls of the run, so that a
seed is the same run on every machine; the breakers' time passes a hundred times as fast, so that
an outage of forty calls lasts about as long for them as one of half a minute does. CI makes 20,000 calls;
`make chaos calls=100000` more; what was seen stands in `test-results/chaos.json`.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import pairwise
from statistics import median

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.egress import breakers, circuits, client
from apps.gateway import services
from apps.gateway.asks import Ask
from apps.gateway.cache import store
from apps.gateway.carrying import carried
from apps.gateway.exceptions import GatewayError
from apps.gateway.routes import sharing
from apps.gateway.routes.allowance import RETRIES
from apps.gateway.targets import legs
from tests.factories.product import ROOT
from tests.fakeai.server import serving
from tests.gateway.calling import QUESTION, connect, run
from tests.gateway.chaos.outages import UP, Unsteady, plan_of

pytestmark = pytest.mark.django_db(transaction=True)
CALLS = int(os.environ.get("CALLS", "20000"))
SEED = int(os.environ.get("SEED", "20"))  # of the first provider; the others have the next ones
RESULTS = ROOT / "test-results" / "chaos.json"
AT_A_TIME = 16
FASTER = 100  # a breaker's time passes so many times as fast
IN_SECONDS = ("window_s", "slot_s", "open_s", "longest_s", "calm_s", "press_s", "probe_s")


@dataclass
class Seen:
    """What became of the calls of a run."""

    calls: int = 0
    failed: int = 0
    again: int = 0  # attempts after the first that a call made
    cpu_s: float = 0.0  # of gateway and providers together
    took_ms: list[float] = field(default_factory=list)

    @property
    def told(self) -> dict[str, float]:
        """The figures of a run."""
        ordered = sorted(self.took_ms)
        return {
            "calls": self.calls, "failed": self.failed,
            "success_percent": round(100 - 100 * self.failed / self.calls, 4),
            "again_percent": round(100 * self.again / self.calls, 2),
            "cpu_ms": round(1000 * self.cpu_s / self.calls, 2),
            "p50_ms": round(median(ordered), 1), "p99_ms": round(ordered[int(0.99 * len(ordered))], 1),
        }  # fmt: skip


@pytest.fixture
def providers(settings: Settings) -> Iterator[list[Unsteady]]:
    """Three providers that answer, each at an address of its own."""
    with ExitStack() as stack:
        found = [Unsteady() for _ in range(3)]
        for each in found:
            stack.enter_context(serving(each))
        settings.EGRESS_ALLOW = [each.origin for each in found]
        yield found


@pytest.fixture(autouse=True)
def _fast_breakers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    rules = asdict(circuits.RULES)
    faster = replace(circuits.RULES, **{each: rules[each] / FASTER for each in IN_SECONDS})
    monkeypatch.setattr(legs, "breaker", partial(breakers.breaker, rules=faster))
    monkeypatch.setattr(circuits, "FRESH_S", circuits.FRESH_S / FASTER)
    monkeypatch.setattr(sharing, "_hearers", [])  # who would tell people of it
    yield
    sharing.forget()


def test_a_route_holds_while_its_providers_do_not(alice: User, providers: list[Unsteady]) -> None:
    targets = [
        {"provider": connect(each, alice, name=f"Fake {place}").slug, "model": "ok", "order": 0}
        for place, each in enumerate(providers)
    ]
    route = services.save_route(
        None, actor=alice, alias="held", targets=targets, policy={"retries": 1}
    )
    calm = run(_run(route.alias, CALLS // 5, providers))
    for place, each in enumerate(providers):
        each.plan = plan_of(SEED + place, CALLS)
    before = breakers.counts()
    seen = run(_run(route.alias, CALLS, providers))
    changed = {
        event: breakers.counts().get((event, "model"), 0) - before.get((event, "model"), 0)
        for event in ("opened", "reopened", "recovered", "refused")
    }
    outages = sum(len(each.plan) for each in providers)
    told = {"outages": outages, "breakers": changed, "calm": calm.told, "chaos": seen.told}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(told) + "\n")
    assert calm.failed == 0
    assert calm.again == 0
    assert seen.failed <= seen.calls / 1000
    assert 0 < seen.again <= RETRIES.most + RETRIES.share * seen.calls
    assert changed["opened"] >= outages / 3  # a short one is over before five calls failed
    assert changed["recovered"] >= changed["opened"] - len(providers)


def test_a_plan_is_what_it_says() -> None:
    for seed in range(50):
        plan = plan_of(seed, 20_000)
        assert plan == plan_of(seed, 20_000)
        away = sum(each.ends - each.begins for each in plan)
        assert away == round(20_000 * (1 - UP))
        assert all(one.ends <= other.begins for one, other in pairwise(plan))
        assert 5 < len(plan) < 40


async def _run(alias: str, calls: int, providers: list[Unsteady]) -> Seen:
    """Make calls, so many at a time, and let the providers know which one the run has come to."""
    seen, begun = Seen(), iter(range(calls))

    async def caller() -> None:
        for place in begun:
            for each in providers:
                each.at = place
            await _call(alias, place, seen)

    cpu = time.process_time()
    try:
        await asyncio.gather(*(caller() for _ in range(AT_A_TIME)))
    finally:
        await client.close()
        await store.close()
    seen.cpu_s = time.process_time() - cpu
    return seen


async def _call(alias: str, place: int, seen: Seen) -> None:
    ask = Ask(alias, {"messages": QUESTION}, streams=place % 2 == 0)
    began = time.perf_counter()
    seen.calls += 1
    try:
        async with carried(ask) as call:
            async for _ in call.answer.parts():
                pass
        seen.again += len(call.trace.attempts) - 1
    except GatewayError:
        seen.failed += 1
    seen.took_ms.append((time.perf_counter() - began) * 1000)

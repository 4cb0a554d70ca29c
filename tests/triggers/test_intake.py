"""What strangers' calls may take up together, before anybody knows who they are."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from apps.accounts.models import User
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.triggers import intake
from apps.triggers.intake import Overfull
from apps.triggers.models import Trigger
from auterity.asgi import application
from tests.factories.callers import Caller, Reply
from tests.factories.runs import until
from tests.factories.triggers import trigger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hook(bob: User) -> Trigger:
    return trigger(bob, "webhook", {"methods": ["POST"]}, path="orders")


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process hold little: half of it is one workspace's."""
    monkeypatch.setattr(intake, "MOST_BYTES", 200)
    monkeypatch.setattr(intake, "MOST_CALLS", 6)


async def opened(host: str = "alpha.localhost") -> Any:
    """Begin a call of which the body is still to come."""
    scope = {
        "type": "http", "method": "POST", "path": "/hooks/orders", "query_string": b"",
        "headers": [(b"host", host.encode())], "client": ("192.0.2.7", 50_000), "scheme": "http",
    }  # fmt: skip
    peer: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # untyped in asgiref
    return peer


async def says(peer: Any, part: bytes, *, more: bool = True) -> None:
    await peer.send_input({"type": "http.request", "body": part, "more_body": more})


async def until_held(calls: int, size: int) -> None:
    """Let the application go on until so much is held."""
    await asyncio.to_thread(until, lambda: intake.held() == (calls, size))


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)
    assert intake.held() == (0, 0)


def test_bodies_together_are_bounded(hook: Trigger, caller: Caller, narrow: None) -> None:
    async def test() -> None:
        slow = await opened()
        await says(slow, b"x" * 90)
        await until_held(1, 90)
        refused = await caller.call("/hooks/orders", b"y" * 20)
        told = (refused.status, refused.headers["retry-after"], refused.headers["connection"])
        assert told == (503, "2", "close")
        assert refused.json()["code"] == "overfull"
        assert refused.headers["content-security-policy"] == "sandbox; frame-ancestors 'none'"
        await says(slow, b"x", more=False)
        assert (await caller.finish(slow)).status == 202
        assert (await caller.call("/hooks/orders", b"y" * 20)).status == 202

    run(test())
    assert Run.objects.count() == 2


def test_calls_together_are_bounded(hook: Trigger, caller: Caller, narrow: None) -> None:
    async def test() -> None:
        slow = [await opened() for _ in range(3)]
        for peer in slow:
            await says(peer, b"x")
        await until_held(3, 3)
        assert (await caller.call("/hooks/orders", b"")).status == 503
        for peer in slow:
            await peer.send_input({"type": "http.disconnect"})
        await until_held(0, 0)
        assert (await caller.call("/hooks/orders", b"")).status == 202

    run(test())


def test_a_flood_of_one_workspace_leaves_room_for_others(
    alpha: Tenant, beta: Tenant, narrow: None
) -> None:
    async def test() -> None:
        async with AsyncExitStack() as calls:
            for _ in range(3):
                await calls.enter_async_context(intake.taken_in())
            with pytest.raises(Overfull):
                await calls.enter_async_context(intake.taken_in())
            with tenant_context(beta):
                await calls.enter_async_context(intake.taken_in())
        async with intake.taken_in() as held:
            held.add(b"x" * 100)
            with pytest.raises(Overfull):
                held.add(b"x")
            with tenant_context(beta):
                async with intake.taken_in() as other:
                    other.add(b"x" * 100)
                    assert intake.held() == (2, 200)

    run(test())


def test_a_body_that_does_not_come_is_not_waited_for(
    hook: Trigger, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "READ_S", 0.05)

    async def test() -> None:
        slow = await opened()
        await says(slow, b"x")
        reply = await caller.finish(slow)
        assert (reply.status, reply.json()["code"]) == (408, "too_slow")
        assert reply.headers["connection"] == "close"

    run(test())
    assert not Run.objects.exists()


def test_who_waits_for_an_answer_holds_no_body(bob: User, caller: Caller, narrow: None) -> None:
    """What is waited for is bounded by seats; the call itself is in a row by then."""
    trigger(bob, "webhook", {"methods": ["POST"], "answer": "last"}, path="orders")

    async def test() -> None:
        waiting = await caller.begin("/hooks/orders", b"x" * 90)
        await query(until, Run.objects.exists)
        await until_held(0, 0)
        await waiting.send_input({"type": "http.disconnect"})
        await waiting.wait(10)

    run(test())


def test_what_is_refused_is_whole(hook: Trigger, caller: Caller, narrow: None) -> None:
    reply: Reply = caller("/hooks/orders", b"x" * 101)
    assert (reply.status, reply.json()["code"]) == (503, "overfull")
    assert not Run.objects.exists()

"""The socket of a page: what was missed, what is live, and who may know."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from apps.accounts.models import RoleBinding, User
from apps.common.events import publish_from_loop
from apps.common.ids import uuid7
from apps.egress.breakers import Fault, breaker
from apps.runs import services
from apps.runs.models import Run
from apps.runs.state.events import frame
from apps.runs.watching import consumers, places, relay
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from apps.tenants.services import resume_tenant, suspend_tenant
from auterity.asgi import application
from tests.factories.cast import api_client
from tests.factories.sockets import Socket
from tests.runs.scenes import published, started, tell

pytestmark = pytest.mark.django_db(transaction=True)
Play = Callable[[Socket], Awaitable[None]]


@pytest.fixture
def run(bob: User) -> Run:
    return started(published(bob), bob)


def cookie_of(client: APIClient) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def play(user: User, scene: Play, tenant: str = "alpha") -> None:
    """Open a socket as somebody and act a scene."""
    cookie = cookie_of(api_client(user, tenant))

    async def act() -> None:
        socket = Socket(application, "/ws/live", f"{tenant}.localhost", cookie)
        assert await socket.connect() is None
        await scene(socket)
        await socket.close()

    asyncio.run(act())


def subscription(run: Run, after: Any = 0) -> dict[str, Any]:
    return {"type": "subscribe", "run": str(run.pk), "after": after}


async def closing_code(socket: Socket) -> int:
    """Read until the server closes."""
    while True:
        output = await socket._peer.receive_output(10)
        if output["type"] == "websocket.close":
            return int(output["code"])


def test_missed_events_then_live_ones(vera: User, run: Run) -> None:
    async def scene(socket: Socket) -> None:
        await tell(run, "run.started", status="running")
        await socket.send(subscription(run))
        seen = [await socket.receive() for _ in range(2)]
        assert [each["event"]["type"] for each in seen] == ["run.queued", "run.started"]
        assert {(each["type"], each["run"]) for each in seen} == {("event", str(run.pk))}
        await tell(run, "node.started")  # its frame is lost
        (told,) = await tell(run, "node.succeeded")
        for _ in range(2):
            await publish_from_loop(run.channel, frame(run, told))
        token = {"type": "token", "run": str(run.pk), "node": "greet", "text": "Hi"}
        await publish_from_loop(run.channel, token)
        assert [(await socket.receive())["event"]["seq"] for _ in range(2)] == [3, 4]
        assert await socket.receive() == token

    play(vera, scene)


def test_a_reader_says_what_it_has(vera: User, run: Run) -> None:
    async def scene(socket: Socket) -> None:
        await tell(run, "run.started", "run.succeeded", status="succeeded")
        await socket.send(subscription(run, after=2))
        assert (await socket.receive())["event"]["seq"] == 3
        await socket.send({"type": "unsubscribe", "run": str(run.pk)})
        await socket.send({"type": "unsubscribe", "run": str(run.pk)})
        await socket.send({"type": "what"})
        assert (await socket.receive())["code"] == "bad_frame"

    play(vera, scene)


BAD_FRAMES: list[Any] = [
    [],
    "x",
    7,
    None,
    {},
    {"type": "nope"},
    {"type": ["subscribe"]},
    {"type": "subscribe", "run": str(uuid7()), "after": "1"},
    {"type": "subscribe", "run": str(uuid7()), "after": -1},
    {"type": "subscribe", "run": "x" * 5_000},
]


def test_bad_frames_are_answered(vera: User) -> None:
    async def scene(socket: Socket) -> None:
        for each in BAD_FRAMES:
            await socket.send(each)
            answer = await socket.receive()
            assert (answer["type"], answer["code"]) == ("error", "bad_frame"), each
        for raw in ({"text": "{"}, {"text": "[" * 3_000}, {"bytes": b"\x00"}):
            await socket._peer.send_input({"type": "websocket.receive", **raw})
            assert (await socket.receive())["code"] == "bad_frame"

    play(vera, scene)


def test_what_one_may_not_see_is_not_there(mallory: User, run: Run, beta: Tenant) -> None:
    async def scene(socket: Socket) -> None:
        for run_id in (str(run.pk), str(uuid7()), "x", None):
            await socket.send({"type": "subscribe", "run": run_id})
            assert (await socket.receive())["code"] == "not_found"

    with tenant_context(beta):
        play(mallory, scene, "beta")


def test_a_socket_follows_so_many_runs(
    vera: User, bob: User, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MAX_RUNS", 1)
    other = started(run.workflow, bob)

    async def scene(socket: Socket) -> None:
        for _ in range(2):  # the same one again is no second
            await socket.send(subscription(run))
            assert (await socket.receive())["event"]["seq"] == 1
        await socket.send(subscription(other))
        assert (await socket.receive())["code"] == "too_many"

    play(vera, scene)


def test_too_many_frames_close(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "FRAMES_PER_WINDOW", 3)

    async def scene(socket: Socket) -> None:
        for _ in range(4):
            await socket.send({})
        assert await closing_code(socket) == consumers.TOO_MUCH

    play(vera, scene)


def test_a_person_opens_so_many_sockets(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SOCKETS", 1)
    cookie = cookie_of(api_client(vera))

    async def scene(socket: Socket) -> None:
        second = Socket(application, "/ws/live", "alpha.localhost", cookie)
        assert await second.connect(patience=10) == consumers.TOO_MUCH

    play(vera, scene)
    play(vera, lambda socket: socket.send({}))  # the place of the first is free again


def test_without_a_session_it_closes(run: Run) -> None:
    async def act() -> int | None:
        return await Socket(application, "/ws/live", "alpha.localhost").connect(patience=10)

    assert asyncio.run(act()) == consumers.SIGNED_OUT


def test_a_session_of_elsewhere_is_none_here(mallory: User, run: Run, beta: Tenant) -> None:
    with tenant_context(beta):
        cookie = cookie_of(api_client(mallory, "beta"))

    async def act() -> int | None:
        return await Socket(application, "/ws/live", "alpha.localhost", cookie).connect(patience=10)

    assert asyncio.run(act()) == consumers.SIGNED_OUT


def test_a_suspended_person_is_shown_out(
    vera: User, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CHECK_S", 0.05)

    async def scene(socket: Socket) -> None:
        await query(User.objects.filter(pk=vera.pk).update, is_active=False)
        assert await closing_code(socket) == consumers.SIGNED_OUT

    play(vera, scene)


def test_a_suspended_workspace_shows_everybody_out(
    vera: User, alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CHECK_S", 0.05)

    async def scene(socket: Socket) -> None:
        await query(suspend_tenant, alpha)
        assert await closing_code(socket) == consumers.SIGNED_OUT

    try:
        play(vera, scene)
    finally:
        resume_tenant(alpha)


def test_a_lost_right_closes(vera: User, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "CHECK_S", 0.05)

    async def scene(socket: Socket) -> None:
        await socket.send(subscription(run))
        await socket.receive()
        await query(RoleBinding.objects.filter(user=vera).delete)
        assert await closing_code(socket) == consumers.NOT_ALLOWED

    play(vera, scene)


def test_lost_frames_are_read(vera: User, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "CHECK_S", 0.05)

    async def scene(socket: Socket) -> None:
        await socket.send(subscription(run))
        await socket.receive()
        await tell(run, "run.started", "run.succeeded", status="succeeded")
        assert [(await socket.receive())["event"]["seq"] for _ in range(2)] == [2, 3]

    play(vera, scene)


async def next_counts(socket: Socket) -> Any:
    """Return the next counters; what a test before this one did to a service may be told between."""
    while (told := await socket.receive()) == {"type": "services"}:
        pass
    return told


def counts(running: int) -> dict[str, Any]:
    """Return the frame of a person whom nobody asks anything."""
    return {"type": "counts", "running": running, "approvals": 0, "notifications": 0}


def test_counters_follow(bob: User, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "SETTLE_S", 0.01)

    async def scene(socket: Socket) -> None:
        await socket.send({"type": "subscribe_counts"})
        assert await next_counts(socket) == counts(running=0)
        await tell(run, "run.started", status="running")
        await query(services.start_run, run.workflow, actor=bob, inputs={"who": "Ada"})
        assert await next_counts(socket) == counts(running=1)

    play(bob, scene)


def test_a_page_hears_that_services_changed_but_not_which(
    vera: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "SETTLE_S", 0.01)
    monkeypatch.setattr(consumers, "BETWEEN_S", 0.01)

    def fail() -> None:
        for _ in range(5):
            with breaker("http", "api.example.com") as call:
                call.note(Fault("HTTP 503"))

    async def scene(socket: Socket) -> None:
        await socket.send({"type": "subscribe_counts"})
        assert (await socket.receive())["type"] == "counts"
        await query(fail)
        assert await socket.receive() == {"type": "services"}

    play(vera, scene)


def test_who_reads_slowly_is_told_all_in_the_end(
    vera: User, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MOST_WAITING", 3)

    async def scene(socket: Socket) -> None:
        await socket.send(subscription(run))
        assert (await socket.receive())["event"]["seq"] == 1
        events = await tell(run, *["node.log"] * 20)
        await publish_from_loop(run.channel, frame(run, *events))  # more than may wait
        assert [(await socket.receive())["event"]["seq"] for _ in events] == list(range(2, 22))

    play(vera, scene)

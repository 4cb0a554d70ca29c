"""Many watchers in one process: heard once, told alike, each bounded for itself."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from channels.layers import get_channel_layer

from apps.accounts.models import User
from apps.common.events import publish_from_loop
from apps.runs.models import Run
from apps.runs.state.events import frame
from apps.runs.watching import relay
from apps.runs.watching.feed import Feed
from apps.runs.watching.relay import Frame, Watcher
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.runs.scenes import published, started, tell

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 30


@pytest.fixture(autouse=True)
def _nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a test takes, the rows are looked at only where it says so."""
    monkeypatch.setattr(relay, "LOOK_S", 3600.0)


@pytest.fixture
def run(bob: User) -> Run:
    return started(published(bob), bob)


async def told(watcher: Watcher) -> Frame | None:
    async with asyncio.timeout(10):
        return await watcher.next()


async def crowd_of(run: Run) -> list[Watcher]:
    crowd = [Watcher() for _ in range(CROWD)]
    for watcher in crowd:
        await relay.relay().join(run.pk, watcher)
    return crowd


async def leave(run: Run, crowd: list[Watcher]) -> None:
    for watcher in crowd:
        await relay.relay().leave(run.pk, watcher)


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def groups() -> int:
    layer: Any = get_channel_layer()
    return len(layer._get_layer().groups)


def test_a_crowd_is_one_listener_and_hears_all_in_order(run: Run) -> None:
    async def scene() -> None:
        crowd = await crowd_of(run)
        assert groups() == 1
        events = await tell(run, "run.started", "node.started", "node.succeeded")
        await publish_from_loop(run.channel, frame(run, *events))
        token = {"type": "token", "run": str(run.pk), "node": "greet", "text": "Hi"}
        await publish_from_loop(run.channel, token)
        heard = [[await told(each) for _ in range(4)] for each in crowd]
        assert [each.seq for each in heard[0] if each] == [2, 3, 4, 0]
        assert all(one is other for one, other in zip(heard[0], heard[-1], strict=True))
        await leave(run, crowd)
        assert groups() == 0
        assert not relay.relay()._watched

    play(scene())


def test_who_does_not_read_holds_up_nobody_and_no_memory(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MOST_WAITING", 5)

    async def scene() -> None:
        slow, quick = Watcher(), Watcher()
        for watcher in (slow, quick):
            await relay.relay().join(run.pk, watcher)
        feed = Feed(run.pk, last=1, behind=False)
        for _ in range(12):
            await publish_from_loop(run.channel, frame(run, *await tell(run, "node.log")))
            heard = await told(quick)
            while heard and heard.seq == 1:  # that the run began, told late
                heard = await told(quick)
            assert feed.hear(heard)
        assert feed.last == 13
        assert len(slow._waiting) <= 5
        late = Feed(run.pk, last=1, behind=False)
        assert not late.hear(await told(slow))
        assert late.behind  # it reads the rows, and then what still waits is nothing new
        late.last, late.behind = 13, False
        assert not any(late.hear(frame) for frame in list(slow._waiting))
        assert not late.behind
        await leave(run, [slow, quick])

    play(scene())


def test_one_look_serves_all_when_frames_are_lost(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOOK_S", 0.05)
    looks: list[list[Any]] = []
    seqs = relay._seqs

    def counted(ids: list[Any]) -> dict[Any, int]:
        looks.append(ids)
        return seqs(ids)

    monkeypatch.setattr(relay, "_seqs", counted)

    async def scene() -> None:
        crowd = await crowd_of(run)
        await tell(run, "run.started")  # nobody is told
        feeds = [Feed(run.pk, last=1, behind=False) for _ in crowd]
        for feed, watcher in zip(feeds, crowd, strict=True):
            while not feed.behind:
                assert not feed.hear(await told(watcher))
        assert set(map(tuple, looks)) == {(run.pk,)}
        await leave(run, crowd)

    play(scene())


def test_the_same_id_in_another_workspace_is_another_run(run: Run, beta: Tenant) -> None:
    async def scene() -> None:
        ours, theirs = Watcher(), Watcher()
        await relay.relay().join(run.pk, ours)
        with tenant_context(beta):
            await relay.relay().join(run.pk, theirs)
        await publish_from_loop(run.channel, frame(run, *await tell(run, "run.started")))
        assert await told(ours)
        assert not theirs._waiting
        await relay.relay().leave(run.pk, ours)
        with tenant_context(beta):
            await relay.relay().leave(run.pk, theirs)

    play(scene())

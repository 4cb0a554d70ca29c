"""Following a run from async code: until it has come to rest, or frame by frame.

Whoever waits holds neither a thread nor a connection; each look at the database is one hop.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

from apps.runs.models import Run, Wait
from apps.runs.watching.feed import Feed
from apps.runs.watching.relay import Frame, Watcher, frame_of, watching
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query

HEARTBEAT_S = 15
POLL_S = 5  # how late who waits is when nothing stirs it
SOON_S = 0.02  # most runs are over at once, while a channel layer at rest takes 0.1 s to wake up
FOR_A_PERSON = (Run.Status.PAUSED, Run.Status.NEEDS_ATTENTION)


def is_settled(run_id: UUID | str) -> bool:
    """Tell whether waiting on makes no sense: the run ended, or it is a person's turn."""
    run = Run.objects.only("status").get(pk=run_id)
    if run.is_finished or run.status in FOR_A_PERSON:
        return True
    if run.status != Run.Status.WAITING:
        return False
    return Wait.objects.approvals().open().filter(run=run).exists()


async def until_settled(
    run_id: UUID | str,
    seconds: float,
    *,
    settled: Callable[[UUID | str], bool] = is_settled,
    steps: Collection[str] = (),
) -> None:
    """Wait until the run is settled, at most so long; the end of one of `steps` is looked at too."""
    if await query(settled, run_id):  # most are, without anybody having to be listened to
        return
    async with watching(UUID(str(run_id)), current_scope()) as watcher:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                patience_s = SOON_S
                while not await query(settled, run_id):
                    await _stirred(watcher, patience_s, steps)
                    patience_s = min(POLL_S, patience_s * 2)


async def _stirred(watcher: Watcher, patience_s: float, steps: Collection[str]) -> None:
    """Return at the next word that may settle the run, or after a while without one."""
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while not _matters(await watcher.next(), steps):
                pass


def _matters(frame: Frame | None, steps: Collection[str]) -> bool:
    if frame is None:
        return True
    event = frame.payload.get("event", {})
    kind = event.get("type", "")
    if kind == "node.succeeded":
        return event.get("node") in steps
    return bool(kind.startswith("run.") or kind == "node.waiting")


async def frames(
    feed: Feed, scope: Scope, may_follow: Callable[[], bool]
) -> AsyncGenerator[Frame | None, None]:
    """Yield events and tokens as they come, None when it was quiet, until the run is over.

    It ends early, with the feed not ended, when whoever follows may not any more.
    """

    async def ask(function: Callable[..., Any], *args: Any) -> Any:
        with entered(scope):  # the middleware that set the tenant has returned long ago
            return await query(function, *args)

    async with watching(feed.run_id, scope) as watcher:
        due = time.monotonic() + HEARTBEAT_S
        while not feed.ended:
            if feed.behind:
                for event in await ask(feed.read):
                    yield frame_of(feed.run_id, event)
            elif feed.hear(frame := await _next(watcher, due)):
                yield frame
            if time.monotonic() >= due:
                if not await ask(may_follow):
                    return
                due = time.monotonic() + HEARTBEAT_S
                yield None


async def _next(watcher: Watcher, until: float) -> Frame | None:
    """Return the next frame; None where frames were lost, or none came in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(until - time.monotonic()):
            return await watcher.next()
    return None

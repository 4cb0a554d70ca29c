"""What happens in runs, heard once by a process and handed to all who watch there.

However many watch a run, the process is in its channel group once, turns each event into text once,
and looks at its row once in a while for what got lost. What waits for one watcher is bounded: who
is slow loses frames, is told so, and reads the rows. Nobody waits for anybody else.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseError

from apps.common.events import listening
from apps.common.types import JSONDict
from apps.runs.models import Run
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query
from apps.tenants.keys import group_name

MOST_WAITING = 1_000  # frames that wait for one watcher
LOOK_S = 4.0  # how late watchers are when their frames are lost


@dataclass(frozen=True)
class Frame:
    """Something that watchers of a run are told: an event, a token, or how far the rows are."""

    run_id: UUID
    payload: JSONDict
    seq: int = 0  # of an event
    reached: int = 0  # the run's last seq, without anything to tell

    @cached_property
    def message(self) -> str:
        """The frame as a socket tells it."""
        return json.dumps(self.payload, separators=(",", ":"))

    @cached_property
    def lines(self) -> str:
        """The frame as an event stream tells it."""
        if not self.seq:
            return f"event: token\ndata: {self.message}\n\n"
        return event_lines(self.payload["event"])


def frame_of(run_id: UUID, event: JSONDict) -> Frame:
    """Return the frame by which an event is told."""
    told = {"type": "event", "run": str(run_id), "event": event}
    return Frame(run_id, told, seq=event["seq"])


def event_lines(event: JSONDict) -> str:
    """Return an event as an event stream tells it."""
    return f"id: {event['seq']}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n"


class Watcher:
    """Somebody who watches runs, and what waits for them to be told."""

    def __init__(self) -> None:
        self._waiting: deque[Frame] = deque()
        self._stirred = asyncio.Event()
        self._lost = False

    def put(self, frame: Frame) -> None:
        """Let a frame wait; if too many do, all of them are lost."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self._lost = True
        self._waiting.append(frame)
        self._stirred.set()

    async def next(self) -> Frame | None:
        """Return the next frame; None where frames were lost, so that the rows must be read."""
        while not self._waiting:
            self._stirred.clear()
            await self._stirred.wait()
        if self._lost:
            self._lost = False
            return None
        return self._waiting.popleft()


@dataclass
class _Watched:
    """A run that somebody in this process watches."""

    run_id: UUID
    scope: Scope
    watchers: set[Watcher] = field(default_factory=set)
    listening: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    heard_at = 0.0  # when an event came last: what comes now shows gaps by itself

    async def listen(self) -> None:
        with entered(self.scope):
            group = group_name(f"run.{self.run_id}")
        async with listening(group) as heard:
            self.listening.set()
            while True:
                for frame in _frames(self.run_id, await heard.get()):
                    self.heard_at = time.monotonic() if frame.seq else self.heard_at
                    self.tell(frame)

    def tell(self, frame: Frame) -> None:
        for watcher in self.watchers:
            watcher.put(frame)


class Relay:
    """The runs that are watched on one loop."""

    def __init__(self) -> None:
        self._watched: dict[tuple[str, UUID], _Watched] = {}
        self._looker: asyncio.Task[None] | None = None

    async def join(self, run_id: UUID, watcher: Watcher) -> None:
        """Let a watcher hear of a run of the current tenant from now on."""
        key = (current_scope().schema, run_id)
        watched = self._watched.get(key)
        if watched is None:
            watched = self._watched[key] = _Watched(run_id, current_scope())
            watched.task = asyncio.create_task(watched.listen())
        watched.watchers.add(watcher)
        if self._looker is None:
            self._looker = asyncio.create_task(self._look_around())
        await watched.listening.wait()

    async def leave(self, run_id: UUID, watcher: Watcher) -> None:
        """Let a watcher hear no more of a run; the last one turns the lights off."""
        key = (current_scope().schema, run_id)
        watched = self._watched.get(key)
        if watched is None:
            return
        watched.watchers.discard(watcher)
        if watched.watchers:
            return
        del self._watched[key]
        if not self._watched and self._looker is not None:
            self._looker.cancel()
            self._looker = None
        assert watched.task is not None
        watched.task.cancel()
        await asyncio.wait([watched.task])

    async def _look_around(self) -> None:
        """Tell watchers now and then how far their runs are, in case frames were lost."""
        while True:
            await asyncio.sleep(LOOK_S)
            for scope in {watched.scope.schema: watched.scope for watched in self._all()}.values():
                with entered(scope), suppress(DatabaseError):
                    await self._look(scope)

    async def _look(self, scope: Scope) -> None:
        silent = [each for each in self._all() if time.monotonic() - each.heard_at >= LOOK_S]
        ids = [each.run_id for each in silent if each.scope.schema == scope.schema]
        for run_id, seq in (await query(_seqs, ids)).items():
            watched = self._watched.get((scope.schema, run_id))
            if watched is not None:
                watched.tell(Frame(run_id, {}, reached=seq))

    def _all(self) -> list[_Watched]:
        return list(self._watched.values())


_relays: WeakKeyDictionary[asyncio.AbstractEventLoop, Relay] = WeakKeyDictionary()


def relay() -> Relay:
    """Return the running loop's relay."""
    return _relays.setdefault(asyncio.get_running_loop(), Relay())


@asynccontextmanager
async def watching(run_id: UUID, scope: Scope) -> AsyncIterator[Watcher]:
    """Lend a watcher of one run while the block lasts, for code that is left by its own scope."""
    watcher = Watcher()
    with entered(scope):
        await relay().join(run_id, watcher)
    try:
        yield watcher
    finally:
        with entered(scope):
            await relay().leave(run_id, watcher)


def _seqs(run_ids: list[UUID]) -> dict[UUID, int]:
    return dict(Run.objects.filter(pk__in=run_ids).values_list("pk", "seq"))


def _frames(run_id: UUID, payload: JSONDict) -> Iterator[Frame]:
    if payload["type"] == "token":
        yield Frame(run_id, payload)
    for event in payload.get("events", ()):
        yield frame_of(run_id, event)

"""The one socket of a page: events of the runs it shows, text as it is written, and counters."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from apps.accounts import policies
from apps.accounts.api.authentication import user_of_session
from apps.accounts.models import User
from apps.accounts.roles import ANY_MEMBER
from apps.common.events import AWAY
from apps.common.types import JSONDict
from apps.runs import places
from apps.runs.counts import counts_for
from apps.runs.feed import Feed
from apps.runs.ledger import WATCHERS
from apps.runs.models import Run
from apps.tenants.consumers import TRY_LATER, TenantConsumer
from apps.tenants.hosts import is_served

MAX_RUNS = 20
MAX_FRAME = 4_096
FRAMES_PER_WINDOW, WINDOW_S = 60, 10
CHECK_S = 4  # a lost session or right closes the socket within this time
SETTLE_S = 0.3  # a burst of changes is counted once
SIGNED_OUT, NOT_ALLOWED, TOO_MUCH = 4401, 4403, 4429


class LiveConsumer(TenantConsumer):
    """Sends what happens in runs to whoever may see them.

    Frames are JSON objects with a `type`. Client: `subscribe` (`run`, `after`), `unsubscribe`
    (`run`), `subscribe_counts`. Server: `event`, `token`, `counts`, `error`.
    """

    permission_required = ANY_MEMBER  # to open it; each run is looked at again and again

    async def connect(self) -> None:
        self.feeds: dict[UUID, Feed] = {}
        self.counting = False
        self.person: UUID | None = None
        self.recount = asyncio.Event()
        self.turn = asyncio.Lock()  # the ticker and the handlers never read a feed at once
        self.window_ends, self.frames = 0.0, 0
        self.ticker: asyncio.Task[None] | None = None
        self.place: places.Place | None = None
        await self.accept()
        user = await self.query(user_of_session, self._session_key)
        if user is None:
            await self.close(code=SIGNED_OUT)
            return
        self.person = user.pk
        try:
            self.place = places.take("socket", user.principal, places.SOCKETS)
        except places.TooManyOpen:
            await self.close(code=TOO_MUCH)
            return
        self.ticker = asyncio.create_task(self._tick())

    async def disconnect(self, code: int) -> None:
        if self.ticker is not None:
            self.ticker.cancel()
        self.place = None
        with suppress(*AWAY):  # the layer forgets a channel whose reader is gone anyway
            for run_id in list(self.feeds):
                await self._leave(run_id)
            for name in (WATCHERS, f"person.{self.person}") if self.counting else ():
                await self.channel_layer.group_discard(self.group(name), self.channel_name)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Take a frame; what is no JSON object of a known type is answered with an error."""
        if self._is_too_fast():
            await self.close(code=TOO_MUCH)
            return
        actions = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "subscribe_counts": self._subscribe_counts,
        }
        frame = _parsed(text_data)
        action = actions.get(str(frame.get("type")))
        if action is None:
            known = ", ".join(actions)
            await self._refuse("bad_frame", f"Send a JSON object whose type is one of {known}.")
            return
        async with self.turn:
            await action(frame)

    async def live_event(self, message: JSONDict) -> None:
        """Pass on what was published to a group that this socket is in."""
        frame = message["payload"]
        if frame["type"] in {"run", "notifications"}:  # a run began, ended or waits; or news
            self.recount.set()
            return
        async with self.turn:
            feed = self.feeds.get(UUID(frame["run"]))
            if feed is None:
                return
            if frame["type"] == "token" or feed.take(frame["event"]):
                await self.send_json(frame)
            elif feed.behind:
                await self._catch_up(feed)

    async def _subscribe(self, frame: JSONDict) -> None:
        run_id, after = _run_id(frame), frame.get("after") or 0
        if type(after) is not int or not 0 <= after < 2**53:
            await self._refuse("bad_frame", "`after` is the seq of the last event that you have.")
        elif len(self.feeds) >= MAX_RUNS and run_id not in self.feeds:
            await self._refuse("too_many", f"A socket follows at most {MAX_RUNS} runs.")
        elif run_id is None or not await self.query(self._look, [run_id]):
            await self._refuse("not_found", "There is no such run, or you may not see it.")
        else:
            # First join, then read: what happens in between comes twice and is dropped by its seq.
            await self.channel_layer.group_add(self.group(f"run.{run_id}"), self.channel_name)
            self.feeds[run_id] = Feed(run_id, last=after)
            await self._catch_up(self.feeds[run_id])

    async def _unsubscribe(self, frame: JSONDict) -> None:
        run_id = _run_id(frame)
        if run_id in self.feeds:
            await self._leave(run_id)

    async def _subscribe_counts(self, frame: JSONDict) -> None:
        if not self.counting:
            for name in (WATCHERS, f"person.{self.person}"):
                await self.channel_layer.group_add(self.group(name), self.channel_name)
            self.counting = True
        await self._send_counts()

    async def _leave(self, run_id: UUID) -> None:
        del self.feeds[run_id]
        await self.channel_layer.group_discard(self.group(f"run.{run_id}"), self.channel_name)

    async def _catch_up(self, feed: Feed) -> None:
        feed.behind = True
        while feed.behind:
            for event in await self.query(feed.read):
                frame = {"type": "event", "run": str(feed.run_id), "event": event}
                await self.send_json(frame)

    async def _send_counts(self) -> None:
        self.recount.clear()
        user = await self.query(user_of_session, self._session_key)
        if user is not None:
            counts = await self.query(counts_for, user)
            await self.send_json({"type": "counts", **counts})

    async def _refuse(self, code: str, message: str) -> None:
        await self.send_json({"type": "error", "code": code, "message": message})

    async def _tick(self) -> None:
        """Count anew when told so, and look every few seconds whether all is as it was."""
        due = time.monotonic() + CHECK_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0, due - time.monotonic())):
                    await self.recount.wait()
                    await asyncio.sleep(SETTLE_S)
            try:
                async with self.turn:
                    if self.recount.is_set():
                        await self._send_counts()
                    if time.monotonic() >= due:
                        due = time.monotonic() + CHECK_S
                        await self._check()
            except DatabaseError:
                await self.close(code=TRY_LATER)
                return

    async def _check(self) -> None:
        """Close when session or rights are gone; read what lost frames would have told."""
        seqs = await self.query(self._look, list(self.feeds))
        if seqs is None:
            await self.close(code=SIGNED_OUT)
        elif len(seqs) < len(self.feeds):
            await self.close(code=NOT_ALLOWED)
        else:
            for run_id, seq in seqs.items():
                if seq > self.feeds[run_id].last:
                    await self._catch_up(self.feeds[run_id])

    def _look(self, run_ids: list[UUID]) -> dict[UUID, int] | None:
        """Return the last seq of each run that may be seen now; None if session or site is closed."""
        user: User | None = user_of_session(self._session_key)
        if user is None or not is_served(self.tenant):
            return None
        runs = policies.visible(user, Run.objects.filter(pk__in=run_ids))
        return dict(runs.values_list("pk", "seq"))

    @property
    def _session_key(self) -> str | None:
        key: str | None = self.scope["session"].session_key
        return key

    def _is_too_fast(self) -> bool:
        now = time.monotonic()
        if now >= self.window_ends:
            self.window_ends, self.frames = now + WINDOW_S, 0
        self.frames += 1
        return self.frames > FRAMES_PER_WINDOW


def _parsed(text: str | None) -> JSONDict:
    """Return the frame; an empty one for what is no JSON object or too long to be one of ours."""
    if text is None or len(text) > MAX_FRAME:
        return {}
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def _run_id(frame: JSONDict) -> UUID | None:
    try:
        return UUID(str(frame.get("run")))
    except ValueError:
        return None

"""The one socket of a page: events of the runs it shows, text as it is written, and counters."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from apps.accounts import policies, refusals
from apps.accounts.api.authentication import user_of_session
from apps.accounts.models import User
from apps.accounts.roles import ANY_MEMBER
from apps.comments import live
from apps.common.events import AWAY
from apps.common.types import JSONDict
from apps.egress.breakers import WATCHERS as SERVICES
from apps.runs.interpreter.ledger import WATCHERS
from apps.runs.models import Run
from apps.runs.watching import places
from apps.runs.watching.counts import counts_for
from apps.runs.watching.feed import Feed
from apps.runs.watching.relay import Frame, Watcher, relay
from apps.tenants.consumers import TRY_LATER, TenantConsumer
from apps.tenants.context import tenant_context
from apps.tenants.hosts import is_served
from apps.workflows import bells

MAX_RUNS = 20
MAX_FRAME = 4_096
FRAMES_PER_WINDOW, WINDOW_S = 60, 10
CHECK_S = 4  # a lost session or right closes the socket within this time
SETTLE_S, BETWEEN_S = 0.3, 2.0  # a burst of changes is counted once, and one after the other
SIGNED_OUT, NOT_ALLOWED, TOO_MUCH = 4401, 4403, 4429


class LiveConsumer(TenantConsumer):
    """Sends what happens in runs to whoever may see them.

    Frames are JSON objects with a `type`. Client: `subscribe` (`run`, `after`), `unsubscribe`
    (`run`), `subscribe_counts`, `subscribe_comments` (`workflow`; one for each socket). Server:
    `event`, `token`, `counts`, `services`, `comments` (`workflow`, `thread`; null: any), `beside`
    (`workflow`, `what`; told with the comments), `error`.
    """

    permission_required = ANY_MEMBER  # to open it; each run is looked at again and again

    async def connect(self) -> None:
        self.feeds: dict[UUID, Feed] = {}
        self.watcher, self.is_closed = Watcher(), False
        self.counting = self.services_changed = False
        self.discussed: UUID | None = (
            None  # the workflow that is heard of: comments, and what is beside it
        )
        self.heard_upto = ""
        self.person: UUID | None = None
        self.recount = asyncio.Event()
        self.turn = asyncio.Lock()  # the ticker and the handlers never read a feed at once
        self.window_ends, self.frames = 0.0, 0
        self.tasks: list[asyncio.Task[None]] = []
        self.place: places.Place | None = None
        await self.accept()
        user = await self.query(user_of_session, self._session_key)
        if user is None:
            await self._turn_away(SIGNED_OUT)
            return
        self.person = user.pk
        try:
            self.place = places.take("socket", user.principal, places.SOCKETS)
        except places.TooManyOpen:
            await self._turn_away(TOO_MUCH, user)
            return
        self.tasks = [asyncio.create_task(self._tick()), asyncio.create_task(self._deliver())]

    async def _turn_away(self, code: int, user: User | None = None) -> None:
        await self.query(refusals.note_socket, "live", code, user)
        await self.close(code=code)

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
        self.place = None
        for run_id in list(self.feeds):
            await self._leave(run_id)
        with suppress(*AWAY):  # the layer forgets a channel whose reader is gone anyway
            for name in self._groups:
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
            "subscribe_comments": self._subscribe_comments,
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
        """Take in what was published to a group that this socket is in; counts are sent later."""
        payload = message["payload"]
        if payload["type"] in (live.KIND, bells.KIND):
            async with self.turn:
                await self._tell_page(payload)
            return
        if payload["type"] == "service":
            self.services_changed = True
        self.recount.set()

    async def _deliver(self) -> None:
        """Pass on what the relay has for this socket, as fast as its reader reads."""
        while True:
            frame = await self.watcher.next()
            try:
                async with self.turn:
                    await self._pass_on(frame)
            except DatabaseError:
                await self.close(code=TRY_LATER)
                return
            except OSError:
                return  # the reader is gone; disconnect() will be told

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        self.is_closed = True
        await super().close(code, reason)

    async def _pass_on(self, frame: Frame | None) -> None:
        if self.is_closed:
            return
        feeds = list(self.feeds.values()) if frame is None else [self.feeds.get(frame.run_id)]
        for feed in feeds:
            if feed is None:
                continue
            if feed.hear(frame) and frame is not None:
                await self.send(text_data=frame.message)
            elif feed.behind:
                await self._catch_up(feed)

    async def _subscribe(self, frame: JSONDict) -> None:
        run_id, after = _id_in(frame, "run"), frame.get("after") or 0
        if type(after) is not int or not 0 <= after < 2**53:
            await self._refuse("bad_frame", "`after` is the seq of the last event that you have.")
        elif len(self.feeds) >= MAX_RUNS and run_id not in self.feeds:
            await self._refuse("too_many", f"A socket follows at most {MAX_RUNS} runs.")
        elif run_id is None or not await self.query(self._look, [run_id]):
            await self._refuse("not_found", "There is no such run, or you may not see it.")
        else:
            # First join, then read: what happens in between comes twice and is dropped by its seq.
            with tenant_context(self.tenant):
                await relay().join(run_id, self.watcher)
            self.feeds[run_id] = Feed(run_id, last=after)
            await self._catch_up(self.feeds[run_id])

    async def _unsubscribe(self, frame: JSONDict) -> None:
        run_id = _id_in(frame, "run")
        if run_id in self.feeds:
            await self._leave(run_id)

    @property
    def _counted(self) -> tuple[str, ...]:
        """The groups in which counters of the page change."""
        return WATCHERS, SERVICES, f"person.{self.person}"

    async def _subscribe_counts(self, frame: JSONDict) -> None:
        if not self.counting:
            for name in self._counted:
                await self.channel_layer.group_add(self.group(name), self.channel_name)
            self.counting = True
        await self._send_counts()

    @property
    def _groups(self) -> tuple[str, ...]:
        counted = self._counted if self.counting else ()
        return counted if self.discussed is None else (*counted, bells.channel_of(self.discussed))

    async def _subscribe_comments(self, frame: JSONDict) -> None:
        workflow_id = _id_in(frame, "workflow")
        reached = await self.query(self._reached, workflow_id) if workflow_id else None
        if workflow_id is None or reached is None:
            await self._refuse("not_found", "There is no such workflow, or you may not see it.")
            return
        if self.discussed is not None:
            left = self.group(bells.channel_of(self.discussed))
            await self.channel_layer.group_discard(left, self.channel_name)
        group = self.group(bells.channel_of(workflow_id))
        await self.channel_layer.group_add(group, self.channel_name)
        self.discussed, self.heard_upto = workflow_id, reached
        # The page reads now, after joining: what happens in between it reads twice, and misses nothing.
        await self.send_json(live.frame_of(workflow_id))

    async def _tell_page(self, payload: JSONDict) -> None:
        if self.is_closed or payload["workflow"] != str(self.discussed):
            return
        self.heard_upto = max(self.heard_upto, payload.pop("at", ""))
        await self.send_json(payload)

    async def _leave(self, run_id: UUID) -> None:
        del self.feeds[run_id]
        with tenant_context(self.tenant):
            await relay().leave(run_id, self.watcher)

    async def _catch_up(self, feed: Feed) -> None:
        feed.behind = True
        while feed.behind:
            for event in await self.query(feed.read):
                frame = {"type": "event", "run": str(feed.run_id), "event": event}
                await self.send_json(frame)

    async def _send_news(self) -> None:
        self.recount.clear()
        if self.services_changed:  # which one is for those who may see the page
            self.services_changed = False
            await self.send_json({"type": "services"})
        await self._send_counts()

    async def _send_counts(self) -> None:
        user = await self.query(user_of_session, self._session_key)
        if user is not None:
            counts = await self.query(counts_for, user)
            await self.send_json({"type": "counts", **counts})

    async def _refuse(self, code: str, message: str) -> None:
        await self.send_json({"type": "error", "code": code, "message": message})

    async def _tick(self) -> None:
        """Count anew when told so, and look every few seconds whether all is as it was."""
        due, counted = time.monotonic() + CHECK_S, 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0, due - time.monotonic())):
                    await self.recount.wait()
                    await asyncio.sleep(max(SETTLE_S, counted + BETWEEN_S - time.monotonic()))
            try:
                async with self.turn:
                    if self.recount.is_set():
                        counted = time.monotonic()
                        await self._send_news()
                    if time.monotonic() >= due:
                        due = time.monotonic() + CHECK_S
                        await self._check()
            except DatabaseError:
                await self.close(code=TRY_LATER)
                return

    async def _check(self) -> None:
        """Close when session or rights are gone."""
        seen = await self.query(self._look, list(self.feeds))
        if seen is None:
            await self.close(code=SIGNED_OUT)
        elif len(seen) < len(self.feeds):
            await self.close(code=NOT_ALLOWED)
        elif self.discussed is not None:
            await self._check_comments(self.discussed)

    async def _check_comments(self, workflow_id: UUID) -> None:
        """Close when the workflow may not be seen any more; tell of what nobody told."""
        reached = await self.query(self._reached, workflow_id)
        if reached is None:
            await self.close(code=NOT_ALLOWED)
        elif reached > self.heard_upto:
            self.heard_upto = reached
            await self.send_json(live.frame_of(workflow_id))

    def _reached(self, workflow_id: UUID) -> str | None:
        user = user_of_session(self._session_key)
        return None if user is None else live.reached(workflow_id, user)

    def _look(self, run_ids: list[UUID]) -> set[UUID] | None:
        """Return which of the runs may be seen now; None if session or site is closed."""
        user: User | None = user_of_session(self._session_key)
        if user is None or not is_served(self.tenant):
            return None
        runs = policies.visible(user, Run.objects.filter(pk__in=run_ids))
        return set(runs.values_list("pk", flat=True))

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


def _id_in(frame: JSONDict, name: str) -> UUID | None:
    try:
        return UUID(str(frame.get(name)))
    except ValueError:
        return None

"""The rooms of this process: opened for the first who comes, closed after the last.

For each room the process listens to the draft's channel group, before it reads how far the log is;
and every few seconds it looks whether something was missed, and whether everybody still may be
there.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import Error as DatabaseError

from apps.collaboration.admission import NOT_ALLOWED, NotLetIn, Pass, Standing, standing_of
from apps.collaboration.journal import DraftJournal
from apps.collaboration.rooms import TRY_LATER, Peer, Refused, Room
from apps.common.events import listening
from apps.common.ids import uuid7
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query
from apps.workflows.models import Workflow

logger = logging.getLogger(__name__)

LOOK_S = 3.0  # so a right that is lost closes within 5 s
MOST_PEERS = 200  # in one room of one process


class Full(Exception):
    """So many are in the room that nobody else can come in."""


@dataclass(eq=False)
class OpenRoom:
    """A room that is open, and who keeps it going."""

    workflow_id: UUID
    scope: Scope
    room: Room
    journal: DraftJournal
    passes: dict[Peer, Pass] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_ready: bool = False
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def make_ready(self) -> None:
        """Listen, then load; whoever comes meanwhile waits for it."""
        async with self.opening:
            if self.is_ready:
                return
            heard = asyncio.Event()
            self.tasks.append(asyncio.create_task(self._listen(heard)))
            await heard.wait()
            try:
                await self.room.open()
            except BaseException:
                await self.end()
                raise
            self.tasks.append(asyncio.create_task(self._look_around()))
            self.is_ready = True

    async def end(self) -> None:
        """Neither listen nor look any more."""
        ended, self.tasks = self.tasks, []
        for task in ended:
            task.cancel()
        if ended:
            await asyncio.wait(ended)

    async def _listen(self, heard: asyncio.Event) -> None:
        async with listening(self.journal.group) as events:
            heard.set()
            while True:
                event = await events.get()
                try:
                    await self.room.hear(event)
                except Refused as refused:
                    self.room.close(refused.code)
                except Exception:  # one bad event must not make the room deaf
                    logger.exception("An event of a draft could not be taken in.")

    async def _look_around(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                with entered(self.scope):
                    for each in set(self.passes.values()):
                        self._apply(each, await query(_standing, each, self.workflow_id))
                    await self.room.look(await query(_seq, self.workflow_id))
            except (DatabaseError, Refused):
                self.room.close(TRY_LATER)
            except Exception:  # while nobody can be asked about, nobody stays
                logger.exception("Who is in a room could not be looked at.")
                self.room.close(TRY_LATER)

    def _apply(self, shown: Pass, standing: Standing | int) -> None:
        """Send those away who may not be here any more, or not as what they came."""
        for peer in [peer for peer, own in self.passes.items() if own == shown]:
            if isinstance(standing, int):
                peer.close(standing)
            elif peer.may_edit and not standing.may_edit:
                peer.close(NOT_ALLOWED)
            else:
                peer.may_edit, peer.identity = standing.may_edit, standing.identity


class Lobby:
    """The rooms on one loop."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, UUID], OpenRoom] = {}

    async def enter(self, workflow_id: UUID, peer: Peer, shown: Pass) -> OpenRoom:
        """Let a connection into a draft's room. Raises Full, Refused."""
        opened = self._opened(workflow_id)
        if len(opened.passes) >= MOST_PEERS:
            raise Full
        opened.passes[peer] = shown
        try:
            await opened.make_ready()
        except BaseException:
            await self.leave(opened, peer)
            raise
        opened.room.enter(peer)
        return opened

    async def leave(self, opened: OpenRoom, peer: Peer) -> None:
        """Let a connection go; the last one closes the room once all is written."""
        opened.passes.pop(peer, None)
        opened.room.leave(peer)
        await opened.room.rest()
        if opened.passes:
            return
        key = (opened.scope.schema, opened.workflow_id)
        if self._open.get(key) is opened:
            del self._open[key]
        await opened.end()

    def _opened(self, workflow_id: UUID) -> OpenRoom:
        scope = current_scope()
        key = (scope.schema, workflow_id)
        if key not in self._open:
            journal = DraftJournal(scope, workflow_id)
            self._open[key] = OpenRoom(workflow_id, scope, Room(journal, str(uuid7())), journal)
        return self._open[key]


_lobbies: WeakKeyDictionary[asyncio.AbstractEventLoop, Lobby] = WeakKeyDictionary()


def lobby() -> Lobby:
    """Return the running loop's lobby."""
    return _lobbies.setdefault(asyncio.get_running_loop(), Lobby())


def _seq(workflow_id: UUID) -> int:
    found = Workflow.objects.filter(pk=workflow_id).values_list("draft_seq", flat=True).first()
    return found or 0


def _standing(shown: Pass, workflow_id: UUID) -> Standing | int:
    try:
        return standing_of(shown, workflow_id)
    except NotLetIn as refusal:
        return refusal.code

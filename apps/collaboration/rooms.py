"""A room: those who edit one draft in this process, and what passes between them.

An update is written to the log before anybody else gets it. There is no timer: what arrives while
a write is under way forms the next write, and reaches each connection as one frame. The room relays
bytes and knows which ticks the log covers; it never holds the document.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from apps.collaboration import protocol
from apps.collaboration.numbers import Told
from apps.collaboration.presence import Presence, Voice
from apps.collaboration.protocol import Kind
from apps.common.types import JSONDict
from apps.workflows.document import examine, merged
from apps.workflows.drafts import MAX_DRAFT, Written
from apps.workflows.drafts import told as told_event
from apps.workflows.known import Known
from apps.workflows.wire import Contents, check_state_vector

logger = logging.getLogger(__name__)

BETWEEN_ACKNOWLEDGEMENTS_S = 0.25
SIGN_OF_LIFE_S = 15.0  # clients believe after 30 s of silence that the connection is dead
BETWEEN_STATES_S = 0.05  # cursors move at 20 Hz
PATIENCE_S = 0.25  # for what another process wrote and has not told yet
MOST_WAITING = 16 << 20  # bytes that wait to be written; who sends more is not read meanwhile
MORE_TO_DELETE = 1 << 20  # so that a draft that is full can be made smaller
MOST_EVENTS = 200  # under way to other processes; those who miss some read the rows
THREAD_FROM = 16 << 10  # bytes from which reading an update would hold up everybody else
GONE, NOT_ALLOWED, BROKEN, TRY_LATER, TOO_LARGE = 4404, 4403, 1011, 1013, 4413


class Refused(Exception):
    """The log takes nothing any more; the code says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Opened:
    """What a room begins with."""

    known: Known
    seq: int
    size: int


class Journal(Protocol):
    """The log of a draft, and the way to the other processes."""

    async def open(self) -> Opened: ...

    async def append(self, written: Sequence[Written]) -> int:
        """Return the number of the last; durable by then. Raises Refused."""

    async def missing(self, vectors: Sequence[bytes]) -> list[bytes]:
        """Return for each state vector what its client lacks."""

    async def after(self, seq: int) -> list[tuple[int, bytes]]: ...

    async def compact(self) -> int:
        """Make the log shorter; return the size of what remains."""

    async def publish(self, event: JSONDict) -> None: ...


@dataclass(eq=False)
class Peer(Voice):
    """A connection in a room. `send` takes a frame at once and never waits."""

    author_id: UUID = field(kw_only=True)
    may_edit: bool = field(kw_only=True)
    send: Callable[[bytes], None] = field(kw_only=True)
    close: Callable[[int], None] = field(kw_only=True)
    acknowledged_at: float = -1.0
    is_due: bool = False  # an acknowledgement is planned


@dataclass(frozen=True)
class Change:
    """An update that waits to be written."""

    peer: Peer
    data: bytes
    contents: Contents


class Room:
    """Those who edit one draft here."""

    def __init__(self, journal: Journal, name: str) -> None:
        self.peers: set[Peer] = set()
        self._journal, self._name = journal, name
        self._known, self._told, self._size = Known(), Told(0), 0
        self._presence = Presence()
        self._waiting: list[Change] = []
        self._backlog = 0
        self._behind_write: list[tuple[Peer, bytes]] = []  # questions after what waits
        self._asked: list[tuple[Peer, bytes]] = []
        self._writer: asyncio.Task[None] | None = None
        self._answerer: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._states_at = -1.0
        self._states_due = self._is_behind = False
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Learn what the log covers. Whoever tells of new updates must be listened to before."""
        opened = await self._journal.open()
        self._known, self._told, self._size = opened.known, Told(opened.seq), opened.size
        self._publish({"type": "who", "from": self._name})

    async def rest(self) -> None:
        """Wait until all that came in is written."""
        while self._writer:
            await asyncio.wait([self._writer])

    def enter(self, peer: Peer) -> None:
        """Let a connection in: it is asked for what it has, and told who is here."""
        self.peers.add(peer)
        self._acknowledge(peer)
        self._tell_states(peer)

    def leave(self, peer: Peer) -> None:
        """Let a connection go; what it sent is written all the same."""
        self.peers.discard(peer)
        self._presence.leave(peer, self._loop.time())
        self._tell_changes()

    async def receive(self, peer: Peer, data: bytes) -> None:
        """Take a frame. Raises BadFrame or BadUpdate for what is none."""
        frame = protocol.read(data)
        if frame.kind is Kind.STEP_1:
            self._ask(peer, frame.payload)
        elif frame.kind is Kind.AWARENESS:
            self._presence.say(peer, frame.payload, self._loop.time())
            self._tell_changes()
        elif frame.kind is Kind.QUERY:
            self._tell_states(peer)
        elif peer.may_edit:
            await self._change(peer, frame.payload)

    async def hear(self, event: JSONDict) -> None:
        """Take what another process, or a request over HTTP, tells of this draft."""
        if event["type"] == "update":
            await self._hear_update(event)
        elif event.get("from") == self._name:
            return
        elif event["type"] == "states":
            self._presence.hear(event["states"], self._loop.time())
            self._tell_changes()
        elif event["type"] == "who" and (states := self._presence.own()):
            await self._publish_states(states)

    async def look(self, seq: int) -> None:
        """Take note of how far the log is, in case that nobody told."""
        now = self._loop.time()
        self._presence.forget_silent(now)
        self._tell_changes()
        for peer in self.peers:
            if now - peer.acknowledged_at > SIGN_OF_LIFE_S:
                self._acknowledge(peer)
        if seq > self._told.upto and not self._writer:
            await self._catch_up()

    def close(self, code: int) -> None:
        """Send everybody away."""
        for peer in list(self.peers):
            peer.close(code)

    # What comes in

    def _ask(self, peer: Peer, vector: bytes) -> None:
        check_state_vector(vector)
        if self._writer:  # the answer holds what the client itself sent before it asked
            self._behind_write.append((peer, vector))
        else:
            self._asked.append((peer, vector))
            self._answerer = self._answerer or self._start(self._answer())

    async def _change(self, peer: Peer, data: bytes) -> None:
        contents = await _contents(data)
        news = self._known.news_of(data, contents)
        if news is None:
            return
        while self._backlog > MOST_WAITING and self._writer:
            await asyncio.wait([self._writer])
        self._waiting.append(Change(peer, *news))
        self._backlog += len(news[0])
        self._writer = self._writer or self._start(self._write_all())

    async def _hear_update(self, event: JSONDict) -> None:
        seqs = range(event["first"], event["last"] + 1)
        if all(self._told.has(seq) for seq in seqs):
            return
        if "data" not in event:
            await self._catch_up()
            return
        contents = await _contents(event["data"])
        self._pass_on(seqs, event["data"], [contents])

    # What is written

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                changes, self._waiting = self._waiting, []
                await self._write(changes)
                self._backlog -= sum(len(change.data) for change in changes)
        except Refused as refused:
            self._give_up(refused.code)
        except Exception:  # whatever it is, nobody may believe that it was saved
            logger.exception("A draft's updates could not be written.")
            self._give_up(BROKEN)
        finally:
            self._writer = None
            self._asked += self._behind_write
            self._behind_write = []
            if self._asked:
                self._answerer = self._answerer or self._start(self._answer())

    def _give_up(self, code: int) -> None:
        """Forget what was not written: its clients have it still, and send it when they come again."""
        self._waiting.clear()
        self._backlog = 0
        self.close(code)

    async def _write(self, changes: Sequence[Change]) -> None:
        changes = await self._fitting(changes)
        if not changes:
            return
        by_author: dict[UUID, list[bytes]] = {}
        for change in changes:
            by_author.setdefault(change.peer.author_id, []).append(change.data)
        written = [Written(merged(data), author) for author, data in by_author.items()]
        last = await self._journal.append(written)
        seqs = range(last - len(written) + 1, last + 1)
        data = written[0].data if len(written) == 1 else merged([each.data for each in written])
        authors = {change.peer for change in changes}
        self._pass_on(seqs, data, [change.contents for change in changes], authors)
        self._publish(told_event(seqs[0], last, data))
        for peer in authors & self.peers:
            self._acknowledge_soon(peer)

    async def _fitting(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Return the changes that the draft has room for; who sent more is sent away."""
        if self._size + sum(len(change.data) for change in changes) <= MAX_DRAFT:
            return changes
        self._size = await self._journal.compact()
        kept, size = [], self._size
        for change in changes:
            size += len(change.data)
            may_have = MAX_DRAFT if change.contents.brought else MAX_DRAFT + MORE_TO_DELETE
            if size <= may_have:
                kept.append(change)
            else:
                change.peer.close(TOO_LARGE)
        return kept

    # What goes out

    def _pass_on(
        self,
        seqs: range,
        data: bytes,
        contents: Iterable[Contents],
        authors: Iterable[Peer] = (),
    ) -> None:
        """Note an update of the log and send it to everybody, except to its only author."""
        for each in contents:
            self._known.add(each)
        self._size += len(data)
        senders = list(authors)
        frame = protocol.sync(Kind.UPDATE, data)
        for peer in self.peers:
            if senders != [peer]:
                peer.send(frame)
        self._told.add(seqs)
        if self._told.has_gap and not self._is_behind:
            self._is_behind = True
            self._loop.call_later(PATIENCE_S, lambda: self._start(self._catch_up()))

    async def _catch_up(self) -> None:
        """Read from the log what nobody told, and pass it on."""
        self._is_behind = False
        if not self._told.has_gap and self._writer:
            return
        rows = await self._journal.after(self._told.upto)
        rows = [(seq, data) for seq, data in rows if not self._told.has(seq)]
        for seq, data in rows:
            self._pass_on(range(seq, seq + 1), data, [await _contents(data)])

    async def _answer(self) -> None:
        """Answer all who asked by now, from one look at the log."""
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                found = await self._journal.missing([vector for _, vector in asked])
                for (peer, _), data in zip(asked, found, strict=True):
                    if peer in self.peers:
                        peer.send(protocol.sync(Kind.STEP_2, data))
        except Refused as refused:
            self._give_up(refused.code)
        finally:
            self._answerer = None

    def _acknowledge_soon(self, peer: Peer) -> None:
        """Acknowledge now, or when a quarter of a second has passed since the last time."""
        due = peer.acknowledged_at + BETWEEN_ACKNOWLEDGEMENTS_S - self._loop.time()
        if due <= 0:
            self._acknowledge(peer)
        elif not peer.is_due:
            peer.is_due = True
            self._loop.call_later(due, self._acknowledge, peer)

    def _acknowledge(self, peer: Peer) -> None:
        """Say what the log covers, as a question for the rest that every client answers."""
        peer.is_due, peer.acknowledged_at = False, self._loop.time()
        if peer in self.peers:
            peer.send(protocol.sync(Kind.STEP_1, self._known.vector))

    def _tell_states(self, peer: Peer) -> None:
        if states := self._presence.everybody():
            peer.send(protocol.awareness(states))

    def _tell_changes(self) -> None:
        """Tell who moved: at once if nobody did just now, else together with whoever follows."""
        if not self._presence.has_changed or self._states_due:
            return
        due = self._states_at + BETWEEN_STATES_S - self._loop.time()
        if due > 0:
            self._states_due = True
            self._loop.call_later(due, self._send_changes)
        else:
            self._send_changes()

    def _send_changes(self) -> None:
        self._states_due, self._states_at = False, self._loop.time()
        states, own = self._presence.changes()
        if states:
            frame = protocol.awareness(states)
            for peer in self.peers:
                peer.send(frame)
        if own:
            self._publish({"type": "states", "from": self._name, "states": own})

    async def _publish_states(self, states: bytes) -> None:
        await self._journal.publish({"type": "states", "from": self._name, "states": states})

    def _publish(self, event: JSONDict) -> None:
        if len(self._tasks) < MOST_EVENTS:
            _ = self._start(self._journal.publish(event))  # kept in `_tasks`

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _contents(data: bytes) -> Contents:
    """Return what an update says. Raises BadUpdate."""
    if len(data) < THREAD_FROM:
        return examine(data)
    return await asyncio.to_thread(examine, data)

"""What the tests of rooms play with: a log in memory, and connections that keep what they got."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from apps.collaboration import protocol
from apps.collaboration.protocol import Kind
from apps.collaboration.rooms import Opened, Peer, Refused
from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.workflows import document
from apps.workflows.drafts import Written
from apps.workflows.known import Known
from apps.workflows.wire import check_update


class MemoryJournal:
    """A log in memory that several rooms may share, as processes share the rows."""

    def __init__(self, rows: list[bytes] | None = None) -> None:
        self.rows: list[bytes] = [] if rows is None else rows
        self.authors: list[UUID | None] = []
        self.events: list[JSONDict] = []
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.refuses: int | None = None
        self.writes = 0
        self.compacted: int | None = None

    async def open(self) -> Opened:
        known = Known()
        known.add(check_update(document.merged(self.rows)))
        return Opened(known, len(self.rows), sum(map(len, self.rows)))

    async def append(self, written: Sequence[Written]) -> int:
        await self.may_write.wait()
        if self.refuses is not None:
            raise Refused(self.refuses)
        self.writes += 1
        self.rows += [each.data for each in written]
        self.authors += [each.author_id for each in written]
        return len(self.rows)

    async def missing(self, vectors: Sequence[bytes]) -> list[bytes]:
        return [document.missing(document.merged(self.rows), each) for each in vectors]

    async def after(self, seq: int) -> list[tuple[int, bytes]]:
        return list(enumerate(self.rows, 1))[seq:]

    async def compact(self) -> int:
        assert self.compacted is not None
        return self.compacted

    async def publish(self, event: JSONDict) -> None:
        self.events.append(event)


class Guest:
    """A connection with a document of its own, as a client of y-websocket has one."""

    def __init__(self, *, may_edit: bool = True, name: str = "Ana") -> None:
        self.doc: Any = document.load([])
        self.frames: list[bytes] = []
        self.codes: list[int] = []
        self.peer = Peer(
            {"id": name, "name": name, "colour": "red"},
            author_id=uuid7(),
            may_edit=may_edit,
            send=self.frames.append,
            close=self.codes.append,
        )

    def change(self, key: str = "a", value: Any = 1) -> bytes:
        """Change the own document; return the frame that tells of it."""
        before = self.doc.get_state()
        document.part_of(self.doc, "layout")[key] = [value, 0]
        return protocol.sync(Kind.UPDATE, self.doc.get_update(before))

    def question(self) -> bytes:
        return protocol.sync(Kind.STEP_1, self.doc.get_state())

    def got(self, kind: Kind) -> list[bytes]:
        """Return what came of a kind."""
        frames = [protocol.read(frame) for frame in self.frames]
        return [frame.payload for frame in frames if frame.kind is kind]

    def read(self) -> dict[str, Any]:
        """Take in all updates that came; return the places."""
        for data in (*self.got(Kind.STEP_2), *self.got(Kind.UPDATE)):
            self.doc.apply_update(data)
        layout = document.part_of(self.doc, "layout").to_py() or {}
        return {key: place[0] for key, place in layout.items()}

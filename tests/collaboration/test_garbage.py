"""Altered frames: none of a hundred thousand may crash a room, hang it, fill it or spoil the draft."""

import random
import resource
import signal
from types import FrameType
from typing import Any

from pycrdt import Map, Text

from apps.collaboration import protocol
from apps.collaboration.protocol import BadFrame, Kind
from apps.collaboration.rooms import Room
from apps.workflows import document
from apps.workflows.exceptions import BadUpdate
from tests.collaboration.rooms import Guest, MemoryJournal

FRAMES, AT_ONCE = 100_000, 500
MOST_GROWTH_KIB = 96 << 10


class Hung(BaseException):
    """A frame kept the room busy."""


def _hung(number: int, frame: FrameType | None) -> None:
    raise Hung


def good_frames() -> list[bytes]:
    """Return frames as clients send them."""
    doc = document.load([])
    nodes, texts = document.part_of(doc, "nodes"), document.part_of(doc, "text")
    updates = []
    for place in range(3):
        before = doc.get_state()
        nodes[f"n{place}"] = Map({"type": "x", "c:a": {"k": [1, 2.5, None, True, "s"]}})
        texts[f"n{place}/p"] = Text("hello häß 😀")
        updates.append(doc.get_update(before))
    del nodes["n1"], texts["n1/p"][2:4]
    state = b'{"cursor":[1,2],"sel":["n1"],"user":{"name":"x"}}'
    states = protocol.write_states([protocol.State(7, 3, state)])
    return [
        protocol.sync(Kind.STEP_1, doc.get_state()),
        protocol.sync(Kind.STEP_2, doc.get_update()),
        *(protocol.sync(Kind.UPDATE, update) for update in updates),
        protocol.awareness(states),
        b"\x03",
    ]


def altered(frame: bytes, source: random.Random) -> bytes:
    """Change, cut or lengthen a frame a little."""
    data = bytearray(frame)
    for _ in range(source.randint(1, 4)):
        data[source.randrange(len(data))] = source.randrange(256)
    if source.random() < 0.1:
        del data[source.randrange(len(data)) :]
    elif source.random() < 0.1:
        data += source.randbytes(source.randint(1, 9))
    return bytes(data)


def memory_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def test_a_hundred_thousand_altered_frames_do_no_harm() -> None:
    source, frames, journal = random.Random(11), good_frames(), MemoryJournal()
    ana, ben = Guest(), Guest(name="Ben")
    room = Room(journal, "here")
    await room.open()
    room.enter(ben.peer)
    before, refused = memory_kib(), 0
    handler: Any = signal.signal(signal.SIGALRM, _hung)
    try:
        for place in range(FRAMES):
            if place % AT_ONCE == 0:
                room.enter(ana.peer)
                ana.frames.clear()
                ben.frames.clear()
                signal.alarm(60)
            try:
                await room.receive(ana.peer, altered(source.choice(frames), source))
            except (BadFrame, BadUpdate):
                refused += 1
            if place % AT_ONCE == AT_ONCE - 1:
                await room.rest()
                room.leave(ana.peer)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
    assert refused > FRAMES // 2
    assert ana.codes == ben.codes == []
    assert memory_kib() - before < MOST_GROWTH_KIB
    # What got through is a draft that still can be read and edited.
    doc = document.load(journal.rows)
    document.part_of(doc, "layout")["n0"] = [1, 2]
    room.enter(ben.peer)
    await room.receive(ben.peer, ben.change("still", 5))
    await room.rest()
    found = document.part_of(document.load(journal.rows), "layout")
    assert list(found["still"]) == [5, 0]

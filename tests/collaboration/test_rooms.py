"""A room without sockets: what is written when, and who gets it."""

import asyncio
from collections.abc import Callable

import pytest

from apps.collaboration import protocol, rooms
from apps.collaboration.protocol import BadFrame, Kind
from apps.collaboration.rooms import NOT_ALLOWED, TOO_LARGE, TRY_LATER, Room
from apps.workflows.drafts import MAX_DRAFT
from apps.workflows.exceptions import BadUpdate
from apps.workflows.wire import check_state_vector, write_deletions
from tests.collaboration.rooms import Guest, MemoryJournal


async def opened(journal: MemoryJournal, *guests: Guest, name: str = "here") -> Room:
    room = Room(journal, name)
    await room.open()
    for guest in guests:
        room.enter(guest.peer)
    return room


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - it is no event that is waited for
            await asyncio.sleep(0)


async def test_who_comes_is_asked_at_once_and_answered() -> None:
    journal, ana, ben = MemoryJournal(), Guest(), Guest()
    room = await opened(journal, ana)
    await room.receive(ana.peer, ana.change("a", 5))
    await room.rest()
    room.enter(ben.peer)
    assert protocol.read(ben.frames[0]).kind is Kind.STEP_1
    await room.receive(ben.peer, ben.question())
    await until(lambda: ben.got(Kind.STEP_2))
    assert ben.read() == {"a": 5}


async def test_nobody_gets_what_is_not_written_yet() -> None:
    journal, ana, ben = MemoryJournal(), Guest(), Guest()
    room = await opened(journal, ana, ben)
    journal.may_write.clear()
    await room.receive(ana.peer, ana.change())
    for _ in range(20):
        await asyncio.sleep(0)
    assert ben.got(Kind.UPDATE) == []
    assert len(ana.got(Kind.STEP_1)) == 1
    journal.may_write.set()
    await room.rest()
    assert ben.read() == {"a": 1}
    assert ana.got(Kind.UPDATE) == []


async def test_what_arrives_during_a_write_is_the_next_one_and_one_frame() -> None:
    journal, ana, ben, eve = MemoryJournal(), Guest(), Guest(), Guest()
    room = await opened(journal, ana, ben, eve)
    journal.may_write.clear()
    await room.receive(ana.peer, ana.change("a", 1))
    await until(lambda: room._writer)
    await asyncio.sleep(0)
    for place in range(10):
        await room.receive(ana.peer, ana.change("a", place))
        await room.receive(ben.peer, ben.change("b", place))
    journal.may_write.set()
    await room.rest()
    assert journal.writes == 2
    assert journal.authors == [ana.peer.author_id, ana.peer.author_id, ben.peer.author_id]
    assert [len(guest.got(Kind.UPDATE)) for guest in (ana, ben, eve)] == [1, 2, 2]
    assert eve.read() == {"a": 9, "b": 9}


async def test_edits_made_offline_reach_everybody() -> None:
    journal, ana, ben = MemoryJournal(), Guest(), Guest()
    room = await opened(journal, ana, ben)
    ana.change("a", 3)
    await room.receive(ana.peer, protocol.sync(Kind.STEP_2, ana.doc.get_update()))
    await room.rest()
    assert ben.read() == {"a": 3}


async def test_saved_is_what_the_log_covers() -> None:
    journal, ana = MemoryJournal(), Guest()
    room = await opened(journal, ana)
    await room.receive(ana.peer, ana.change())
    await room.rest()
    own = check_state_vector(ana.doc.get_state())
    await until(lambda: len(ana.got(Kind.STEP_1)) > 1)
    assert check_state_vector(ana.got(Kind.STEP_1)[-1]) == own


async def test_an_answer_holds_what_was_sent_before_the_question() -> None:
    journal, ana = MemoryJournal(), Guest()
    room = await opened(journal, ana)
    journal.may_write.clear()
    await room.receive(ana.peer, ana.change("a", 7))
    await room.receive(ana.peer, protocol.sync(Kind.STEP_1, b"\x00"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert ana.got(Kind.STEP_2) == []
    journal.may_write.set()
    await until(lambda: ana.got(Kind.STEP_2))
    fresh = Guest()
    fresh.frames = ana.frames
    assert fresh.read() == {"a": 7}


async def test_what_says_nothing_new_is_not_written() -> None:
    journal, ana, ben = MemoryJournal(), Guest(), Guest()
    room = await opened(journal, ana, ben)
    await room.receive(ana.peer, ana.change("a", 1))
    await room.receive(ana.peer, ana.change("a", 2))
    await room.rest()
    ben.read()
    for guest in (ana, ben):
        await room.receive(guest.peer, protocol.sync(Kind.STEP_2, guest.doc.get_update()))
    await room.rest()
    assert len(journal.rows) <= 2


async def test_of_known_deletions_only_news_is_kept() -> None:
    journal, ana = MemoryJournal(), Guest()
    room = await opened(journal, ana)
    await room.receive(ana.peer, protocol.sync(Kind.UPDATE, write_deletions([(5, 0, 9)])))
    await room.rest()
    both = write_deletions([(5, 0, 9), (5, 20, 22)])
    await room.receive(ana.peer, protocol.sync(Kind.STEP_2, both))
    await room.rest()
    assert journal.rows == [write_deletions([(5, 0, 9)]), write_deletions([(5, 20, 22)])]


async def test_viewers_read_only() -> None:
    journal, ana, vera = MemoryJournal(), Guest(), Guest(may_edit=False)
    room = await opened(journal, ana, vera)
    await room.receive(vera.peer, vera.change())
    await room.receive(vera.peer, protocol.sync(Kind.STEP_2, vera.doc.get_update()))
    await room.rest()
    assert journal.rows == []
    await room.receive(vera.peer, protocol.awareness(b"\x01\x05\x01\x02{}"))
    assert ana.got(Kind.AWARENESS)
    assert vera.codes == []


@pytest.mark.parametrize("code", [NOT_ALLOWED, TRY_LATER])
async def test_what_cannot_be_written_sends_everybody_away(code: int) -> None:
    journal, ana, ben = MemoryJournal(), Guest(), Guest()
    room = await opened(journal, ana, ben)
    journal.refuses = code
    await room.receive(ana.peer, ana.change())
    await room.rest()
    assert (ana.codes, ben.codes, ben.got(Kind.UPDATE)) == ([code], [code], [])


async def test_a_full_draft_takes_deletions_only() -> None:
    journal, ana, ben = MemoryJournal(), Guest(), Guest()
    room = await opened(journal, ana, ben)
    room._size, journal.compacted = MAX_DRAFT, MAX_DRAFT - 5
    await room.receive(ana.peer, ana.change())
    await room.rest()
    assert (ana.codes, journal.rows) == ([TOO_LARGE], [])
    await room.receive(ben.peer, protocol.sync(Kind.UPDATE, write_deletions([(5, 0, 9)])))
    await room.rest()
    assert (ben.codes, len(journal.rows)) == ([], 1)


@pytest.mark.parametrize("data", [b"", b"\x07", b"\x00\x02\x01\xff", b"\x00\x00\x02\x01\x01"])
async def test_garbage_is_refused(data: bytes) -> None:
    ana = Guest()
    room = await opened(MemoryJournal(), ana)
    with pytest.raises((BadFrame, BadUpdate)):
        await room.receive(ana.peer, data)


async def test_what_another_process_wrote_is_passed_on_once() -> None:
    rows: list[bytes] = []
    here, there = MemoryJournal(rows), MemoryJournal(rows)
    ana, ben = Guest(), Guest()
    one, two = await opened(here, ana), await opened(there, ben, name="there")
    await one.receive(ana.peer, ana.change("a", 4))
    await one.rest()
    await until(lambda: any(event["type"] == "update" for event in here.events))
    for event in here.events * 2:
        await two.hear(event)
    assert len(ben.got(Kind.UPDATE)) == 1
    assert ben.read() == {"a": 4}


async def test_what_nobody_told_is_read_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "PATIENCE_S", 0)
    rows: list[bytes] = []
    here, there = MemoryJournal(rows), MemoryJournal(rows)
    ana, ben = Guest(), Guest()
    one, two = await opened(here, ana), await opened(there, ben, name="there")
    await one.receive(ana.peer, ana.change("a", 1))
    await one.rest()
    await two.receive(ben.peer, ben.change("b", 2))  # its own write shows the gap
    await two.rest()
    await until(lambda: ben.got(Kind.UPDATE))
    assert ben.read() == {"a": 1, "b": 2}
    await one.look(2)
    assert ana.read() == {"a": 1, "b": 2}


async def test_long_updates_are_told_without_their_bytes() -> None:
    rows: list[bytes] = []
    here, there = MemoryJournal(rows), MemoryJournal(rows)
    ana, ben = Guest(), Guest()
    one, two = await opened(here, ana), await opened(there, ben, name="there")
    await one.receive(ana.peer, ana.change("a" * 300_000, 1))
    await one.rest()
    await until(lambda: len(here.events) == 2)
    (told,) = [event for event in here.events if event["type"] == "update"]
    assert "data" not in told
    await two.hear(told)
    assert ben.read() == {"a" * 300_000: 1}


async def test_presence_of_another_process() -> None:
    here, there = MemoryJournal(), MemoryJournal()
    ana, ben = Guest(), Guest(name="Ben")
    one = await opened(here, ana)
    await one.receive(ana.peer, protocol.awareness(b"\x01\x05\x01\x02{}"))
    two = await opened(there, ben, name="there")
    await until(lambda: there.events)
    for event in list(there.events):  # it asks who is here
        await one.hear(event)
    await until(lambda: here.events[-1]["type"] == "states")
    await two.hear(here.events[-1])
    await until(lambda: ben.got(Kind.AWARENESS))
    assert b'"Ana"' in ben.got(Kind.AWARENESS)[0]


async def test_many_cursors_are_one_frame() -> None:
    guests = [Guest(name=str(place)) for place in range(6)]
    room = await opened(MemoryJournal(), *guests)
    for clock in range(1, 5):
        for client, guest in enumerate(guests):
            say = bytes((1, client, clock)) + b"\x02{}"
            await room.receive(guest.peer, protocol.awareness(say))
    await until(lambda: len(guests[0].got(Kind.AWARENESS)) == 2)
    assert len(protocol.read_states(guests[0].got(Kind.AWARENESS)[1])) == 6


async def test_a_silent_room_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SIGN_OF_LIFE_S", -1)
    ana = Guest()
    room = await opened(MemoryJournal(), ana)
    await room.look(0)
    assert len(ana.got(Kind.STEP_1)) == 2

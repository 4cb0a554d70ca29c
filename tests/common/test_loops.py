"""What belongs to an event loop ends with it."""

import asyncio
import gc
import weakref

import pytest

from apps.common.loops import PerLoop
from apps.egress import client


class Pool:
    """Something that is open until it is closed."""

    def __init__(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.is_open = False


@pytest.fixture
def pools() -> PerLoop[Pool]:
    return PerLoop(Pool, lambda pool: pool.close())


async def taken(pools: PerLoop[Pool]) -> Pool:
    made = await pools.get()
    assert made is await pools.get()
    assert made.is_open
    return made


def test_each_loop_has_one_that_ends_with_it(pools: PerLoop[Pool]) -> None:
    first, second = asyncio.run(taken(pools)), asyncio.run(taken(pools))
    assert first is not second
    assert not first.is_open
    assert not second.is_open


def test_it_can_end_before_and_is_made_anew(pools: PerLoop[Pool]) -> None:
    async def go() -> None:
        first = await pools.get()
        await pools.close()
        await pools.close()
        assert not first.is_open
        assert await pools.get() is not first

    asyncio.run(go())


def test_nothing_is_left_of_a_loop(pools: PerLoop[Pool]) -> None:
    async def go() -> "weakref.ref[asyncio.AbstractEventLoop]":
        await pools.get()
        return weakref.ref(asyncio.get_running_loop())

    loop = asyncio.run(go())
    gc.collect()
    assert loop() is None


def test_connections_to_the_web_end_with_their_loop() -> None:
    async def go() -> bool:
        session = await client._sessions.get()
        opened.append(session)
        return session.closed

    opened: list[object] = []
    assert not asyncio.run(go())
    assert all(each.closed for each in opened)  # type: ignore[attr-defined]

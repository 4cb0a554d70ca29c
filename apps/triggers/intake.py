"""How much of strangers' calls a process holds at a time, before it is known who sends them.

A body is read before anybody knows whose it is. So what all of them together take is bounded, in
bytes, in number and in time; a workspace has at most half of it, so that a flood of one does not
shut the others out. What is refused is told when to come back.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from apps.common.errors import DomainError
from apps.tenants.context import current_schema

MOST_BYTES, MOST_CALLS = 128 << 20, 2_000  # held at a time, in one process
READ_S = 30  # in which a body must have come

_bytes: Counter[str] = Counter()
_calls: Counter[str] = Counter()


class Overfull(DomainError):
    """Too many calls come in right now. Send this one again in a moment."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "overfull"

    def __init__(self) -> None:
        """Say when to come back; what is still to come of the body is nobody's next request."""
        super().__init__(headers={"Retry-After": "2", "Connection": "close"})


class TooSlow(DomainError):
    """The body did not come in time."""

    status: ClassVar[int] = 408
    code: ClassVar[str] = "too_slow"

    def __init__(self) -> None:
        """End the connection: nobody waits for the rest."""
        super().__init__(headers={"Connection": "close"})


class Held:
    """What one call holds while it is taken in."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._size = 0

    def add(self, part: bytes) -> bytes:
        """Count a part of the body and return it. Raises Overfull."""
        if not _fits(_bytes, self._holder, len(part), MOST_BYTES):
            raise Overfull
        _bytes[self._holder] += len(part)
        self._size += len(part)
        return part

    def release(self) -> None:
        """Make room for others."""
        _lower(_bytes, self._holder, self._size)
        _lower(_calls, self._holder, 1)


@asynccontextmanager
async def taken_in() -> AsyncIterator[Held]:
    """Count a call of the current workspace until the block ends. Raises Overfull, TooSlow."""
    holder = current_schema()
    if not _fits(_calls, holder, 1, MOST_CALLS):
        raise Overfull
    _calls[holder] += 1
    held = Held(holder)
    try:
        yield held
    finally:
        held.release()


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Give what is read in the block so much time. Raises TooSlow."""
    try:
        async with asyncio.timeout(READ_S):
            yield
    except TimeoutError:
        raise TooSlow from None


def held() -> tuple[int, int]:
    """Return how many calls and bytes are held now."""
    return _calls.total(), _bytes.total()


def _fits(counter: Counter[str], holder: str, more: int, most: int) -> bool:
    return counter.total() + more <= most and counter[holder] + more <= most // 2


def _lower(counter: Counter[str], holder: str, by: int) -> None:
    counter[holder] -= by
    if counter[holder] <= 0:
        del counter[holder]

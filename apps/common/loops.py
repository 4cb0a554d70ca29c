"""What belongs to one event loop, such as a pool of connections, and ends with it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class PerLoop(Generic[T]):
    """One thing for each event loop, made when it is first asked for.

    It is held by an asynchronous generator: whoever ends a loop in the usual way, such as
    `asyncio.run`, ends those that are still open, and with them what they hold.
    """

    def __init__(self, make: Callable[[], T], end: Callable[[T], Awaitable[object]]) -> None:
        """Make it by one function, in the running loop, and end it by another."""
        self._make, self._end = make, end
        self._held: WeakKeyDictionary[
            asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[T, None]]
        ] = WeakKeyDictionary()

    async def get(self) -> T:
        """Return the running loop's."""
        loop = asyncio.get_running_loop()
        if loop not in self._held:
            holding = self._hold()
            self._held[loop] = await anext(holding), holding
        return self._held[loop][0]

    async def close(self) -> None:
        """End the running loop's, if there is one."""
        held = self._held.get(asyncio.get_running_loop())
        if held is not None:
            await held[1].aclose()

    async def _hold(self) -> AsyncGenerator[T, None]:
        made = self._make()
        try:
            yield made
        finally:
            self._held.pop(asyncio.get_running_loop(), None)
            await self._end(made)

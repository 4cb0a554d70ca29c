"""The event loop and the inbox of a worker, played by the dice: who answers when, and who never."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from queue import Empty
from typing import Any


class Flight(Future[Any]):
    """An attempt that is under way; it lands when the dice say so."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], is_lost: Callable[[], bool]) -> None:
        super().__init__()
        self._coroutine = coroutine
        self._is_lost = is_lost
        self.is_over = False

    def fly(self) -> Any:
        """Let it act outside, and return the outcome, of which nobody has heard yet."""
        self.is_over = True
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(self._coroutine)
        finally:
            loop.close()

    def cancel(self) -> bool:
        """Stop it; the target may have heard of it all the same."""
        if not self.is_over:
            if self._is_lost():
                self._coroutine.close()
                self.is_over = True
            else:
                self.fly()
        return super().cancel()


class Inbox:
    """What a worker listens to; while it waits, the world goes on."""

    def __init__(self, wait: Callable[["Inbox", float], None]) -> None:
        self.messages: deque[Any] = deque()
        self.put = self.messages.append
        self._wait = wait

    def get(self, timeout: float) -> Any:
        self._wait(self, timeout)
        return self.get_nowait()

    def get_nowait(self) -> Any:
        if not self.messages:
            raise Empty
        return self.messages.popleft()

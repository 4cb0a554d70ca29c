"""Telling others of a job whose own transaction is still open.

What is written in that transaction nobody sees before its end, so progress is written, and a wish to
end it read, by another connection: a thread with the same workspace, asked every second.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context

from django.db import connection

EVERY_S = 1.0


class Beside:
    """Calls a function on another connection, not more often than every second."""

    def __init__(self, pool: ThreadPoolExecutor, look: Callable[[int], bool]) -> None:
        self._pool, self._look = pool, look
        self._next = 0.0

    def tell(self, count: int) -> bool:
        """Tell how far it is; False once nobody wants the job any more."""
        if time.monotonic() < self._next:
            return True
        self._next = time.monotonic() + EVERY_S
        return self._pool.submit(copy_context().run, self._asked, count).result()

    def _asked(self, count: int) -> bool:
        try:
            return self._look(count)
        finally:
            connection.close()


@contextmanager
def beside(look: Callable[[int], bool]) -> Iterator[Beside]:
    """Have a second connection for as long as a long transaction lasts."""
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as pool:
        yield Beside(pool, look)

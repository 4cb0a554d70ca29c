"""What goes out to one connection: at once where the server lets us, else in a queue.

A room sends the same frame to everybody, so sending must neither wait nor cost much. Where the
server offers to take a whole frame (`auterity.sockets`), that is one write for each connection.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

TOO_SLOW = 4508  # clients of y-websocket come again; from 4400 to 4499 they do not
MOST_WAITING = 16 << 20  # bytes; a whole draft and more
DIRECT_UPTO = 64 << 10  # longer frames are worth compressing, which the server does
Write = Callable[[bytes], bool]
EXTENSION = "auterity.frames"


class Outbox:
    """Frames on their way to one connection, in order."""

    def __init__(self, send: Any, write: Write | None = None) -> None:
        """`write` takes a payload at once, or returns False if it cannot now."""
        self._send, self._write = send, write
        self._frames: deque[bytes] = deque()
        self._waiting = 0
        self._code: int | None = None
        self._stirred = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def start(self) -> "asyncio.Task[None]":
        """Send from now on; the task ends when the connection does."""
        self.task = asyncio.create_task(self._run())
        return self.task

    @property
    def is_closed(self) -> bool:
        """Whether nothing goes out any more."""
        return self._code is not None

    def put(self, frame: bytes) -> None:
        """Send a frame; whoever does not read what it is sent is sent away."""
        if self._code is not None:
            return
        if (
            self._write is not None
            and not self._waiting
            and len(frame) <= DIRECT_UPTO
            and self._write(frame)
        ):
            return
        self._frames.append(frame)
        self._waiting += len(frame)
        self._stirred.set()
        if self._waiting > MOST_WAITING:
            self.close(TOO_SLOW)
            if self.task is not None:
                self.task.cancel()  # it may wait for the reader for ever

    def close(self, code: int) -> None:
        """Send nothing more but the code."""
        if self._code is None:
            self._code = code
            self._frames.clear()
            self._stirred.set()

    async def _run(self) -> None:
        try:
            while self._code is None:
                await self._stirred.wait()
                self._stirred.clear()
                await self._flush()
            await self._send({"type": "websocket.close", "code": self._code})
        except OSError:  # the reader is gone
            self._code = self._code or TOO_SLOW

    async def _flush(self) -> None:
        while self._frames:
            frame = self._frames.popleft()
            await self._send({"type": "websocket.send", "bytes": frame})
            self._waiting -= len(frame)

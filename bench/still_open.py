"""What was open, or at work, when a right was taken away: each tells when it ended. For `bench.revoking`."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE_S = 15.0
MOST_PIECES = 30_000  # a minute's talk
OVER = ("succeeded", "failed", "cancelled", "needs_attention")
LOOK_S = 0.05


class Watched(threading.Thread):
    """Something that is watched until it ends."""

    def __init__(self) -> None:
        """Begin to watch."""
        super().__init__(daemon=True)
        self._over = 0.0
        self.start()

    def run(self) -> None:
        """Note when it ended."""
        self.watch()
        self._over = time.monotonic()

    def watch(self) -> None:
        """Return once it ended."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave nothing open."""

    def ended_at(self) -> float:
        """Wait for its end and return when that was; infinite where it goes on."""
        self.join(PATIENCE_S)
        over = self._over or float("inf")
        self.close()
        return over


class Stream(Watched):
    """A stream of a model that somebody listens to."""

    def __init__(self, port: int, key: str, model: str) -> None:
        """Ask, and return once its first words came."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        body = {
            "model": model, "stream": True, "max_tokens": MOST_PIECES,
            "messages": [{"role": "user", "content": "Talk."}],
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        self._answer = self._connection.getresponse()
        while (line := self._answer.readline()) and b"word" not in line:
            pass
        super().__init__()

    def watch(self) -> None:
        while self._answer.readline():
            pass

    def close(self) -> None:
        self._connection.close()


class Room(Watched):
    """A draft's room that somebody is in; `url` is that of a ticket."""

    def __init__(self, url: str) -> None:
        """Enter, and return once the room spoke."""
        self._inside = ExitStack()
        self._socket = self._inside.enter_context(connect(url, max_size=None, open_timeout=60))
        self._socket.recv(timeout=60)
        super().__init__()

    def watch(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                self._socket.recv()

    def close(self) -> None:
        self._inside.close()


class Work(Watched):
    """A run that calls outside for somebody, again and again; `state` tells how it is."""

    def __init__(self, state: Callable[[], str]) -> None:
        """Return once it works."""
        self._state = state
        end = time.monotonic() + 4 * PATIENCE_S
        while (now := state()) != "running":
            if now in OVER or time.monotonic() > end:
                raise SystemExit(f"A run that should work is {now}.")
            time.sleep(LOOK_S)
        super().__init__()

    def watch(self) -> None:
        while self._state() not in OVER:
            time.sleep(LOOK_S)


def works(origin: str) -> dict[str, Any]:
    """Return a workflow that calls an address over and over."""
    inner = {
        "id": "call", "type": "http.request", "parent": "again",
        "config": {"method": "GET", "url": f"{origin}/"},
    }  # fmt: skip
    again = {"max_rounds": 5_000, "until": False, "at_limit": "stop"}
    return {
        "schema": 1,
        "nodes": [
            {"id": "start", "type": "core.start", "config": {}},
            {"id": "again", "type": "flow.loop", "config": again},
            inner,
        ],
        "edges": [{"source": "start", "target": "again"}],
    }

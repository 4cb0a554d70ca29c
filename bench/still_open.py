"""What was open, or at work, when a right was taken away: each tells when it ended. For `bench.revoking`.

How runs and schedules stand is asked ten times a second at most: whoever asks is a key, and held to
what a key may ask in a minute.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE_S = 15.0
MOST_PIECES = 30_000  # a minute's talk
OVER = ("succeeded", "failed", "cancelled", "needs_attention")
LOOK_S = 0.2
DUE_S = 1.0  # so soon a schedule is due


class Watched(threading.Thread):
    """Something that is watched until it ends."""

    def __init__(self) -> None:
        """Begin to watch."""
        super().__init__(daemon=True)
        self._over = 0.0
        self._given_up = threading.Event()
        self.start()

    def run(self) -> None:
        """Note when it ended."""
        self.watch()
        self._over = time.monotonic()

    def is_left_alone(self) -> bool:
        """Wait until it is time to look again; tell whether nobody asks any more."""
        return self._given_up.wait(LOOK_S)

    def give_up(self) -> None:
        """Watch no longer, and leave nothing open."""
        self._given_up.set()
        self.close()

    def watch(self) -> None:
        """Return once it ended."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave nothing open."""

    def came_too_soon(self) -> bool:
        """Tell, once a right was taken away, whether it happened before that: then it says nothing."""
        return False

    def ended_at(self) -> float:
        """Wait for its end and return when that was, or now where it goes on."""
        self.join(PATIENCE_S)
        over = self._over or time.monotonic()
        self.give_up()
        return over


class Call:
    """A call to a model, or to a workflow that answers as one, whose answer is not waited for."""

    def __init__(self, port: int, key: str, model: str, **more: Any) -> None:
        """Ask."""
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        body = {"model": model, "messages": [{"role": "user", "content": "Talk."}], **more}
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)


class Stream(Watched):
    """A stream of a model that somebody listens to."""

    def __init__(self, port: int, key: str, model: str) -> None:
        """Ask, and return once its first words came."""
        self._connection = Call(port, key, model, stream=True, max_tokens=MOST_PIECES).connection
        self._answer = self._connection.getresponse()
        while (line := self._answer.readline()) and b"word" not in line:
            pass
        super().__init__()

    def watch(self) -> None:
        while self._answer.readline():
            pass

    def close(self) -> None:
        self._connection.close()


class Socket(Watched):
    """A socket that somebody holds: a draft's room, or that of their pages."""

    def __init__(self, url: str, headers: Mapping[str, str], first: str = "") -> None:
        """Open it, say what comes first, and return once the other side spoke."""
        self._inside = ExitStack()
        opened = connect(url, additional_headers=headers, max_size=None, open_timeout=60)
        self._socket = self._inside.enter_context(opened)
        if first:
            self._socket.send(first)
        self._socket.recv(timeout=60)
        super().__init__()

    def watch(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                self._socket.recv()

    def close(self) -> None:
        self._inside.close()


class Work(Watched):
    """A run that calls outside for somebody, again and again; `state` tells how it is.

    A key asked for it by a call that is still open.
    """

    def __init__(self, state: Callable[[], str], call: Call | None = None) -> None:
        """Return once it works."""
        self._state, self._call = state, call
        end = time.monotonic() + 4 * PATIENCE_S
        while (now := state()) != "running":
            if now in OVER or time.monotonic() > end:
                raise SystemExit(f"A run that should work is {now}.")
            time.sleep(LOOK_S)
        super().__init__()

    def watch(self) -> None:
        while self._state() not in OVER and not self.is_left_alone():
            pass

    def close(self) -> None:
        if self._call is not None:
            self._call.connection.close()


class Schedule(Watched):
    """A schedule in somebody's name that is due soon; `state` tells how it is.

    It ends when it is due and starts nothing: the product pauses it and says why.
    """

    def __init__(self, state: Callable[[], str], due: float) -> None:
        """Look at it until it is paused."""
        self._state, self._due = state, due
        super().__init__()

    def came_too_soon(self) -> bool:
        return time.monotonic() > self._due

    def watch(self) -> None:
        while self._state() != "paused" and not self.is_left_alone():
            pass


def due_soon() -> dict[str, str]:
    """Return what is set of a schedule that fires once, soon."""
    return {"at": (datetime.now(UTC) + timedelta(seconds=DUE_S)).isoformat()}


def quick() -> dict[str, Any]:
    """Return a workflow that is over at once."""
    fields = [{"name": "n", "value": "{{ 1 }}"}]
    return {
        "schema": 1,
        "nodes": [
            {"id": "start", "type": "core.start", "config": {}},
            {"id": "one", "type": "data.transform", "config": {"fields": fields}},
        ],
        "edges": [{"source": "start", "target": "one"}],
    }


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

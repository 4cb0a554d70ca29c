"""Places that streams go to, on loopback, and what happens in between."""

import json
import socket
import threading
from contextlib import suppress

from aiohttp import web

from apps.audit import chain
from apps.audit.models import Link
from apps.audit.services import record
from apps.oversight import delivering
from apps.oversight.models import Stream
from tests.factories.targets import Target

SECRET = "a-secret-of-24-characters"


class Receiver(Target):
    """A webhook that keeps what it gets, or answers what a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.headers: dict[str, str] = {}

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers=self.headers)

    @property
    def numbers(self) -> list[int]:
        """The places in the chain of all that came."""
        told = [entry for _, body in self.got for entry in json.loads(body)["entries"]]
        return [entry["number"] for entry in told if entry["number"]]


class Collector:
    """A syslog collector on loopback that keeps the bytes it gets."""

    greeting = b""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.data = b""
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.sendall(self.greeting)
                while piece := connection.recv(65536):
                    self.data += piece

    def messages(self) -> list[str]:
        """Return the messages, each by its own length."""
        found, rest = [], self.data
        while rest:
            length, _, rest = rest.partition(b" ")
            found.append(rest[: int(length)].decode())
            rest = rest[int(length) :]
        return found


def happen(count: int) -> None:
    for number in range(count):
        record("thing.made", actor=None, after={"n": number})
    chain.link()


def delivered(stream: Stream) -> Stream:
    delivering.deliver(stream.pk)
    stream.refresh_from_db()
    return stream


def last_number() -> int:
    return Link.objects.order_by("-number")[0].number

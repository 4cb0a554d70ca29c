"""A websocket client for consumers in the same process."""

import json
from typing import Any
from urllib.parse import urlsplit

from asgiref.testing import ApplicationCommunicator


class Socket:
    """One connection to an ASGI application, speaking JSON or bytes."""

    def __init__(
        self, application: Any, address: str, host: str, cookie: str = "", origin: str | None = None
    ) -> None:
        """Address is a path with query; the Origin is the host's own unless told otherwise."""
        parts = urlsplit(address)
        headers = [(b"host", host.encode())]
        if origin != "":
            headers.append((b"origin", (origin or f"http://{host}").encode()))
        if cookie:
            headers.append((b"cookie", cookie.encode()))
        scope = {
            "type": "websocket",
            "path": parts.path,
            "query_string": parts.query.encode(),
            "headers": headers,
            "subprotocols": [],
            "client": ("127.0.0.1", 50_000),
        }
        self._peer: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # untyped in asgiref
        self._early: list[Any] = []  # what came with the handshake

    async def connect(self, patience: float = 0.05) -> int | None:
        """Open; return the close code if it was refused within `patience` seconds."""
        await self._peer.send_input({"type": "websocket.connect"})
        first = await self._peer.receive_output(10)
        if first["type"] == "websocket.close":
            return int(first.get("code", 1000))
        if await self._peer.receive_nothing(patience):
            return None
        second = await self._peer.receive_output(1)
        if second["type"] == "websocket.close":
            return int(second["code"])
        self._early.append(second)
        return None

    async def send(self, content: Any) -> None:
        """Send JSON."""
        await self._peer.send_input({"type": "websocket.receive", "text": json.dumps(content)})

    async def receive(self, timeout: float = 10) -> Any:
        """Return the next message's JSON."""
        output = self._early.pop(0) if self._early else await self._peer.receive_output(timeout)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def send_bytes(self, content: bytes) -> None:
        """Send a binary frame."""
        await self._peer.send_input({"type": "websocket.receive", "bytes": content})

    async def receive_bytes(self, timeout: float = 10) -> bytes:
        """Return the next binary frame."""
        output = self._early.pop(0) if self._early else await self._peer.receive_output(timeout)
        assert output["type"] == "websocket.send", output
        return bytes(output["bytes"])

    async def all_waiting(self, patience: float = 0.2) -> list[str]:
        """Return whatever comes until nothing has for a while, as it came."""
        found, self._early = [repr(each) for each in self._early], []
        while not await self._peer.receive_nothing(patience):
            found.append(repr(await self._peer.receive_output(1)))
        return found

    async def closing_code(self, timeout: float = 10) -> int:
        """Read until the server closes."""
        while True:
            output = self._early.pop(0) if self._early else await self._peer.receive_output(timeout)
            if output["type"] == "websocket.close":
                return int(output["code"])

    async def close(self) -> None:
        """Leave."""
        await self._peer.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._peer.wait(10)

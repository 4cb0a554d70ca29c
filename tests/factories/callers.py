"""A client of the whole ASGI application, for what is served without Django's middleware."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from asgiref.testing import ApplicationCommunicator

from auterity.asgi import application


@dataclass
class Reply:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self.body)


@dataclass
class Caller:
    """Somebody who calls webhooks of one host."""

    host: str = "alpha.localhost"
    headers: dict[str, str] = field(default_factory=dict)

    async def begin(
        self, path: str, body: Any = b"", method: str = "POST", query: str = "", **headers: str
    ) -> Any:
        """Send a call; its answer is still to come."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"host": self.host, "content-length": str(len(raw)), **self.headers}
        sent |= {"content-type": "application/json"} if not isinstance(body, bytes) else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in sent.items()],
            "client": ("192.0.2.7", 50_000),
            "scheme": "http",
        }
        peer: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # untyped in asgiref
        await peer.send_input({"type": "http.request", "body": raw})
        return peer

    async def finish(self, peer: Any) -> Reply:
        """Return the answer of a call."""
        start = await peer.receive_output(30)
        headers = {k.decode().lower(): v.decode("latin-1") for k, v in start["headers"]}
        reply = Reply(start["status"], headers)
        more = True
        while more:
            part = await peer.receive_output(30)
            reply.body += part.get("body", b"")
            more = part.get("more_body", False)
        await peer.wait(10)
        return reply

    async def call(self, path: str, body: Any = b"", **rest: Any) -> Reply:
        """Send a call and return its answer."""
        return await self.finish(await self.begin(path, body, **rest))

    def __call__(self, path: str, body: Any = b"", **rest: Any) -> Reply:
        """The same for tests that are not async."""
        return asyncio.run(self.call(path, body, **rest))

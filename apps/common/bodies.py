"""How much of a request is read at all, before anybody asks whose it is."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from apps.common.errors import TooLarge
from apps.common.problems import PROBLEM_JSON

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class BodyLimit:
    """ASGI wrapper that refuses larger bodies: announced ones unread, others where they pass it.

    Django spools a body to disk before a view can say no, whoever sends it.
    """

    def __init__(self, app: App, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced[:20]) > self.limit:
            await _refuse(send)
            return
        read = 0

        async def counted() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise _Passed
            return message

        try:
            await self.app(scope, counted, send)
        except _Passed:  # the body is read to its end before anything is answered
            await _refuse(send)


class _Passed(Exception):
    """The body went on past the limit."""


async def _refuse(send: Send) -> None:
    error = TooLarge()
    body = json.dumps(error.problem()).encode()
    headers = {
        "content-type": PROBLEM_JSON,
        "content-length": str(len(body)),
        "connection": "close",  # what is still to come is nobody's next request
    }
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(error.status), "headers": listed})
    await send({"type": "http.response.body", "body": body})

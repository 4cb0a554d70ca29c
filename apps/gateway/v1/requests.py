"""A request as it comes over the wire, read no further than its sender may make us."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Never

from apps.common.bodies import Receive
from apps.common.errors import TooLarge
from apps.common.types import JSON, JSONDict
from apps.gateway.v1.access import Access
from apps.gateway.v1.refusals import BadCall
from apps.tenants.asgi import Headers

MAX_BODY = 32 << 20  # images come inside of it
MAX_DEPTH = 64
READ_S = 60  # in which a body must have come
BEARER = "bearer "


class Gone(Exception):
    """The caller has left."""


class TooSlow(BadCall):
    """The body did not come in time."""

    status = HTTPStatus.REQUEST_TIMEOUT

    def __init__(self) -> None:
        """End the connection: nobody waits for the rest."""
        super().__init__(self.__doc__ or "", code="timeout")
        self.headers = {"Connection": "close"}


@dataclass
class Request:
    """One call over /v1, of somebody who may be answered."""

    method: str
    path: str
    headers: Headers
    receive: Receive
    access: Access

    @property
    def wants_fresh(self) -> bool:
        """Whether its sender wants no answer that was kept, as HTTP's caches are told."""
        asked = self.headers.get("cache-control", "").lower()
        return "no-cache" in asked or "no-store" in asked

    async def json(self) -> JSONDict:
        """Return the body. Raises TooLarge, BadCall, TooSlow, Gone."""
        announced = self.headers.get("content-length", "")
        if announced.isdigit() and int(announced[:20]) > MAX_BODY:
            raise _too_large()
        try:
            async with asyncio.timeout(READ_S):
                return _object_of(await self._body())
        except TimeoutError:
            raise TooSlow from None

    @asynccontextmanager
    async def while_here(self) -> AsyncIterator[None]:
        """End what the block does as soon as the caller leaves. Raises Gone."""
        task, left = asyncio.current_task(), asyncio.Event()
        assert task is not None

        async def watch() -> None:
            while (await self.receive())["type"] != "http.disconnect":
                pass
            left.set()
            task.cancel()

        watcher = asyncio.create_task(watch())
        try:
            yield
        except asyncio.CancelledError:
            if not left.is_set() or task.uncancel():
                raise
            raise Gone from None
        finally:
            watcher.cancel()

    async def _body(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            whole: bytes = message.get("body", b"")
            return whole
        parts, size = [], 0
        while True:
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            size += len(part)
            if size > MAX_BODY:
                raise _too_large()
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)
            message = await self.receive()


def key_in(headers: Headers) -> str:
    """Return the key that a request shows, as OpenAI's or Anthropic's clients send it."""
    authorization = headers.get("authorization", "")
    if authorization[: len(BEARER)].lower() == BEARER:
        return authorization[len(BEARER) :].strip()
    return headers.get("x-api-key", "")


def _too_large() -> TooLarge:
    error = TooLarge(f"The body is larger than {MAX_BODY >> 20} MiB.")
    error.headers = {"Connection": "close"}  # what is still to come is nobody's next request
    return error


def _object_of(raw: bytes) -> JSONDict:
    try:
        value = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadCall(f"The body is not valid JSON: {error}.", code="invalid_json") from None
    if not isinstance(value, dict):
        raise BadCall("The body must be a JSON object.", code="invalid_json")
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _is_deep(value):
        raise BadCall(f"The body is nested deeper than {MAX_DEPTH} levels.", code="invalid_json")
    return value


def _is_deep(value: JSON) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON value")

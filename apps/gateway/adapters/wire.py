"""One request to an upstream over egress: its refusals understood, its answer read within bounds."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from apps.common.types import JSONDict
from apps.egress import client
from apps.egress.client import EgressStream
from apps.egress.exceptions import EgressError
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import GatewayError, NotAnAnswer, ProviderFailed
from apps.gateway.upstreams import failures
from apps.gateway.upstreams.answers import Answer, Read
from apps.gateway.upstreams.events import parsed

MAX_ANSWER = 32 << 20
MAX_ERROR = 64 << 10

Understand = Callable[[EgressStream], Awaitable[Answer]]


@dataclass(frozen=True)
class Letter:
    """What is sent where. The key is among the headers."""

    url: str
    headers: dict[str, str]
    body: JSONDict
    streams: bool = False  # whether a stream is asked for


@asynccontextmanager
async def posted(
    letter: Letter, upstream: Upstream, understand: Understand
) -> AsyncIterator[Answer]:
    """Send a letter; what came back is an answer while the block lasts. Raises GatewayError."""
    heard = False
    try:
        async with (
            _first_word(letter, upstream) as wait,
            client.stream(
                "POST",
                letter.url,
                headers=letter.headers,
                content=json.dumps(letter.body).encode(),
                timeout_s=upstream.patience.total_s,
                max_bytes=MAX_ANSWER,
                follow_redirects=False,  # a key is bound to one origin
            ) as raw,
        ):
            if raw.status != HTTPStatus.OK:
                raise await _refused(raw, upstream)
            if not is_stream(raw):
                wait.reschedule(None)  # what comes whole has no first word
            answer = await understand(raw)
            heard = True
            await answer.begin()
            wait.reschedule(None)
            yield answer
    except EgressError as error:
        raise failures.of_egress(error, upstream, heard=heard) from error


@asynccontextmanager
async def _first_word(letter: Letter, upstream: Upstream) -> AsyncIterator[asyncio.Timeout]:
    """End the block where a stream says nothing for too long, its head included."""
    limit_s = upstream.patience.first_token_s if letter.streams else None
    try:
        async with asyncio.timeout(limit_s) as wait:
            yield wait
    except TimeoutError as error:
        if not wait.expired():
            raise
        raise failures.late(upstream, heard=False) from error


def headers_for(*, streams: bool) -> dict[str, str]:
    """Return what every request says."""
    return {
        "Accept": "text/event-stream" if streams else "application/json",
        "Accept-Encoding": "identity",  # what is passed on as it comes must not need unpacking
        "Content-Type": "application/json",
    }


def is_stream(raw: EgressStream) -> bool:
    """Tell whether events are what came back."""
    return "text/event-stream" in raw.headers.get("content-type", "")


def reader(raw: EgressStream, upstream: Upstream) -> Read:
    """Return what reads the next bytes of a stream."""
    chunks = raw.chunks()

    async def read() -> bytes:
        try:
            return await anext(chunks, b"")
        except EgressError as error:
            raise failures.of_egress(error, upstream, heard=True) from error

    return read


async def whole(raw: EgressStream, limit: int = MAX_ANSWER) -> bytes:
    """Return the body, no more of it than is allowed."""
    parts, size = [], 0
    async for chunk in raw.chunks():
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    return b"".join(parts)[:limit]


def told_in(body: bytes, upstream: Upstream) -> JSONDict:
    """Return the object that a body is. Raises NotAnAnswer, ProviderFailed where it is an error."""
    try:
        told = parsed(body)
    except ValueError:
        said = failures.quoted(body[:1000].decode(errors="replace"), upstream)
        raise NotAnAnswer(f"{upstream.provider} sent something that is not JSON{said}") from None
    if told.get("error"):
        said = failures.quoted(failures.message_in(told), upstream)
        raise ProviderFailed(f"{upstream.provider} reported an error{said}")
    return told


async def _refused(raw: EgressStream, upstream: Upstream) -> GatewayError:
    text = (await whole(raw, MAX_ERROR)).decode(errors="replace")
    wait = raw.headers.get("retry-after", "")
    return failures.of_status(raw.status, text, upstream, retry_after=wait)

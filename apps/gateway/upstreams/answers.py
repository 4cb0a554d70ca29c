"""An upstream's answer while it arrives: whole events of a stream, or the whole body at once."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask, estimated_tokens
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import AnswerCut, GatewayError, NotAnAnswer, ProviderFailed
from apps.gateway.models import Endpoint
from apps.gateway.upstreams import failures
from apps.gateway.upstreams.events import END, BadEvent, Events, data_of, parsed
from apps.gateway.usage import Usage, usage_of

LINGER_S = 0.2  # for the end of a stream after its last event: then the connection can be reused
KEPT = 1 << 20  # bytes of a stream that are kept, to count what nobody counted

Read = Callable[[], Awaitable[bytes]]  # the next bytes as they come; empty at the end


class Answer:
    """What one upstream answers. Reading it may raise GatewayError."""

    streams = False
    age_s: int | None = None  # of one that was kept

    def __init__(self, upstream: Upstream, body: bytes = b"", told: JSONDict | None = None) -> None:
        """Hold a whole answer, and what of it was parsed."""
        self.upstream = upstream
        self.model = str((told or {}).get("model") or "")[:200]
        self.told_usage = (told or {}).get("usage")
        self._body = body

    async def begin(self) -> None:
        """Return as soon as something of the answer is there to be passed on."""

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the answer in the pieces in which it is passed on."""
        yield self._body

    @property
    def whole(self) -> bytes:
        """All that was passed on, once that is over; empty where it was cut or is too much to keep."""
        return self._body

    def usage(self, ask: Ask) -> Usage:
        """Return what the call took: as the upstream tells it, else as it is guessed."""
        told = usage_of(self.told_usage) if isinstance(self.told_usage, dict) else None
        return told or Usage(ask.input_tokens(), self._said(ask), estimated=True)

    def _said(self, ask: Ask) -> int:
        return estimated_tokens(text_in(self._body)) if ask.endpoint == Endpoint.CHAT else 0


class StreamedAnswer(Answer):
    """An answer that comes event by event."""

    streams = True

    def __init__(
        self, upstream: Upstream, read: Read, *, shows_usage: bool, events: Events | None = None
    ) -> None:
        """Read from an upstream whose stream has begun; `events` understands another protocol's."""
        super().__init__(upstream)
        self._read = read
        self._events = events or Events(shows_usage=shows_usage)
        self._held = b""
        self._kept: list[bytes] = []
        self._size = 0
        self._ended = False
        self._patience = upstream.patience
        self._deadline = asyncio.get_running_loop().time() + self._patience.first_token_s

    @property
    def has_spoken(self) -> bool:
        """Whether anything of the answer came."""
        return self._events.spoken

    @property
    def whole(self) -> bytes:
        return b"".join(self._kept) if self._ended and self._size <= KEPT else b""

    async def begin(self) -> None:
        while not self._events.spoken:
            part = await self._next()
            if not part:
                return
            self._held += self._checked(part)

    async def parts(self) -> AsyncIterator[bytes]:
        part, self._held = self._held, b""
        while part:
            self._keep(part)
            yield part
            part = b"" if self._events.done else await self._next()
        if not self._events.done:
            self._keep(END)
            yield END  # not every server says so
        self._ended = True
        await self._linger()

    async def _next(self) -> bytes:
        """Return the next events. Raises GatewayError where the stream breaks off or goes silent."""
        while True:
            chunk = await self._in_time()
            count = self._events.count
            try:
                part = self._events.feed(chunk) if chunk else self._events.end()
            except BadEvent as error:
                raise self._garbage(str(error)) from None
            if self._events.error is not None:
                raise self._failed()
            if self._events.count > count:  # a comment shows that somebody is there, no more
                self._deadline = asyncio.get_running_loop().time() + self._patience.between_s
            if part:
                return part
            if not chunk or self._events.done:
                self._check_end()
                return b""

    async def _in_time(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._read()
        except TimeoutError as error:
            raise failures.late(self.upstream, heard=self._events.spoken) from error

    def _checked(self, part: bytes) -> bytes:
        """Look at what comes before the first word, when another target can still be asked.

        Comments that keep a connection alive are dropped: nothing is passed on yet.
        """
        kept = []
        for event in part.split(b"\n\n"):
            data = data_of(event)
            if not data:
                continue
            kept.append(event + b"\n\n")
            try:
                if data != b"[DONE]":
                    parsed(data)
            except BadEvent as error:
                raise self._garbage(str(error)) from None
        return b"".join(kept)

    def _check_end(self) -> None:
        if not self._events.spoken and self._events.done:
            raise self._garbage("")
        if not self._events.done and not self._events.finished:
            raise AnswerCut(f"{self.upstream.provider} ended its answer before it was complete.")

    def _garbage(self, said: str) -> GatewayError:
        quoted = failures.quoted(said, self.upstream)
        return NotAnAnswer(f"{self.upstream.provider} sent something that is not JSON{quoted}")

    def _failed(self) -> GatewayError:
        said = failures.quoted(failures.message_in(self._events.error), self.upstream)
        kind = AnswerCut if self._events.spoken else ProviderFailed
        return kind(f"{self.upstream.provider} reported an error{said}")

    def _keep(self, part: bytes) -> None:
        self.model = self._events.model
        self.told_usage = self._events.usage
        self._size += len(part)
        if self._size <= KEPT:
            self._kept.append(part)

    async def _linger(self) -> None:
        """Read to the end, so that the connection can be used again; nobody waits long for it."""
        self._deadline = asyncio.get_running_loop().time() + LINGER_S
        try:
            while await self._in_time():
                pass
        except GatewayError:
            return

    def usage(self, ask: Ask) -> Usage:
        self.told_usage = self._events.usage
        return super().usage(ask)

    def _said(self, ask: Ask) -> int:
        """Count the words that were told; of what was not kept, by its share."""
        kept = b"".join(self._kept)
        told = "".join(text_in(data_of(event)) for event in kept.split(b"\n\n"))
        return estimated_tokens(told) * self._size // len(kept) if kept else 0


def text_in(data: bytes) -> str:
    """Return the words of a completion or of a part of one; empty where there are none."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    if delta := told.get("delta"):  # of a stream of OpenAI's Responses or Anthropic's Messages
        return _delta(delta)
    choices = told.get("choices")
    return "".join(_words(each) for each in choices or () if isinstance(each, dict))


def _delta(delta: JSON) -> str:
    if isinstance(delta, str):
        return delta
    said = [delta.get(name) for name in ("text", "thinking")] if isinstance(delta, dict) else []
    return "".join(each for each in said if isinstance(each, str))


def _words(choice: JSONDict) -> str:
    message = choice.get("delta") or choice.get("message") or {}
    names = ("content", "reasoning_content", "reasoning", "refusal")
    said = [message.get(name) for name in names] if isinstance(message, dict) else []
    return "".join(each for each in said if isinstance(each, str))

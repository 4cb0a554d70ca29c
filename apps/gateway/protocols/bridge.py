"""A call in one protocol carried as a chat: for upstreams that know nothing else."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from apps.common.types import JSONDict
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import NotAnAnswer
from apps.gateway.models import Endpoint
from apps.gateway.protocols import messages_asked, responses_asked
from apps.gateway.protocols.messages_told import MessagesTeller
from apps.gateway.protocols.responses_told import ResponsesTeller
from apps.gateway.protocols.telling import Teller
from apps.gateway.upstreams import failures
from apps.gateway.upstreams.answers import Answer
from apps.gateway.upstreams.events import BadEvent, data_of, parsed
from apps.gateway.usage import Usage

Adapter = Callable[[Ask, Upstream], AbstractAsyncContextManager[Answer]]


@dataclass(frozen=True)
class Protocol:
    """How a call becomes a chat, and who tells what the chat answers."""

    as_chat: Callable[[Ask], Ask]
    teller: Callable[[Ask], Teller]


PROTOCOLS = {
    Endpoint.RESPONSES: Protocol(responses_asked.as_chat, ResponsesTeller),
    Endpoint.MESSAGES: Protocol(messages_asked.as_chat, MessagesTeller),
}


def through_chat(adapter: Adapter, protocol: Protocol) -> Adapter:
    """Return an adapter that asks another one in a chat. Its calls raise NotOffered too."""

    @asynccontextmanager
    async def opened(ask: Ask, upstream: Upstream) -> AsyncIterator[Answer]:
        chat = protocol.as_chat(ask)
        async with adapter(chat, upstream) as answer:
            yield Bridged(answer, chat, protocol.teller(ask))

    return opened


class Bridged(Answer):
    """The answer of a chat, told in the asker's protocol."""

    def __init__(self, inner: Answer, chat: Ask, teller: Teller) -> None:
        """Tell what an answer to this chat says."""
        super().__init__(inner.upstream)
        self.streams = inner.streams
        self.model = inner.model
        self.inner, self.chat, self._teller = inner, chat, teller

    async def begin(self) -> None:
        """Wait for the first words; what comes at once is told at once, since it may be unfit."""
        await self.inner.begin()
        if not self.streams:
            body = b"".join([part async for part in self.inner.parts()])
            for _ in (*self._teller.take(json.loads(body)), *self._teller.end(self._counted())):
                pass
            self._body = json.dumps(self._teller.whole(), separators=(",", ":")).encode()

    async def parts(self) -> AsyncIterator[bytes]:
        if not self.streams:
            yield self._body
            return
        async for part in self.inner.parts():
            self.model = self.inner.model
            told = (event for chunk in self._chunks(part) for event in self._teller.take(chunk))
            if said := b"".join(named(event) for event in told):
                yield said
        yield b"".join(named(event) for event in self._teller.end(self._counted()))

    def usage(self, ask: Ask) -> Usage:
        return self._counted()

    def _counted(self) -> Usage:
        return self.inner.usage(self.chat)

    def _chunks(self, part: bytes) -> Iterator[JSONDict]:
        for event in part.split(b"\n\n"):
            data = data_of(event)
            if not data or data == b"[DONE]":
                continue
            try:
                yield parsed(data)
            except BadEvent as error:
                said = failures.quoted(str(error), self.upstream)
                provider = self.upstream.provider
                raise NotAnAnswer(f"{provider} sent something that is not JSON{said}") from None


def named(event: JSONDict) -> bytes:
    """Return an event under the name of its type."""
    data = json.dumps(event, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {data}\n\n".encode()

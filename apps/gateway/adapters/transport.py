"""An httpx transport over the egress client, for libraries that insist on httpx."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx

from apps.egress import client as egress
from apps.egress.exceptions import EgressError

MAX_ANSWER = 32 << 20
SENT = frozenset({"authorization", "x-api-key", "x-goog-api-key", "content-type", "accept"})


class EgressTransport(httpx.AsyncBaseTransport):
    """Carries the requests of one call over the egress client and remembers why one failed."""

    def __init__(self, total_s: float) -> None:
        self.failure: EgressError | None = None
        self.refusal: tuple[int, str, str] | None = None
        self._total_s = total_s
        self._open = AsyncExitStack()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name in SENT or name.startswith(("anthropic-", "idempotency-"))
        }
        content = await request.aread()
        stream = egress.stream(
            request.method, str(request.url), headers=headers, content=content,
            timeout_s=self._total_s, max_bytes=MAX_ANSWER, follow_redirects=False,
        )  # fmt: skip
        try:
            answer = await self._open.enter_async_context(stream)
            if answer.status >= httpx.codes.MULTIPLE_CHOICES:
                return await self._refused(answer)
        except EgressError as error:
            self.failure = error
            raise httpx.ReadError(str(error), request=request) from error
        kind = {"content-type": answer.headers.get("content-type", "")}
        return httpx.Response(answer.status, headers=kind, stream=_Body(self, answer))

    async def _refused(self, answer: egress.EgressStream) -> httpx.Response:
        body = b"".join([chunk async for chunk in answer.chunks()])
        text = body.decode(errors="replace")
        self.refusal = answer.status, text, answer.headers.get("retry-after", "")
        return httpx.Response(answer.status, content=body)

    async def __aexit__(self, *problem: Any) -> None:
        await self._open.__aexit__(*problem)


class _Body(httpx.AsyncByteStream):
    """The answer's body while it arrives."""

    def __init__(self, transport: EgressTransport, answer: egress.EgressStream) -> None:
        self._transport, self._answer = transport, answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.chunks():
                yield chunk
        except EgressError as error:
            self._transport.failure = error
            raise

"""Answers as they go over the wire: whole or as a stream, with what the gateway adds in headers."""

import re
from decimal import Decimal

from apps.common.bodies import Send
from apps.gateway.carrying import Call
from apps.gateway.models import LlmCall
from apps.gateway.v1.manners import Manner
from apps.gateway.v1.refusals import Refusal
from apps.tenants.asgi import Headers

JSON_TYPE, STREAM_TYPE = "application/json", "text/event-stream; charset=utf-8"
UNSAFE = re.compile(r"[^\x20-\x7e]+")
# What is answered is data: no browser takes it for a page.
SAFETY = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


class Reply:
    """The answer to one request; `began` once nothing else can be answered."""

    def __init__(self, send: Send, manner: Manner) -> None:
        """Answer as the clients of this endpoint expect it."""
        self._send = send
        self._manner = manner
        self._events = 0  # named ones of a stream that were sent
        self.began = False
        self.is_stream = False
        self.headers: Headers = {}  # that every answer has from now on

    async def whole(self, status: int, body: bytes, headers: Headers | None = None) -> None:
        """Send a whole answer."""
        sized = {"content-type": JSON_TYPE, "content-length": str(len(body)), **(headers or {})}
        await self._start(status, sized)
        await self._send({"type": "http.response.body", "body": body})

    async def stream(self, headers: Headers) -> None:
        """Begin a stream; proxies are told to pass it on as it comes."""
        self.is_stream = True
        await self._start(200, {"content-type": STREAM_TYPE, "x-accel-buffering": "no", **headers})

    async def say(self, part: bytes) -> None:
        """Send a part of a stream."""
        self._events += part.count(b"\ndata: ")
        await self._send({"type": "http.response.body", "body": part, "more_body": True})

    async def end(self) -> None:
        """End a stream."""
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, refusal: Refusal) -> None:
        """Say why there is no answer, or no more of it: then as the last event, without `[DONE]`."""
        if not self.began:
            await self.whole(refusal.status, self._manner.body(refusal), refusal.headers)
        elif self.is_stream:
            await self.say(self._manner.cut(refusal, self._events))
            await self.end()

    async def _start(self, status: int, headers: Headers) -> None:
        self.began = True
        listed = {**SAFETY, **self.headers, **headers}
        encoded = [(name.lower().encode(), value.encode()) for name, value in listed.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})


def headers_of(call: Call) -> Headers:
    """Return who answered, on which way."""
    target = call.target
    headers = {
        "x-auterity-model": _safe(call.answer.model or target.upstream.model),
        "x-auterity-provider": _safe(target.upstream.provider),
        "x-auterity-cache": call.trace.cache or LlmCall.Cache.MISS,
    }
    if call.answer.age_s is not None:
        headers["age"] = str(call.answer.age_s)
    if call.trace.similarity is not None:
        headers["x-auterity-similarity"] = f"{call.trace.similarity:.4f}"
    if call.plan.route:
        headers["x-auterity-route"] = f"{call.plan.route}@{call.plan.version}"
    if call.trace.verdict is not None:
        headers["x-auterity-verdict"] = str(call.trace.verdict.mark)
    if len(call.trace.attempts) > 1:
        headers["x-auterity-attempts"] = str(len(call.trace.attempts))
    return headers


def cost_of(call: Call) -> Headers:
    """Return what a call cost that is over, where that is known."""
    cost = call.entry.cost_usd
    return {} if cost is None else {"x-auterity-cost-usd": _plain(cost)}


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _safe(text: str) -> str:
    """Return a text that can stand in a header: what a provider says must not end it."""
    return UNSAFE.sub("?", text)[:200]

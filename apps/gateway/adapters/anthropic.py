"""Anthropic's Messages, asked in their own protocol: bytes are passed on as they come."""

from contextlib import AbstractAsyncContextManager

from apps.common.types import JSONDict
from apps.egress import client
from apps.gateway.adapters import wire
from apps.gateway.asks import Ask
from apps.gateway.calls import TRANSLATED, Upstream
from apps.gateway.exceptions import NotAnAnswer, NoUsableTarget
from apps.gateway.models import Endpoint
from apps.gateway.protocols.heard import MessagesEvents, counted
from apps.gateway.upstreams.answers import Answer, StreamedAnswer

PATHS = {Endpoint.MESSAGES: "/v1/messages", Endpoint.COUNT: "/v1/messages/count_tokens"}
VERSION = "2023-06-01"  # where the asker names none
# What a whole answer holds, without which it is none.
HOLDS = {Endpoint.MESSAGES: ("content", list), Endpoint.COUNT: ("input_tokens", int)}


def opened(ask: Ask, upstream: Upstream) -> AbstractAsyncContextManager[Answer]:
    """Ask the upstream; its answer can be read while the block lasts. Raises GatewayError."""
    if not upstream.key:
        raise NoUsableTarget(f"{upstream.provider} cannot be called without a key of its own.")
    letter = wire.Letter(
        _address(ask, upstream), _headers(ask, upstream), _body(ask, upstream), ask.streams
    )

    async def understood(raw: client.EgressStream) -> Answer:
        return await _answer(ask, upstream, raw)

    return wire.posted(letter, upstream, understood)


async def _answer(ask: Ask, upstream: Upstream, raw: client.EgressStream) -> Answer:
    if ask.streams:
        if not wire.is_stream(raw):
            raise NotAnAnswer(f"{upstream.provider} sent no stream, though one was asked for.")
        read = wire.reader(raw, upstream)
        return StreamedAnswer(upstream, read, shows_usage=True, events=MessagesEvents())
    body = await wire.whole(raw)
    told = wire.told_in(body, upstream)
    name, kind = HOLDS[Endpoint(ask.endpoint)]
    if not isinstance(told.get(name), kind):
        raise NotAnAnswer(f"{upstream.provider} sent JSON that holds no {name}.")
    usage = counted(told.get("usage") or {"input_tokens": 0, "output_tokens": 0})
    return Answer(upstream, body, {"model": told.get("model"), "usage": usage})


def _address(ask: Ask, upstream: Upstream) -> str:
    address = upstream.base_url or TRANSLATED["anthropic"]
    return address.rstrip("/").removesuffix("/v1") + PATHS[Endpoint(ask.endpoint)]


def _headers(ask: Ask, upstream: Upstream) -> dict[str, str]:
    headers = wire.headers_for(streams=ask.streams)
    return headers | {"anthropic-version": VERSION, **ask.headers, "x-api-key": upstream.key}


def _body(ask: Ask, upstream: Upstream) -> JSONDict:
    """Return the body to send; what the route sets wins, and its null leaves a parameter out."""
    body = {**ask.body, "model": upstream.model}
    if ask.endpoint == Endpoint.MESSAGES:
        body |= upstream.params
    return {name: value for name, value in body.items() if upstream.params.get(name, 0) is not None}

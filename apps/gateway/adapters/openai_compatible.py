"""Any address that speaks OpenAI's protocol: the fast path, straight over egress.

Bytes are passed on as they come. What is asked is the asker's body, with the model of the target;
of a stream the usage is always asked for, whoever wants to see it.
"""

import json
from contextlib import AbstractAsyncContextManager

from apps.common.types import JSON, JSONDict
from apps.egress import client
from apps.gateway.adapters import embeddings, shapes, wire
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import NotAnAnswer
from apps.gateway.models import Endpoint
from apps.gateway.protocols.heard import ResponsesEvents
from apps.gateway.upstreams.answers import Answer, StreamedAnswer

PATHS = {
    Endpoint.CHAT: "/chat/completions",
    Endpoint.EMBEDDINGS: "/embeddings",
    Endpoint.RESPONSES: "/responses",
    Endpoint.RERANK: "/rerank",
    Endpoint.MODERATIONS: "/moderations",
}
# What a whole answer holds a list of, without which it is none.
HOLDS = {
    Endpoint.CHAT: "choices",
    Endpoint.RESPONSES: "output",
    Endpoint.RERANK: "results",
    Endpoint.MODERATIONS: "results",
}
# OpenAI's newer models refuse the old name of the limit, other servers know no other.
NEW_LIMIT_HOSTS = ("api.openai.com",)


def opened(ask: Ask, upstream: Upstream) -> AbstractAsyncContextManager[Answer]:
    """Ask the upstream; its answer can be read while the block lasts. Raises GatewayError."""
    letter = wire.Letter(
        upstream.base_url.rstrip("/") + PATHS[Endpoint(ask.endpoint)],
        _headers(ask, upstream),
        body_of(ask, upstream),
        streams=ask.streams,
    )

    async def understood(raw: client.EgressStream) -> Answer:
        return await _answer(ask, upstream, raw)

    return wire.posted(letter, upstream, understood)


async def _answer(ask: Ask, upstream: Upstream, raw: client.EgressStream) -> Answer:
    if ask.streams and wire.is_stream(raw):
        return streamed(ask, upstream, raw)
    body = await wire.whole(raw)
    if ask.endpoint == Endpoint.EMBEDDINGS:
        return embeddings.answer_of(ask, upstream, body)
    told = _checked(wire.told_in(body, upstream), ask, upstream)
    if not ask.streams:
        return Answer(upstream, body, {**told, "usage": _usage(told, ask)})
    if ask.endpoint != Endpoint.CHAT:
        raise NotAnAnswer(f"{upstream.provider} sent no stream, though one was asked for.")
    return shapes.as_stream(told, ask, upstream)  # asked for a stream, it sent the whole at once


def _usage(told: JSONDict, ask: Ask) -> JSON:
    """Return what an answer tells of its tokens; of ranks only their sum is told."""
    usage = told.get("usage")
    if ask.endpoint == Endpoint.RERANK and isinstance(usage, dict):
        return {"prompt_tokens": usage.get("total_tokens"), **usage}
    return usage


def streamed(ask: Ask, upstream: Upstream, raw: client.EgressStream) -> StreamedAnswer:
    """Return the answer that a stream of bytes is."""
    events = ResponsesEvents() if ask.endpoint == Endpoint.RESPONSES else None
    read = wire.reader(raw, upstream)
    return StreamedAnswer(upstream, read, shows_usage=ask.wants_usage, events=events)


def _headers(ask: Ask, upstream: Upstream) -> dict[str, str]:
    headers = wire.headers_for(streams=ask.streams)
    if upstream.key:
        headers["Authorization"] = f"Bearer {upstream.key}"
    if ask.idempotency_key:
        headers["Idempotency-Key"] = ask.idempotency_key
    return headers


def body_of(ask: Ask, upstream: Upstream) -> JSONDict:
    """Return the body to send; what the route sets wins, and its null leaves a parameter out."""
    body: JSONDict = {**ask.body, "model": upstream.model}
    if "max_tokens" in body and (name := limit_name(upstream)) != "max_tokens":
        body.setdefault(name, body.pop("max_tokens"))
    for name, value in upstream.params.items():
        body[name] = value
        if value is None:
            del body[name]
    body.pop("stream", None)
    if ask.streams:
        body["stream"] = True
    if ask.endpoint == Endpoint.CHAT:
        _finish_chat(body, ask, upstream)
    return body


def _finish_chat(body: JSONDict, ask: Ask, upstream: Upstream) -> None:
    asked = body.pop("stream_options", None)
    if ask.streams:
        options = asked if isinstance(asked, dict) else {}
        body["stream_options"] = {**options, "include_usage": True}
    if ask.schema is not None and "json_schema" not in upstream.capabilities:
        _want_json(body, ask, upstream)


def limit_name(upstream: Upstream) -> str:
    """Return what the upstream calls the limit of an answer's tokens."""
    new = any(host in upstream.base_url for host in NEW_LIMIT_HOSTS)
    return "max_completion_tokens" if new else "max_tokens"


def _want_json(body: JSONDict, ask: Ask, upstream: Upstream) -> None:
    """Ask for JSON in the best way that a provider without schemas understands."""
    wish = f"Answer with JSON alone, fitting this JSON Schema:\n{json.dumps(ask.schema)}"
    body["messages"] = [{"role": "system", "content": wish}, *ask.messages]
    body["response_format"] = {"type": "json_object"}
    if "json_object" not in upstream.capabilities:
        del body["response_format"]


def _checked(told: JSONDict, ask: Ask, upstream: Upstream) -> JSONDict:
    """Return a whole answer. Raises NotAnAnswer for what is none."""
    held = HOLDS[Endpoint(ask.endpoint)]
    parts = told.get(held)
    is_list = isinstance(parts, list) and all(isinstance(each, dict) for each in parts)
    if is_list and (parts or ask.endpoint != Endpoint.CHAT):
        return told
    raise NotAnAnswer(f"{upstream.provider} sent JSON that holds no {held}.")

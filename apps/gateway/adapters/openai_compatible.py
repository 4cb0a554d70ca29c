"""Any address that speaks OpenAI's protocol: the fast path, straight over egress.

Bytes are passed on as they come. What is asked is the asker's body, with the model of the target;
of a stream the usage is always asked for, whoever wants to see it.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from apps.common.types import JSONDict
from apps.egress import client
from apps.egress.exceptions import EgressError
from apps.gateway import failures
from apps.gateway.adapters import embeddings, shapes
from apps.gateway.answers import Answer, StreamedAnswer
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.events import parsed
from apps.gateway.exceptions import GatewayError, NotAnAnswer, ProviderFailed
from apps.gateway.models import Endpoint

MAX_ANSWER = 32 << 20
MAX_ERROR = 64 << 10
PATHS = {Endpoint.CHAT: "/chat/completions", Endpoint.EMBEDDINGS: "/embeddings"}
# OpenAI's newer models refuse the old name of the limit, other servers know no other.
NEW_LIMIT_HOSTS = ("api.openai.com",)


@asynccontextmanager
async def opened(ask: Ask, upstream: Upstream) -> AsyncIterator[Answer]:
    """Ask the upstream; its answer can be read while the block lasts. Raises GatewayError."""
    heard = False
    try:
        async with client.stream(
            "POST",
            upstream.base_url.rstrip("/") + PATHS[Endpoint(ask.endpoint)],
            headers=_headers(ask, upstream),
            content=json.dumps(body_of(ask, upstream)).encode(),
            timeout_s=upstream.patience.total_s,
            max_bytes=MAX_ANSWER,
            follow_redirects=False,  # a key is bound to one origin
        ) as raw:
            if raw.status != HTTPStatus.OK:
                raise await _refused(raw, upstream)
            answer = await _answer(ask, upstream, raw)
            heard = True
            yield answer
    except EgressError as error:
        raise failures.of_egress(error, upstream, heard=heard) from error


async def _refused(raw: client.EgressStream, upstream: Upstream) -> GatewayError:
    text = (await _read(raw, MAX_ERROR)).decode(errors="replace")
    wait = raw.headers.get("retry-after", "")
    return failures.of_status(raw.status, text, upstream, retry_after=wait)


async def _answer(ask: Ask, upstream: Upstream, raw: client.EgressStream) -> Answer:
    if not ask.streams:
        return _whole(ask, upstream, await _read(raw, MAX_ANSWER))
    if "text/event-stream" in raw.headers.get("content-type", ""):
        return streamed(ask, upstream, raw)
    # Asked for a stream, it sent the whole at once.
    told = _parsed(await _read(raw, MAX_ANSWER), upstream)
    return shapes.as_stream(_checked(told, upstream), ask, upstream)


def streamed(ask: Ask, upstream: Upstream, raw: client.EgressStream) -> StreamedAnswer:
    """Return the answer that a stream of bytes is."""
    chunks = raw.chunks()

    async def read() -> bytes:
        try:
            return await anext(chunks, b"")
        except EgressError as error:
            raise failures.of_egress(error, upstream, heard=True) from error

    return StreamedAnswer(upstream, read, shows_usage=ask.wants_usage)


def _whole(ask: Ask, upstream: Upstream, body: bytes) -> Answer:
    if ask.endpoint == Endpoint.EMBEDDINGS:
        return embeddings.answer_of(ask, upstream, body)
    return Answer(upstream, body, _checked(_parsed(body, upstream), upstream))


def _headers(ask: Ask, upstream: Upstream) -> dict[str, str]:
    headers = {
        "Accept": "text/event-stream" if ask.streams else "application/json",
        "Accept-Encoding": "identity",  # what is passed on as it comes must not need unpacking
        "Content-Type": "application/json",
    }
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
    body.pop("stream_options", None)
    body.pop("stream", None)
    if ask.streams:
        asked = ask.body.get("stream_options")
        options = asked if isinstance(asked, dict) else {}
        body["stream"] = True
        body["stream_options"] = {**options, "include_usage": True}
    if ask.schema is not None and "json_schema" not in upstream.capabilities:
        _want_json(body, ask, upstream)
    return body


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


async def _read(raw: client.EgressStream, limit: int) -> bytes:
    parts, size = [], 0
    async for chunk in raw.chunks():
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    return b"".join(parts)[:limit]


def _parsed(body: bytes, upstream: Upstream) -> JSONDict:
    try:
        return parsed(body)
    except ValueError:
        said = failures.quoted(body[:1000].decode(errors="replace"), upstream)
        raise NotAnAnswer(f"{upstream.provider} sent something that is not JSON{said}") from None


def _checked(told: JSONDict, upstream: Upstream) -> JSONDict:
    """Return a whole completion. Raises ProviderFailed, NotAnAnswer for what is none."""
    if told.get("error"):
        said = failures.quoted(failures.message_in(told), upstream)
        raise ProviderFailed(f"{upstream.provider} reported an error{said}")
    choices = told.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise NotAnAnswer(f"{upstream.provider} sent JSON that is not a completion.")
    return told

"""Any address that speaks OpenAI's chat completions: the fast path, straight over egress.

The answer is always streamed, whoever asks: only so is a stalled upstream found in seconds.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.egress import client
from apps.egress.exceptions import EgressError
from apps.gateway.adapters import errors
from apps.gateway.calls import CompletionRequest, Listener, Reply, Upstream, estimated_tokens
from apps.gateway.exceptions import AnswerCut, NotAnAnswer, ProviderFailed, ProviderRejected

MAX_ANSWER = 32 << 20
MAX_ERROR = 64 << 10
LINGER_S = 0.2
MAX_TOKENS = 2**31 - 1
# OpenAI's newer models refuse the old name of the limit, other servers know no other.
NEW_LIMIT_HOSTS = ("api.openai.com",)


@dataclass
class _Heard:
    """What has come in so far."""

    parts: list[str] = field(default_factory=list)
    refusal: str = ""
    model: str = ""
    finish: str = ""
    usage: JSONDict | None = None
    done: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)


async def call(request: CompletionRequest, upstream: Upstream, listener: Listener) -> Reply:
    """Ask the upstream and pass its words on as they come. Raises GatewayError."""
    heard = _Heard()
    try:
        async with asyncio.timeout(upstream.patience.first_token_s) as patience:
            await _converse(request, upstream, listener, heard, patience)
    except TimeoutError as error:
        if not heard.done:
            raise errors.late(upstream, heard=listener.has_heard) from error
    except EgressError as error:
        if not heard.done:
            raise errors.of_egress(error, upstream, heard=listener.has_heard) from error
    return _reply(request, upstream, heard)


async def _converse(
    request: CompletionRequest,
    upstream: Upstream,
    listener: Listener,
    heard: _Heard,
    patience: asyncio.Timeout,
) -> None:
    async with client.stream(
        "POST",
        f"{upstream.base_url.rstrip('/')}/chat/completions",
        headers=_headers(request, upstream),
        json=body_of(request, upstream),
        timeout_s=upstream.patience.total_s,
        max_bytes=MAX_ANSWER,
        follow_redirects=False,  # a key is bound to one origin
    ) as answer:
        if answer.status != HTTPStatus.OK:
            raise errors.of_status(
                answer.status, await _text(answer, MAX_ERROR), upstream,
                retry_after=answer.headers.get("retry-after", ""),
            )  # fmt: skip
        if "text/event-stream" not in answer.headers.get("content-type", ""):
            _take_whole(_parsed(await _text(answer, MAX_ANSWER), upstream), upstream, heard)
            listener.hear(heard.text)
            return
        now = asyncio.get_running_loop().time
        async for data in _data_of(answer):
            if data == "[DONE]":
                # Whoever reads to the end can use the connection again; nobody waits long for it.
                heard.done = True
                patience.reschedule(now() + LINGER_S)
            elif not heard.done and _take(_parsed(data, upstream), upstream, heard, listener):
                patience.reschedule(now() + upstream.patience.between_s)


def _headers(request: CompletionRequest, upstream: Upstream) -> dict[str, str]:
    headers = {"Accept": "text/event-stream"}
    if upstream.key:
        headers["Authorization"] = f"Bearer {upstream.key}"
    if request.idempotency_key:
        headers["Idempotency-Key"] = request.idempotency_key
    return headers


def body_of(request: CompletionRequest, upstream: Upstream) -> JSONDict:
    """Return the body to send; a parameter that the route sets to null is left out."""
    asked = {"temperature": request.temperature, limit_name(upstream): request.max_tokens}
    optional = {**asked, **upstream.params}
    body: JSONDict = {
        "model": upstream.model,
        "messages": request.messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        **{name: value for name, value in optional.items() if value is not None},
    }
    return body if request.json_schema is None else body | _wanting_json(request, upstream)


def limit_name(upstream: Upstream) -> str:
    """Return what the upstream calls the limit of an answer's tokens."""
    new = any(host in upstream.base_url for host in NEW_LIMIT_HOSTS)
    return "max_completion_tokens" if new else "max_tokens"


def _wanting_json(request: CompletionRequest, upstream: Upstream) -> JSONDict:
    """Ask for JSON in the best way that the provider is known to understand."""
    if "json_schema" in upstream.capabilities:
        named = {"name": "answer", "schema": request.json_schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    wish = f"Answer with JSON alone, fitting this JSON Schema:\n{json.dumps(request.json_schema)}"
    changed: JSONDict = {"messages": [{"role": "system", "content": wish}, *request.messages]}
    if "json_object" in upstream.capabilities:
        changed["response_format"] = {"type": "json_object"}
    return changed


async def _text(answer: client.EgressStream, limit: int) -> str:
    parts, size = [], 0
    async for chunk in answer.chunks():
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    return b"".join(parts)[:limit].decode(errors="replace")


async def _data_of(answer: client.EgressStream) -> AsyncIterator[str]:
    async for line in answer.lines():
        name, _, data = line.partition(":")
        if name == "data":
            yield data.strip()


def _parsed(text: str, upstream: Upstream) -> JSONDict:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAnAnswer(
            f"{upstream.provider} sent something that is not JSON{errors.quoted(text, upstream)}"
        ) from error
    if not isinstance(value, dict):
        raise NotAnAnswer(f"{upstream.provider} sent JSON that is not a completion.")
    return value


def _take_whole(data: JSONDict, upstream: Upstream, heard: _Heard) -> None:
    """Take an answer that came in one piece, though a stream was asked for."""
    _take_frame(data, upstream, heard, listener=None)
    choice = _choice(data)
    if choice is None:
        raise NotAnAnswer(f"{upstream.provider} sent JSON that is not a completion.")
    _take_words(choice.get("message"), heard)
    heard.done = True


def _take(event: JSONDict, upstream: Upstream, heard: _Heard, listener: Listener) -> bool:
    """Take one event of a stream; tell whether the model moved on."""
    _take_frame(event, upstream, heard, listener)
    choice = _choice(event)
    if choice is None:
        return False
    delta = choice.get("delta")
    listener.hear(_take_words(delta, heard))
    return bool(delta)


def _take_frame(
    data: JSONDict, upstream: Upstream, heard: _Heard, listener: Listener | None
) -> None:
    if data.get("error"):
        said = errors.quoted(errors.message_in(data), upstream)
        broken = listener is not None and listener.has_heard
        kind = AnswerCut if broken else ProviderFailed
        raise kind(f"{upstream.provider} reported an error{said}")
    if isinstance(data.get("model"), str):
        heard.model = data["model"][:200]
    if isinstance(data.get("usage"), dict):
        heard.usage = data["usage"]
    choice = _choice(data)
    if choice is not None and isinstance(choice.get("finish_reason"), str):
        heard.finish = choice["finish_reason"]


def _take_words(message: JSON, heard: _Heard) -> str:
    if not isinstance(message, dict):
        return ""
    if isinstance(message.get("refusal"), str):
        heard.refusal += message["refusal"]
    text = message.get("content")
    if not isinstance(text, str):
        return ""
    heard.parts.append(text)
    return text


def _choice(data: JSONDict) -> JSONDict | None:
    choices = data.get("choices")
    first: Any = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else None


def _reply(request: CompletionRequest, upstream: Upstream, heard: _Heard) -> Reply:
    if not heard.done and not heard.finish:
        raise AnswerCut(f"{upstream.provider} ended its answer before it was complete.")
    if heard.refusal and not heard.text:
        said = errors.quoted(heard.refusal, upstream)
        raise ProviderRejected(f"The model {upstream.model} refused{said}")
    if not heard.text and heard.finish == "length":
        raise ProviderRejected(
            f"The model {upstream.model} used up its tokens before the first word. Allow it more."
        )
    if not heard.text and heard.finish == "tool_calls":
        raise NotAnAnswer(f"The model {upstream.model} asked for a tool, but none was offered.")
    counts = _counts(heard.usage or {})
    guess = estimated_tokens(json.dumps(request.messages)), estimated_tokens(heard.text)
    used = counts or guess
    model = heard.model or upstream.model
    return Reply(heard.text, model, used[0], used[1], estimated=counts is None)


def _counts(usage: JSONDict) -> tuple[int, int] | None:
    asked, said = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(asked, int) or not isinstance(said, int) or min(asked, said) < 0:
        return None
    return min(asked, MAX_TOKENS), min(said, MAX_TOKENS)

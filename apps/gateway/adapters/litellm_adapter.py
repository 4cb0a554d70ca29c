"""Providers with a dialect of their own, translated by litellm; the only module that imports it.

litellm opens its own connections unless it is handed a client. What is offered here are the
providers whose calls were seen to go through ours (`tests/gateway/adapters/test_litellm.py` shows it for
each): a provider that signs with an SDK, such as Bedrock or Vertex, would bypass the egress
client and is refused. The import costs seconds and 180 MB, so it happens at the first call.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from apps.common.types import JSONDict
from apps.egress.exceptions import EgressError
from apps.gateway.asks import Ask
from apps.gateway.calls import TRANSLATED, Upstream
from apps.gateway.exceptions import GatewayError, NotAnAnswer, NotOffered, NoUsableTarget
from apps.gateway.models import Endpoint
from apps.gateway.upstreams import failures
from apps.gateway.upstreams.answers import Answer, StreamedAnswer
from apps.gateway.upstreams.events import event_of

# What litellm knows to translate, or to leave out where a provider has nothing like it.
TRANSLATABLE = frozenset(
    {
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "n", "seed", "user",
        "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "tools",
        "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort",
    }
)  # fmt: skip

if TYPE_CHECKING:
    from apps.gateway.adapters.transport import EgressTransport


@asynccontextmanager
async def opened(ask: Ask, upstream: Upstream) -> AsyncIterator[Answer]:
    """Ask the upstream through litellm over our own connections. Raises GatewayError."""
    if upstream.litellm_provider not in TRANSLATED or not upstream.key:
        # without a key litellm would look for the operator's in the environment
        raise NoUsableTarget(f"{upstream.provider} cannot be called without a key of its own.")
    if ask.endpoint != Endpoint.CHAT:
        raise NotOffered(f"{upstream.provider} is asked for chats only.")
    litellm = await asyncio.to_thread(library)
    from apps.gateway.adapters.transport import EgressTransport  # noqa: PLC0415 - needs httpx

    transport = EgressTransport(upstream.patience.total_s)
    async with transport:
        yield await _asked(litellm, ask, upstream, transport)


async def _asked(
    library: Any, ask: Ask, upstream: Upstream, transport: "EgressTransport"
) -> Answer:
    handler = library.llms.custom_httpx.http_handler.AsyncHTTPHandler(
        transport=transport, follow_redirects=False
    )
    patience = upstream.patience
    try:
        async with asyncio.timeout(patience.first_token_s if ask.streams else patience.total_s):
            answer = await library.acompletion(
                **_arguments(ask, upstream), client=handler, max_retries=0, num_retries=0
            )
    except Exception as error:  # noqa: BLE001 - it raises whatever its providers' code raises
        raise _translated(error, transport, upstream, heard=False) from None
    if ask.streams:
        return _streamed(answer, ask, upstream, transport)
    told = _plain(answer)
    return Answer(upstream, _json(told), told)


def _streamed(
    chunks: Any, ask: Ask, upstream: Upstream, transport: "EgressTransport"
) -> StreamedAnswer:
    async def read() -> bytes:
        try:
            chunk = await anext(chunks, None)
        except Exception as error:  # noqa: BLE001 - the same
            raise _translated(error, transport, upstream, heard=answer.has_spoken) from None
        return event_of(_plain(chunk)) if chunk is not None else b""

    answer = StreamedAnswer(upstream, read, shows_usage=ask.wants_usage)
    return answer


def _plain(told: Any) -> JSONDict:
    """Return one of litellm's objects in OpenAI's form, without what litellm adds."""
    plain: JSONDict = told.model_dump(mode="json", exclude_none=True)
    for name in ("citations", "provider_specific_fields", "system_fingerprint"):
        plain.pop(name, None)
    for choice in plain.get("choices", ()):
        for part in (choice, choice.get("delta"), choice.get("message")):
            if isinstance(part, dict):
                part.pop("provider_specific_fields", None)
    return plain


def _json(told: JSONDict) -> bytes:
    return event_of(told).removeprefix(b"data: ").rstrip()


def _arguments(ask: Ask, upstream: Upstream) -> JSONDict:
    asked = {name: value for name, value in ask.body.items() if name in TRANSLATABLE}
    optional = {**asked, **upstream.params}
    arguments: JSONDict = {
        "model": f"{upstream.litellm_provider}/{upstream.model}",
        "messages": ask.messages,
        "api_key": upstream.key,
        "api_base": upstream.base_url or TRANSLATED[upstream.litellm_provider],
        "drop_params": True,
        **{name: value for name, value in optional.items() if value is not None},
    }
    if ask.streams:
        arguments |= {"stream": True, "stream_options": {"include_usage": True}}
    if ask.idempotency_key:
        arguments["extra_headers"] = {"Idempotency-Key": ask.idempotency_key}
    return arguments


def _translated(
    error: Exception, transport: "EgressTransport", upstream: Upstream, *, heard: bool
) -> GatewayError:
    if isinstance(error, TimeoutError):
        return failures.late(upstream, heard=heard)
    failure = transport.failure or (error if isinstance(error, EgressError) else None)
    if failure is not None:
        return failures.of_egress(failure, upstream, heard=heard)
    if transport.refusal is not None:
        status, body, wait = transport.refusal
        return failures.of_status(status, body, upstream, retry_after=wait)
    return NotAnAnswer(f"{upstream.provider} sent an answer that could not be translated.")


def library() -> Any:
    """Import litellm, without its look at the network for prices."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # it would read a .env file otherwise
    import litellm  # noqa: PLC0415 - seconds and 180 MB, only for those who need it
    import litellm.llms.custom_httpx.http_handler  # noqa: PLC0415

    logging.getLogger("LiteLLM").setLevel(logging.WARNING)
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm

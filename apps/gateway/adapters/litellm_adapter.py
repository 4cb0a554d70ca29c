"""Providers with a dialect of their own, translated by litellm; the only module that imports it.

litellm opens its own connections unless it is handed a client. What is offered here are the
providers whose calls were seen to go through ours (`tests/gateway/test_litellm.py` shows it for
each): a provider that signs with an SDK, such as Bedrock or Vertex, would bypass the egress
client and is refused. The import costs seconds and 180 MB, so it happens at the first call.
"""

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any

from apps.common.types import JSONDict
from apps.egress.exceptions import EgressError
from apps.gateway.adapters import errors
from apps.gateway.calls import CompletionRequest, Listener, Reply, Upstream, estimated_tokens
from apps.gateway.exceptions import GatewayError, NotAnAnswer, NoUsableTarget

# litellm's name of the provider -> where it is unless the workspace says otherwise
TRANSLATED = {
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
}
MAX_ANSWER = 32 << 20

if TYPE_CHECKING:
    from apps.gateway.adapters.transport import EgressTransport


async def call(request: CompletionRequest, upstream: Upstream, listener: Listener) -> Reply:
    """Ask the upstream through litellm over our own connections. Raises GatewayError."""
    if upstream.litellm_provider not in TRANSLATED or not upstream.key:
        # without a key litellm would look for the operator's in the environment
        raise NoUsableTarget(f"{upstream.provider} cannot be called without a key of its own.")
    library = await asyncio.to_thread(_litellm)
    from apps.gateway.adapters.transport import EgressTransport  # noqa: PLC0415 - needs httpx

    transport = EgressTransport(upstream.patience.total_s)
    try:
        async with asyncio.timeout(upstream.patience.first_token_s) as patience, transport:
            return await _converse(library, request, upstream, listener, transport, patience)
    except TimeoutError as error:
        raise errors.late(upstream, heard=listener.has_heard) from error
    except EgressError as error:
        raise errors.of_egress(error, upstream, heard=listener.has_heard) from error
    except Exception as error:  # noqa: BLE001 - it raises whatever its providers' code raises
        raise _translated(error, transport, upstream, listener) from None


async def _converse(
    library: Any,
    request: CompletionRequest,
    upstream: Upstream,
    listener: Listener,
    transport: "EgressTransport",
    patience: asyncio.Timeout,
) -> Reply:
    handler = library.llms.custom_httpx.http_handler.AsyncHTTPHandler(
        transport=transport, follow_redirects=False
    )
    stream = await library.acompletion(
        **_arguments(request, upstream), client=handler, max_retries=0, num_retries=0
    )
    parts: list[str] = []
    usage: Any = None
    async for chunk in stream:
        patience.reschedule(asyncio.get_running_loop().time() + upstream.patience.between_s)
        usage = getattr(chunk, "usage", None) or usage
        text = chunk.choices[0].delta.content if chunk.choices else None
        if text:
            parts.append(text)
            listener.hear(text)
    return _reply(request, upstream, "".join(parts), usage)


def _arguments(request: CompletionRequest, upstream: Upstream) -> JSONDict:
    optional = {
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        **upstream.params,
    }
    arguments: JSONDict = {
        "model": f"{upstream.litellm_provider}/{upstream.model}",
        "messages": request.messages,
        "api_key": upstream.key,
        "api_base": upstream.base_url or TRANSLATED[upstream.litellm_provider],
        "stream": True,
        "stream_options": {"include_usage": True},
        "drop_params": True,
        **{name: value for name, value in optional.items() if value is not None},
    }
    if request.idempotency_key:
        arguments["extra_headers"] = {"Idempotency-Key": request.idempotency_key}
    if request.json_schema is not None:
        named = {"name": "answer", "schema": request.json_schema}
        arguments["response_format"] = {"type": "json_schema", "json_schema": named}
    return arguments


def _reply(request: CompletionRequest, upstream: Upstream, text: str, usage: Any) -> Reply:
    asked, said = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    if isinstance(asked, int) and isinstance(said, int) and asked > 0:
        return Reply(text, upstream.model, asked, said)
    asked, said = estimated_tokens(str(request.messages)), estimated_tokens(text)
    return Reply(text, upstream.model, asked, said, estimated=True)


def _translated(
    error: Exception, transport: "EgressTransport", upstream: Upstream, listener: Listener
) -> GatewayError:
    if transport.failure is not None:
        return errors.of_egress(transport.failure, upstream, heard=listener.has_heard)
    if transport.refusal is not None:
        status, body, wait = transport.refusal
        return errors.of_status(status, body, upstream, retry_after=wait)
    return NotAnAnswer(f"{upstream.provider} sent an answer that could not be translated.")


def _litellm() -> Any:
    """Import litellm, without its look at the network for prices."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # it would read a .env file otherwise
    import litellm  # noqa: PLC0415 - seconds and 180 MB, only for those who need it
    import litellm.llms.custom_httpx.http_handler  # noqa: PLC0415

    logging.getLogger("LiteLLM").setLevel(logging.WARNING)
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm

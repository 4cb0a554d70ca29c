"""`/v1/`: the protocols of models over HTTP, beside Django and without its middleware.

A call that is known meets no database, no thread and no log line on its way; it holds nothing but
its two connections while a model thinks. Whoever leaves ends the call, which is written down all
the same.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from apps.common.bodies import App, Receive, Send
from apps.common.errors import DomainError, Forbidden
from apps.gateway.v1.access import access_of
from apps.gateway.v1.chat import chat_completions
from apps.gateway.v1.embeddings import embeddings
from apps.gateway.v1.manners import MANNERS, Manner, manner_of
from apps.gateway.v1.messages import count_tokens, messages
from apps.gateway.v1.models import PREFIX, model, models
from apps.gateway.v1.moderations import moderations
from apps.gateway.v1.refusals import Refusal, refusal_of
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Gone, Request, key_in
from apps.gateway.v1.rerank import rerank
from apps.gateway.v1.responses import responses
from apps.tenants.asgi import Headers, headers_of, tenant_scope

logger = logging.getLogger(__name__)

Handler = Callable[[Request, Reply], Awaitable[None]]
HANDLERS: dict[tuple[str, str], Handler] = {
    ("POST", "/v1/chat/completions"): chat_completions,
    ("POST", "/v1/embeddings"): embeddings,
    ("POST", "/v1/responses"): responses,
    ("POST", "/v1/messages"): messages,
    ("POST", "/v1/messages/count_tokens"): count_tokens,
    ("POST", "/v1/rerank"): rerank,
    ("POST", "/v1/moderations"): moderations,
    ("GET", "/v1/models"): models,
}
BUG = Refusal(500, "Something went wrong here. It is not your request.", "server_error", "internal")


async def _serve(manner: Manner, scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer one request, in the scope of its workspace."""
    reply = Reply(send, manner)
    reply.headers |= manner.headers()
    try:
        await _answer(scope, receive, reply)
    except Gone:
        return
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            logger.exception("A call over /v1 failed")
        await reply.refuse(refusal or BUG)


async def _answer(scope: dict[str, Any], receive: Receive, reply: Reply) -> None:
    headers = headers_of(scope)
    access = await access_of(key_in(headers))
    if not access.may_call:
        raise Forbidden("The role of this key does not allow asking models.")
    handler = _handler(scope["method"], scope["path"])
    if isinstance(handler, Refusal):
        await reply.refuse(handler)
        return
    request = Request(scope["method"], scope["path"], headers, receive, access)
    await handler(request, reply)


def _handler(method: str, path: str) -> Handler | Refusal:
    path = path.rstrip("/")
    found = HANDLERS.get((method, path))
    if found is None and method == "GET" and path.startswith(PREFIX):
        found = model
    if found is not None:
        return found
    known = [verb for verb, each in HANDLERS if each == path]
    if known:
        headers = {"allow": ", ".join(known)}
        return Refusal(
            405, f"Use {known[0]} for {path}.", code="method_not_allowed", headers=headers
        )
    return Refusal(404, f"Invalid URL ({method} {path[:200]})", code="unknown_url")


async def _refuse(manner: Manner, send: Send, error: DomainError) -> None:
    """Tell why there is no workspace to serve."""
    refusal = refusal_of(error)
    assert refusal is not None
    await Reply(send, manner).refuse(refusal)


def _authorization(headers: Headers) -> str:
    return f"Bearer {key_in(headers)}"


def _scoped(manner: Manner) -> App:
    serve, refuse = partial(_serve, manner), partial(_refuse, manner)
    return tenant_scope(serve, authorization=_authorization, refuse=refuse)


_apps = {manner: _scoped(manner) for manner in MANNERS}


async def v1(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve a request in the manner of its endpoint, errors from the first on."""
    await _apps[manner_of(scope["path"])](scope, receive, send)

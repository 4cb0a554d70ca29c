"""HTTP of tenants that is served outside Django: the host's workspace, without the middleware.

What is mounted this way answers programs only. It reaches the database through `query()`, in the
scope that is entered here.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from apps.common.bodies import App, Receive, Send
from apps.common.errors import DomainError, Forbidden, NotFound
from apps.common.ids import uuid7
from apps.common.outages import outage_of
from apps.common.problems import PROBLEM_JSON
from apps.common.protection import is_encrypted
from apps.common.requests import RequestInfo, request_info, sender
from apps.tenants import hosts, turned_away
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.hosts import Destination
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

Headers = dict[str, str]
Refuse = Callable[[Send, DomainError], Awaitable[None]]


def _authorization(headers: Headers) -> str:
    return headers.get("authorization", "")


def tenant_scope(
    app: App,
    *,
    authorization: Callable[[Headers], str] = _authorization,
    refuse: Refuse | None = None,
) -> App:
    """Serve an app in the scope of its host's workspace; without one there is nothing here.

    On loopback a key chooses the workspace: `authorization` finds it in the headers. `refuse`
    sends an error that is no app's, as problem+json if nothing else is said.
    """

    async def served(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        try:
            _check_transport(scope)
            tenant = await _tenant(headers, authorization(headers))
        except DomainError as error:
            await (refuse or send_problem)(send, error)
            return
        info = _info(scope, headers)
        request_info.set(info)  # each request is a task of its own: nothing to reset
        with tenant_context(tenant):
            await app(scope, receive, _noted(scope, _stamped(send, info.id), tenant.slug))

    return served


class Mounts:
    """ASGI wrapper that hands what lies below some paths to apps of their own."""

    def __init__(self, app: App, mounts: dict[str, App]) -> None:
        self.app = app
        self.mounts = mounts

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = scope["path"]
        found = (app for prefix, app in self.mounts.items() if path.startswith(prefix))
        await next(found, self.app)(scope, receive, send)


def headers_of(scope: dict[str, Any]) -> Headers:
    """Return the headers by lower-case name; repeated ones are joined, as HTTP allows."""
    found: Headers = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


async def send_problem(send: Send, error: DomainError) -> None:
    """Answer with a domain error as problem+json."""
    body = json.dumps(error.problem()).encode()
    headers = {"content-type": PROBLEM_JSON, **error.headers}
    await send_answer(send, int(error.status), headers, body)


async def send_answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole answer."""
    listed = {**headers, "content-length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in listed.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _check_transport(scope: dict[str, Any]) -> None:
    """Refuse what came without TLS where that is required: it cannot be unsaid by a redirect."""
    if settings.SECURE_SSL_REDIRECT and not is_encrypted(scope):
        raise Forbidden("Call this address with https.")


async def _tenant(headers: Headers, authorization: str) -> Tenant:
    host = headers.get("host", "")
    found = hosts.remembered(host, authorization)
    if found is not None:
        return _served(found)
    try:
        return _served(await query(hosts.destination, host, authorization))
    except Exception as error:
        outage = outage_of(error)
        if outage is None:
            raise
        logger.warning("Not served, something is away: %s", str(error).strip())
        raise outage from error


def _served(found: Destination) -> Tenant:
    tenant = found.tenant
    if tenant is None or tenant.status != Tenant.Status.ACTIVE:
        raise NotFound
    return tenant


def _info(scope: dict[str, Any], headers: Headers) -> RequestInfo:
    peer = (scope.get("client") or ("",))[0]
    return RequestInfo(id=str(uuid7()), ip=sender(headers.get("x-forwarded-for", ""), peer))


def _noted(scope: dict[str, Any], send: Send, workspace: str) -> Send:
    """Have it in the log that a request was refused."""

    async def noted(message: Any) -> None:
        turned_away.note_start(scope, message, workspace)
        await send(message)

    return noted


def _stamped(send: Send, request_id: str) -> Send:
    async def stamped(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = [*message["headers"], (b"x-request-id", request_id.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return stamped

"""Websockets that belong to a tenant."""

import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlsplit

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from apps.common.ids import uuid7
from apps.common.outages import outage_of
from apps.common.requests import RequestInfo, request_info, sender
from apps.tenants.asgi import headers_of
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.hosts import Destination, Site, destination_of_socket, is_socket_host
from apps.tenants.keys import group_name
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
App = Callable[..., Any]


TRY_LATER = 1013  # pages open the socket again after a while
FOREIGN = 4403
NO_ORIGIN = ("", "null")  # what programs and pages without an address of their own send
MAX_TICKET = 200
Hear = Callable[[str, str], None]
_hears: list[Hear] = []


def on_foreign_origin(function: Hear) -> None:
    """Say who hears, in the workspace, of a socket that a foreign page wanted: its path and Origin."""
    _hears[:] = [function]


class TenantConsumer(AsyncJsonWebsocketConsumer):
    """A socket that reaches the database only through `query()`, in its own tenant.

    It closes when database or Redis are away: what a page missed it is told when it comes back.
    """

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle a message; an outage in the middle of that is no fault of ours."""
        try:
            await super().dispatch(message)
        except Exception as error:
            if outage_of(error) is None:
                raise
            logger.warning("A socket is closed, something is away: %s", str(error).strip())
            await self.close(code=TRY_LATER)

    @property
    def tenant(self) -> Tenant:
        """The workspace whose host the socket was opened on."""
        tenant: Tenant = self.scope["tenant"]  # type: ignore[typeddict-item]
        return tenant

    @property
    def user(self) -> AbstractBaseUser | AnonymousUser:
        """Who opened the socket."""
        user: AbstractBaseUser | AnonymousUser = self.scope["user"]  # type: ignore[assignment]
        return user

    async def query(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Set the tenant and run the function in one hop: nothing can come in between."""
        with tenant_context(self.tenant):
            return await query(function, *args, **kwargs)

    def group(self, name: str) -> str:
        """Return the channel group of this tenant for a name like `run.<id>`."""
        with tenant_context(self.tenant):
            return group_name(name)


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a socket at an address where there is none, as one of a workspace that is not there."""
    await _close(receive, send, 4404)


class TenantSockets:
    """ASGI wrapper of all sockets: same-origin check, then the tenant of the host.

    A missing or foreign Origin is refused before anything else is read (cross-site hijacking).
    Only a ticket (`?ticket=`) makes up for it: for a missing one, or on the host that sockets were
    moved to (`YJS_WEBSOCKET_URL`), to which no page belongs. Then cookies count for nothing.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = headers_of(scope)
        host, origin = headers.get("host", ""), headers.get("origin", "")
        ticket = ticket_of(scope)
        if not host or not _may_open(host, origin, ticket):
            await _close(receive, send, FOREIGN)
            await _tell(host, scope, origin)
            return
        if ticket:
            kept = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
            scope = {**scope, "headers": kept, "ticket": ticket}
        try:
            await self._serve(host, scope, receive, send)
        except Exception as error:
            # Once a socket is open its consumer says so itself: this came before that.
            if outage_of(error) is None:
                raise
            logger.warning("A socket is refused, something is away: %s", str(error).strip())
            await _close(receive, send, TRY_LATER)

    async def _serve(self, host: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        destination = await query(destination_of_socket, host, scope.get("ticket", ""))
        if not _served(destination):
            await _close(receive, send, 4404)
            return
        assert destination.tenant is not None
        request_info.set(_info(scope))
        with tenant_context(destination.tenant):
            await self.app({**scope, "tenant": destination.tenant}, receive, send)


async def _tell(host: str, scope: dict[str, Any], origin: str) -> None:
    """Have it written down where the host is a workspace's; it is refused whether that works or not."""
    try:
        destination = await query(destination_of_socket, host)
        if not _served(destination):
            return
        assert destination.tenant is not None
        request_info.set(_info(scope))
        with tenant_context(destination.tenant):
            for hear in _hears:
                await query(hear, scope["path"], origin)
    except Exception as error:
        if outage_of(error) is None:
            raise
        logger.warning("A refused socket is not in the trail: %s", str(error).strip())


def _info(scope: dict[str, Any]) -> RequestInfo:
    peer = (scope.get("client") or ("",))[0]
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return RequestInfo(id=str(uuid7()), ip=sender(forwarded, peer))


def ticket_of(scope: dict[str, Any]) -> str:
    """Return the ticket in a socket's address, without which programs are not let in."""
    query_string: str = scope.get("query_string", b"").decode("latin-1")
    return parse_qs(query_string).get("ticket", [""])[0][:MAX_TICKET]


def _may_open(host: str, origin: str, ticket: str) -> bool:
    if ticket and (origin in NO_ORIGIN or is_socket_host(host)):
        return True
    return _place_of(origin) == host.lower()


def _place_of(origin: str) -> str:
    """Return host and port of an Origin; empty for what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # such as an open bracket
        return ""


def _served(destination: Destination) -> bool:
    tenant = destination.tenant
    active = tenant is not None and tenant.status == Tenant.Status.ACTIVE
    return destination.site is Site.TENANT and active


async def _close(receive: Any, send: Any, code: int) -> None:
    """Accept, then close: before the handshake browsers would not be told the code."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})

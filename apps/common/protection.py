"""What protects browsers, and the people who sit at them, on every answer of the process.

The outermost wrapper of all: what is served beside Django's middleware has these headers too, and so
have static files, refusals of sockets and what nobody foresaw. An answer that says one of them
itself, such as a page with its nonces, keeps what it says.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from apps.common.bodies import App, Receive, Send
from apps.common.errors import ServerError
from apps.common.problems import PROBLEM_JSON

logger = logging.getLogger(__name__)

# Data that is opened as a page shows nothing, runs nothing and is framed by nobody.
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# A worker of the studio is one of our scripts, and lives by the policy that it is sent with.
STATIC_POLICY = POLICY.replace(
    "default-src 'none'", "default-src 'none'; script-src 'self'; connect-src 'self'"
)
UNUSED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{name}=()" for name in UNUSED),
    "cache-control": "no-store",  # what may be kept says so
}
Message = Mapping[str, Any]
BEGINNINGS = ("http.response.start", "websocket.http.response.start", "websocket.accept")
REFUSALS = "websocket.http.response"  # the server's way of answering a handshake by HTTP


class Protected:
    """ASGI wrapper that adds what an answer does not say itself, and answers where all else failed."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        began = False

        async def protected(message: Message) -> None:
            nonlocal began
            if message["type"] == "websocket.close" and not began and _answers(scope):
                await _refuse(scope, protected, 403, b"")
                return
            if message["type"] in BEGINNINGS:
                began = True
                message = {**message, "headers": _completed(message, scope)}
            await send(message)

        try:
            await self.app(scope, receive, protected)
        except Exception:
            if began or not (scope["type"] == "http" or _answers(scope)):
                raise
            logger.exception("An answer failed.")
            body = json.dumps(ServerError().problem()).encode()
            await _refuse(scope, protected, ServerError.status, body)


def is_encrypted(scope: Mapping[str, Any]) -> bool:
    """Tell whether a request came by TLS: to us, or to the proxy in front, which says so."""
    if scope.get("scheme") in ("https", "wss"):
        return True
    name, expected = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ("", "")
    wanted = name.removeprefix("HTTP_").replace("_", "-").lower().encode()
    return bool(name) and dict(scope["headers"]).get(wanted, b"").decode("latin-1") == expected


def _answers(scope: Mapping[str, Any]) -> bool:
    return scope["type"] == "websocket" and REFUSALS in scope.get("extensions", {})


def _completed(message: Message, scope: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those that it lacks."""
    said = list(message.get("headers", ()))
    known = {name.lower() for name, _ in said}
    lacking = ((name.encode(), value.encode()) for name, value in _wanted(scope).items())
    return [*said, *(pair for pair in lacking if pair[0] not in known)]


def _wanted(scope: Mapping[str, Any]) -> dict[str, str]:
    is_static = scope["path"].startswith(settings.STATIC_URL)
    wanted = {**ALWAYS, "content-security-policy": STATIC_POLICY if is_static else POLICY}
    if settings.SECURE_HSTS_SECONDS and is_encrypted(scope):
        wanted["strict-transport-security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    return wanted


async def _refuse(scope: Mapping[str, Any], send: Send, status: int, body: bytes) -> None:
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    headers = [(b"content-length", str(len(body)).encode())]
    headers += [(b"content-type", PROBLEM_JSON.encode())] if body else []
    await send({"type": f"{kind}.start", "status": int(status), "headers": headers})
    await send({"type": f"{kind}.body", "body": body})

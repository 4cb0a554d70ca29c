"""What is known of the request being served, wherever the code that asks may be."""

from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class RequestInfo:
    """Id and sender of one request; empty outside requests."""

    id: str = ""
    ip: str = ""


request_info: ContextVar[RequestInfo] = ContextVar("request_info", default=RequestInfo())


def client_ip(request: HttpRequest) -> str:
    """Return the sender's address, believing only as many proxies as the operator declared."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    return sender(request.headers.get("X-Forwarded-For", ""), peer)


def sender(forwarded_for: str, peer: str) -> str:
    """Return the sender's address from the header of the proxies and the other end's address."""
    proxies: int = settings.TRUSTED_PROXIES
    forwarded = [part.strip() for part in forwarded_for.split(",")]
    if proxies and len(forwarded) >= proxies and forwarded[-proxies]:
        return forwarded[-proxies]
    return peer

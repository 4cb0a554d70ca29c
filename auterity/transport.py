"""How PostgreSQL, Redis and RabbitMQ are reached: encrypted, and known by their certificate.

What leaves the machine in the clear can be read and changed on its way, passwords first. A network
that is private, such as compose's own, is one that the operator says is.
"""

import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
VERIFYING = ("verify-ca", "verify-full")  # the modes of libpq that ask who answers
ENCRYPTED = {"rediss", "amqps"}
VERIFYING_REDIS = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}


def refuse_clear_text(urls: dict[str, str], private: Iterable[str]) -> None:
    """Raise ImproperlyConfigured for the first service that is reached in the clear, or unverified."""
    for name, url in urls.items():
        parts = urlsplit(url)
        host = unquote(parts.hostname or "")
        is_near = not host or host.startswith("/") or host in LOOPBACK or host in private
        if not (is_near or _is_verified(parts.scheme, parse_qs(parts.query))):
            raise ImproperlyConfigured(
                f"{name} would reach {host} in the clear, or without knowing who answers. "
                "Use ?sslmode=verify-full for PostgreSQL, rediss:// or amqps:// for the others, and "
                "name their authority in AUTERITY_CA_FILE if it is your own; or, if the network "
                "between is private, say so by AUTERITY_PRIVATE_HOSTS."
            )


def verified(url: str, authority: str) -> str:
    """Return an address of Redis with whom to believe, where it is encrypted."""
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return url
    known = {"ssl_ca_certs": authority} if authority else {}
    query = urlencode({**VERIFYING_REDIS, **known, **dict(parse_qsl(parts.query))})
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def broker_tls(url: str, authority: str) -> dict[str, Any] | None:
    """Return whom to believe of RabbitMQ; None for others, whose address says it."""
    parts = urlsplit(url)
    if parts.scheme != "amqps":
        return None
    known = {"ca_certs": authority} if authority else {}
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": parts.hostname, **known}


def _is_verified(scheme: str, query: dict[str, list[str]]) -> bool:
    if scheme in ENCRYPTED:
        return query.get("ssl_cert_reqs", ["required"])[0] in ("required", "CERT_REQUIRED")
    return query.get("sslmode", [""])[0] in VERIFYING

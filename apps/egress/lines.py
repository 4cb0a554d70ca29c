"""Lines of text to a host that speaks no HTTP, under the same checks: the address that was judged is connected."""

import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from django.conf import settings

from apps.egress.addresses import is_allowed
from apps.egress.breakers import breaker
from apps.egress.exceptions import EgressDenied, EgressTimeout, EgressUnreachable

GOODBYE_S = 2.0  # how long the other end may take to say that it broke the connection off
MOST_ADDRESSES = 4


def send(service: str, host: str, port: int, data: bytes, *, tls: bool, timeout_s: float) -> None:
    """Open a connection, send the bytes and close it.

    `service` is what kind of service it is, for its breaker. Raises EgressDenied, EgressTimeout,
    EgressUnreachable, BreakerOpen. The operator's exceptions read `tcp://host:port` or `tls://host:port`.
    """
    with breaker(service, f"{host}:{port}"):
        end = time.monotonic() + timeout_s
        try:
            with _connected(host, port, tls=tls, end=end) as connection:
                connection.sendall(data)
                _say_goodbye(connection)
        except TimeoutError as error:
            raise EgressTimeout(f"{host}:{port} did not answer within {timeout_s:g} s.") from error
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or "no agreement"
            raise EgressUnreachable(f"{host}:{port} and TLS: {reason}.") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise EgressUnreachable(f"{host}:{port} could not be reached: {reason}.") from error


def _connected(host: str, port: int, *, tls: bool, end: float) -> socket.socket:
    found = _judged(host, port, "tls" if tls else "tcp")
    last: OSError = OSError("no address")
    for family, kind, protocol, address in found:
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(max(0.1, end - time.monotonic()))
            made.connect(address)
            if not tls:
                return made
            return ssl.create_default_context().wrap_socket(made, server_hostname=host)
        except OSError as error:
            made.close()
            last = error
    raise last


def _judged(host: str, port: int, scheme: str) -> list[tuple[Any, Any, int, Any]]:
    """Return the addresses of a host. Raises EgressDenied as soon as one of them may not be reached."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    excepted = f"{scheme}://{host}:{port}" in settings.EGRESS_ALLOW
    if not excepted and not all(is_allowed(str(address[0])) for *_, address in found):
        raise EgressDenied(f"{host} is not a public address. Ask your operator to allow it.")
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in found][
        :MOST_ADDRESSES
    ]


def _say_goodbye(connection: socket.socket) -> None:
    """Say that this was all, and hear whether the other end broke off before it had read it."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(GOODBYE_S)
    with suppress(TimeoutError):  # most keep listening, and that is well
        connection.recv(1)

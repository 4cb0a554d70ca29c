"""The parser of the real server: where a request ends is never a matter of opinion.

What a proxy reads in one way and the server in another lets a stranger's words pass as the next
person's request. So whatever has two readings is refused, and its connection is closed.
"""

import re
import socket

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.factories.product import Product

pytestmark = pytest.mark.xdist_group("supervisor")
SILENCE_S = 1.0  # after which a connection that is kept open has said everything
HIDDEN = "GET /healthz/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
TWO_READINGS = {
    "a length and chunks": (f"Content-Length: 5\r\n{CHUNKED}", "0\r\n\r\n"),
    "chunks and a length": (f"{CHUNKED}\r\nContent-Length: 5", "0\r\n\r\n"),
    "two lengths": (f"Content-Length: 0\r\nContent-Length: {len(HIDDEN)}", ""),
    "a list of lengths": (f"Content-Length: 0, {len(HIDDEN)}", ""),
    "a length with a sign": ("Content-Length: +0", ""),
    "a length below zero": ("Content-Length: -1", ""),
    "a length in another base": ("Content-Length: 0x5", "hello"),
    "a space before a colon": ("Content-Length : 5", "hello"),
    "chunks behind a space": ("Transfer-Encoding : chunked", "0\r\n\r\n"),
    "chunks on a line of their own": ("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
    "almost chunks": ("Transfer-Encoding: xchunked", "0\r\n\r\n"),
    "chunks that come first": (f"{CHUNKED}, identity", "0\r\n\r\n"),
    "chunks and another": (f"{CHUNKED}\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
    "a chunk in another base": (CHUNKED, "0x0\r\n\r\n"),
    "a chunk below zero": (CHUNKED, "-1\r\n\r\n"),
    "a chunk beyond all numbers": (CHUNKED, "fffffffffffffffff1\r\n\r\n"),
    "a chunk without its end": (CHUNKED, "5\r\nhelloXX0\r\n\r\n"),
    "a chunk with half an end": (CHUNKED, "5\nhello\n0\n\n"),
    "half an end of a line": (f"X: a\rContent-Length: {len(HIDDEN)}\r\nContent-Length: 0", ""),
    "a zero byte": ("X: a\0b\r\nContent-Length: 0", ""),
}


def said(product: Product, text: str) -> tuple[list[str], bool]:
    """Send bytes; return the status of each answer, and whether the connection was closed."""
    with socket.create_connection(("127.0.0.1", product.port)) as peer:
        peer.settimeout(60)
        peer.sendall(text.encode("latin-1"))
        found, closed = b"", False
        try:
            while not closed:
                part = peer.recv(65_536)
                found, closed = found + part, not part
                peer.settimeout(SILENCE_S)
        except TimeoutError:
            pass
        except ConnectionResetError:
            closed = True
    return re.findall(r"HTTP/1\.1 (\d+)", found.decode("latin-1")), closed


@pytest.mark.parametrize("case", TWO_READINGS)
def test_what_has_two_readings_is_refused(product: Product, case: str) -> None:
    assert product.says("Auterity is ready after"), product.output
    head, body = TWO_READINGS[case]
    first = f"POST /api/v1/me/ HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n{body}"
    assert said(product, first + HIDDEN) == (["400"], True)


def test_lines_that_end_by_half_are_refused(product: Product) -> None:
    assert product.says("Auterity is ready after"), product.output
    assert said(product, "GET /healthz/live HTTP/1.1\nHost: localhost\n\n" + HIDDEN) == (
        ["400"],
        True,
    )


def test_what_has_one_reading_is_answered_each(product: Product) -> None:
    assert product.says("Auterity is ready after"), product.output
    body = (
        f"GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n{CHUNKED}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    assert said(product, body + HIDDEN) == (["200", "200"], False)


@pytest.mark.parametrize("path", ["/", "/api/v1/me/", "/v1/models", "/hooks/any", "/scim/v2/Users"])
@pytest.mark.parametrize(
    "hosts", [("localhost", "acme.localhost"), ("acme.localhost", "localhost")]
)
def test_two_hosts_lead_nowhere(product: Product, hosts: tuple[str, str], path: str) -> None:
    """A proxy goes by one of them; the workspace must not be chosen by the other."""
    assert product.says("Auterity is ready after"), product.output
    both = "".join(f"Host: {host}:{product.port}\r\n" for host in hosts)
    (status,), _ = said(product, f"GET {path} HTTP/1.1\r\n{both}\r\n")
    assert status in {"400", "404"}


def test_a_socket_has_one_host_too(product: Product) -> None:
    assert product.says("Auterity is ready after"), product.output
    own, other = f"localhost:{product.port}", f"acme.localhost:{product.port}"
    with (
        connect(
            f"ws://{own}/ws/live", origin=Origin(f"http://{own}"),
            additional_headers={"Host": other},
        ) as peer,
        pytest.raises(ConnectionClosed) as closed,
    ):  # fmt: skip
        peer.recv(timeout=60)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403

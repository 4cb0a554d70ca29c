"""Ctrl-C with people looking at pages."""

import http.client
import re
import socket
import time
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.factories.product import Product

pytestmark = pytest.mark.xdist_group("supervisor")
SOCKETS = 20
PATIENCE_S = 10


def test_it_ends_in_time_with_open_sockets(folder: Path) -> None:
    product = Product(folder).start()
    assert product.says("Auterity is ready after"), product.output
    cookie = sign_in(product, "builder")
    with ExitStack() as pages:
        sockets = [pages.enter_context(socket_of_a_page(product, cookie)) for _ in range(SOCKETS)]
        assert all(peer.ping().wait(10) for peer in sockets)
        started = time.monotonic()
        product.interrupt()
        assert product.process.wait(60) == 0
        assert time.monotonic() - started < PATIENCE_S
    assert "ending it now" not in product.output


def sign_in(product: Product, role: str) -> str:
    """Use a one-time link that the product printed; return the cookies of the session."""
    found = re.search(rf" {role} +(http\S+)", product.output)
    assert found
    path = urlsplit(found[1]).path
    page, csrf = request(product, "GET", path)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    return request(product, "POST", path, f"csrfmiddlewaretoken={token[1]}", csrf)[1]


def request(
    product: Product, method: str, path: str, body: str = "", cookie: str = ""
) -> tuple[str, str]:
    """Make a request to the demo workspace; return the page and the cookies that it set."""
    headers = {
        "Host": f"localhost:{product.port}",
        "Cookie": cookie,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    with closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        lines = answer.headers.get_all("Set-Cookie") or []
        return answer.read().decode(), "; ".join(line.split(";")[0] for line in lines)


def socket_of_a_page(product: Product, cookie: str) -> AbstractContextManager[ClientConnection]:
    """Return the socket that a signed-in page opens."""
    host = f"localhost:{product.port}"
    return connect(
        f"ws://{host}/ws/live",
        sock=socket.create_connection(("127.0.0.1", product.port)),
        origin=Origin(f"http://{host}"),
        additional_headers={"Cookie": cookie},
    )

"""Ctrl-C with people looking at pages."""

import http.client
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.factories.product import Product

pytestmark = pytest.mark.xdist_group("supervisor")
SOCKETS = 20
PATIENCE_S = 10


def test_it_ends_in_time_with_open_sockets(folder: Path) -> None:
    product = Product(folder).start()
    assert product.says("Auterity is ready after"), product.output
    cookie = sign_in(product, "builder")
    sockets = [open_socket(product, cookie) for _ in range(SOCKETS)]
    assert all(socket.ping().wait(10) for socket in sockets)
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
    page = request(product, "GET", path)
    csrf = cookies(page)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token
    body = f"csrfmiddlewaretoken={token[1]}"
    return cookies(request(product, "POST", path, body, csrf))


def request(
    product: Product, method: str, path: str, body: str = "", cookie: str = ""
) -> http.client.HTTPResponse:
    """Make one request as a page of the demo workspace would."""
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    headers = {"Host": f"localhost:{product.port}", "Cookie": cookie}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, headers)
    return connection.getresponse()


def cookies(answer: http.client.HTTPResponse) -> str:
    """Return what a browser would send back."""
    set_cookies = answer.headers.get_all("Set-Cookie") or []
    return "; ".join(line.split(";")[0] for line in set_cookies)


def open_socket(product: Product, cookie: str) -> ClientConnection:
    """Open the page's socket; *.localhost does not resolve here, so the host is a header."""
    host = f"localhost:{product.port}"
    return connect(
        f"ws://{host}/ws/live",
        host="127.0.0.1",
        port=product.port,
        origin=f"http://{host}",  # type: ignore[arg-type]  # a NewType of str
        additional_headers={"Cookie": cookie},
    )

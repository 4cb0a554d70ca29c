"""A caller of a running product, who notes every status that comes back."""

import http.client
import json
from contextlib import closing
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from tests.factories.product import Product
from tests.faults.crowd import Target


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Caller:
    """Calls with an API key on loopback, or as a browser on the demo workspace's host.

    `target` is the web server that the product's runs may reach.
    """

    product: Product
    key: str
    target: Target
    statuses: list[int] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the API."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        text = json.dumps(body) if body is not None else None
        return self._ask(method, f"/api/v1/{path}", text, headers)

    def open(self, path: str, form: str | None = None, cookie: str = "") -> Answer:
        """Open a page, or send a form."""
        headers = {"Host": f"localhost:{self.product.port}", "Cookie": cookie}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("GET" if form is None else "POST", path, form, headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.product.port, timeout=60)
        with closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.statuses.append(answer.status)
            return Answer(answer.status, answer.headers, answer.read().decode())

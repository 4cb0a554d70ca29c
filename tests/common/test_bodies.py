"""Too large bodies are refused before they are kept anywhere."""

import asyncio
from typing import Any

import pytest

from apps.accounts.models import User
from apps.common.bodies import BodyLimit
from auterity.asgi import application
from tests.factories.cast import api_client


async def _reads_all(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def status_of(app: Any, parts: list[bytes], length: int | None = None) -> int:
    """Send a body in parts, with a length announced or in chunks; return the status."""
    announced = [(b"content-length", str(length).encode())] if length is not None else []
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "query_string": b""}
    scope["headers"] = [(b"host", b"nobody.localhost"), *announced]
    left, sent = list(parts), []

    async def receive() -> Any:
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("parts", "length", "status"),
    [
        ([b"1234567890"], 10, 204),
        ([b"12345", b"67890"], None, 204),
        ([], 11, 413),
        ([], 10**30, 413),
        ([b"12345", b"67890", b"1"], None, 413),
        ([b"12345678901"], 5, 413),
    ],
)
def test_bodies_are_read_up_to_the_limit(
    parts: list[bytes], length: int | None, status: int
) -> None:
    assert status_of(BodyLimit(_reads_all, 10), parts, length) == status


def test_the_product_has_the_limit() -> None:
    assert status_of(application, [], 17 * 2**20) == 413


def test_an_endpoint_reads_no_more_than_it_says(alice: User) -> None:
    body = {"email": "new@x.example", "role": "x" * 2**20}
    answer = api_client(alice).post("/api/v1/invitations/", body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    draft = {"name": "Large", "definition": {"nodes": [], "notes": ["x" * 2**20]}}
    assert api_client(alice).post("/api/v1/workflows/", draft).status_code == 422

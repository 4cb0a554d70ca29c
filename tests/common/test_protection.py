"""Every answer of the process protects who gets it, whoever made it."""

import asyncio
from typing import Any

import pytest
from django.contrib.staticfiles.finders import find

from apps.accounts.models import User
from apps.common.protection import ALWAYS, Protected, is_encrypted
from auterity.asgi import application
from tests.factories.callers import Caller, Reply
from tests.factories.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)
NEVER = "default-src 'none'"


def answer(path: str, host: str = "alpha.localhost", **how: Any) -> Reply:
    return Caller(host=host)(path, **{"method": "GET", **how})


ANSWERS = [
    ("/accounts/login/", "alpha.localhost", 200),
    ("/", "alpha.localhost", 302),
    ("/nothing/here/", "alpha.localhost", 404),
    ("/nothing/here/", "nobody.localhost", 404),
    ("/", "[", 404),
    ("/api/v1/me/", "alpha.localhost", 401),
    ("/api/v1/schema/", "alpha.localhost", 200),
    ("/scim/v2/Users", "alpha.localhost", 401),
    ("/v1/models", "alpha.localhost", 401),
    ("/v1/nothing", "nobody.localhost", 404),
    ("/hooks/nothing", "alpha.localhost", 404),
    ("/hooks/nothing", "nobody.localhost", 404),
    ("/static/site/css/tokens.css", "alpha.localhost", 200),
    ("/static/site/css/tokens.css", "nobody.localhost", 200),
    ("/static/nothing.css", "alpha.localhost", 404),
    ("/healthz/live", "alpha.localhost", 200),
    ("/metrics", "alpha.localhost", 200),
    ("/", "www.localhost", 200),
    ("/accounts/login/", "admin.localhost", 200),
]


@pytest.mark.parametrize(("path", "host", "status"), ANSWERS)
def test_every_answer_is_protected(
    transactional_db: None, path: str, host: str, status: int
) -> None:
    reply = answer(path, host)
    assert reply.status == status, reply.body
    told = reply.headers
    assert told["x-content-type-options"] == "nosniff"
    assert told["x-frame-options"] == "DENY"
    assert told["referrer-policy"] == "same-origin"
    assert told["cross-origin-opener-policy"] == "same-origin"
    is_hook = path.startswith("/hooks/")
    assert told["cross-origin-resource-policy"] == ("cross-origin" if is_hook else "same-origin")
    assert "camera=()" in told["permissions-policy"]
    policy = told["content-security-policy"]
    assert ("sandbox" if is_hook else NEVER) in policy
    assert "frame-ancestors 'none'" in policy
    assert "access-control-allow-origin" not in told
    assert "strict-transport-security" not in told  # here nothing is encrypted
    assert "server" not in told


@pytest.mark.parametrize(("path", "host", "status"), ANSWERS)
def test_what_is_private_is_kept_nowhere(
    transactional_db: None, path: str, host: str, status: int
) -> None:
    kept = answer(path, host).headers["cache-control"]
    is_file = path.startswith("/static/") and status == 200
    assert ("public" in kept) if is_file else ("no-store" in kept)


def test_a_worker_of_the_studio_may_load_our_scripts(transactional_db: None) -> None:
    assert find("site/css/tokens.css")
    policy = answer("/static/site/css/tokens.css").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_page_keeps_its_own_policy(transactional_db: None) -> None:
    policy = answer("/accounts/login/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "form-action 'self'" in policy


def test_too_much_is_refused_as_safely(transactional_db: None) -> None:
    reply = Caller()("/", content_length=str(17 * 2**20))
    assert reply.status == 413
    assert reply.headers["content-security-policy"].startswith(NEVER)


def carried(app: Any, scope: dict[str, Any]) -> list[Any]:
    """Carry one request through the wrapper; return what was sent."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": f"{scope['type']}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Protected(app)(scope, receive, send))
    return sent


HTTP: dict[str, Any] = {"type": "http", "path": "/", "headers": [], "scheme": "http"}
SOCKET = {
    **HTTP,
    "type": "websocket",
    "scheme": "ws",
    "extensions": {"websocket.http.response": {}},
}


async def fails(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("a secret of ours")


async def closes(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.close", "code": 4403})


@pytest.mark.parametrize("scope", [HTTP, SOCKET])
def test_what_nobody_foresaw_is_answered_and_tells_nothing(
    scope: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    start, body = carried(fails, scope)
    assert start["status"] == 500
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/problem+json"
    assert {name.encode() for name in ALWAYS} <= headers.keys()
    assert b"secret" not in body["body"]
    assert "a secret of ours" in caplog.text


def test_an_answer_that_began_is_not_begun_again() -> None:
    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        carried(breaks, HTTP)


def test_a_handshake_that_is_refused_is_answered_by_http() -> None:
    start, body = carried(closes, SOCKET)
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert dict(start["headers"])[b"x-content-type-options"] == b"nosniff"
    assert body == {"type": "websocket.http.response.body", "body": b""}
    assert carried(closes, {**SOCKET, "extensions": {}})[0]["type"] == "websocket.close"


def test_a_socket_where_there_is_none_is_refused_as_if_there_were_no_workspace(alice: User) -> None:
    opened = Socket(application, "/ws/nothing", host="alpha.localhost").connect()
    assert asyncio.run(opened) == 4404


def test_hsts_is_said_over_tls_alone(settings: Any) -> None:
    async def says(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    by_proxy = {**HTTP, "headers": [(b"x-forwarded-proto", b"https")]}
    for scope, encrypted in [(HTTP, False), ({**HTTP, "scheme": "https"}, True), (by_proxy, True)]:
        assert is_encrypted(scope) is encrypted
        told = dict(carried(says, scope)[0]["headers"])
        assert (b"strict-transport-security" in told) is encrypted

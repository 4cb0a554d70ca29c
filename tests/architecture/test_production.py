"""What the settings of production make of answers: asked in a process of its own, which has no services."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture.tree import ROOT

ENV = {
    "DJANGO_SETTINGS_MODULE": "auterity.settings.prod",
    "AUTERITY_SECRET_KEY": "of-this-test-alone",
    "AUTERITY_MASTER_KEY": "of-this-test-alone-too",
    "AUTERITY_BASE_DOMAIN": "auterity.example",
}
ASKS = """
import asyncio, json
from auterity.asgi import application
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.test import Client
from apps.common.messages import MessageStorage
client, told = Client(HTTP_HOST="www.auterity.example"), {}
for name, path, secure in (
    ("answer", "/healthz/live", True), ("page", "/nothing/is/here/", True), ("plain", "/", False),
):
    got = client.get(path, secure=secure)
    told[name] = {
        "status": got.status_code, "headers": dict(got.headers), "text": got.content.decode(),
        "cookies": {each.key: dict(each) for each in got.cookies.values()},
    }
said = HttpResponse()
request = HttpRequest()
request.session = {}
storage = MessageStorage(request)
storage.add(constants.INFO, "Saved.")
storage.update(said)
told["said"] = {"cookies": {each.key: dict(each) for each in said.cookies.values()}}
def asked(path, proto):
    sent, bodies = [], [{"type": "http.request", "body": b""}]
    async def receive():
        return bodies.pop() if bodies else await asyncio.Event().wait()
    async def send(message):
        sent.append(message)
    headers = [(b"host", b"www.auterity.example"), (b"x-forwarded-proto", proto)]
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers,
        "scheme": "http", "client": ("203.0.113.7", 1),
    }
    asyncio.run(application(scope, receive, send))
    found = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    text = b"".join(each.get("body", b"") for each in sent).decode("utf-8", "replace")
    return {"status": sent[0]["status"], "headers": found, "text": text}
for path in PATHS:
    told[path] = {proto: asked(path, proto.encode()) for proto in ("https", "http")}
print(json.dumps(told))
"""
PAGES = ["/", "/nothing/is/here/", "/static/site/css/tokens.css", "/healthz/live"]
PROGRAMS = ["/api/v1/me/", "/scim/v2/Users", "/v1/models", "/hooks/abc"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = {"AUTERITY_DATA": str(tmp_path_factory.mktemp("data")), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", f"PATHS = {PAGES + PROGRAMS!r}{ASKS}"]
    done = subprocess.run(
        command, cwd=ROOT, env=ENV | data, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", ["answer", "page"])
def test_headers_that_protect_are_there(told: Any, kind: str) -> None:
    headers = told[kind]["headers"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("kind", ["answer", "page"])
def test_the_policy_lets_nothing_in_that_is_not_ours(told: Any, kind: str) -> None:
    said = told[kind]["headers"]["Content-Security-Policy"].split("; ")
    policy = {name: sources.split() for name, _, sources in (each.partition(" ") for each in said)}
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == policy["connect-src"] == ["'self'"]
    allowed = {source for sources in policy.values() for source in sources}
    assert allowed <= {"'none'", "'self'", "data:", "blob:"} | set(policy["script-src"])
    assert all(each == "'self'" or each.startswith("'nonce-") for each in policy["script-src"])


@pytest.mark.parametrize("path", PAGES + PROGRAMS)
def test_each_answer_says_to_stay_with_https(told: Any, path: str) -> None:
    """Also what is served beside Django, and what is refused."""
    headers = told[path]["https"]["headers"]
    said = "max-age=31536000; includeSubDomains; preload"
    assert headers["strict-transport-security"] == said
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_are_refused_in_the_clear(told: Any, path: str) -> None:
    """A redirect would work, so that nobody notices that their key is sent in the clear."""
    answer = told[path]["http"]
    assert (answer["status"], "location" in answer["headers"]) == (403, False)
    assert "https" in answer["text"]
    assert told[path]["https"]["status"] != 403


@pytest.mark.parametrize("where", ["page", "said"])
def test_cookies_stay_with_their_host_and_with_https(told: Any, where: str) -> None:
    cookies = told[where]["cookies"]
    assert cookies
    for name, cookie in cookies.items():
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert cookie["samesite"] == "Lax"


def test_pages_in_the_clear_lead_to_https(told: Any) -> None:
    answer = told["plain"]
    assert answer["status"] == 301
    assert answer["headers"]["Location"] == "https://www.auterity.example/"
    assert not answer["cookies"]


def test_what_is_not_there_tells_nothing_of_how_we_are_made(told: Any) -> None:
    page = told["page"]
    assert page["status"] == 404
    assert not [word for word in ("Traceback", "urlconf", "auterity.urls") if word in page["text"]]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgres://a:p@db.internal:5432/auterity"),
        ("DATABASE_URL", "postgres://a:p@db.internal:5432/auterity?sslmode=prefer"),
        ("DATABASE_URL", "postgres://a:p@db.internal:5432/auterity?sslmode=require"),
        ("REDIS_URL", "redis://:p@cache.internal:6379/0"),
        ("REDIS_URL", "rediss://:p@cache.internal:6379/0?ssl_cert_reqs=none"),
        ("BROKER_URL", "amqp://a:p@queue.internal:5672//"),
    ],
)
def test_production_starts_with_nothing_in_the_clear(name: str, url: str) -> None:
    refused = started({name: url})
    assert refused.returncode != 0
    assert f"{name} would reach" in refused.stderr
    assert ":p@" not in refused.stderr
    host = url.partition("@")[2].partition(":")[0]
    assert started({name: url, "AUTERITY_PRIVATE_HOSTS": f"other,{host}"}).returncode == 0


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgres://a:p@db.internal:5432/auterity?sslmode=verify-full"),
        ("DATABASE_URL", "postgres://a:p@%2Fvar%2Frun%2Fpostgresql/auterity"),
        ("DATABASE_URL", "postgres://a:p@127.0.0.1:5432/auterity"),
        ("REDIS_URL", "rediss://:p@cache.internal:6379/0"),
        ("BROKER_URL", "amqps://a:p@queue.internal:5671//"),
    ],
)
def test_what_is_encrypted_or_near_starts(name: str, url: str) -> None:
    done = started({name: url, "AUTERITY_CA_FILE": "/etc/ssl/ours.pem"})
    assert done.returncode == 0, done.stderr


def started(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Read the settings of production in a process of its own."""
    command = [sys.executable, "-c", "from auterity.settings import prod"]
    given = ENV | {"PATH": os.environ["PATH"], **env}
    return subprocess.run(command, cwd=ROOT, env=given, check=False, capture_output=True, text=True)

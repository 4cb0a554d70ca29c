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
import json, django
django.setup()
from django.test import Client
client, told = Client(HTTP_HOST="www.auterity.example"), {}
for name, path, secure in (
    ("answer", "/healthz/live", True), ("page", "/nothing/is/here/", True), ("plain", "/", False),
):
    got = client.get(path, secure=secure)
    told[name] = {
        "status": got.status_code, "headers": dict(got.headers), "text": got.content.decode(),
        "cookies": {each.key: dict(each) for each in got.cookies.values()},
    }
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = {"AUTERITY_DATA": str(tmp_path_factory.mktemp("data")), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", ASKS]
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


def test_cookies_stay_with_their_host_and_with_https(told: Any) -> None:
    cookies = told["page"]["cookies"]
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

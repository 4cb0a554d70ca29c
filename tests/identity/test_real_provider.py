"""A token that a provider nobody here wrote gives to a program: client credentials, then the API."""

import base64
import json
import subprocess
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pytest
from django.core.cache import cache
from pytest_django import Settings

from apps.accounts.models import User
from apps.identity import services as identity
from apps.identity.api_access import services
from apps.identity.models import Connection
from apps.local.processes import free_port
from tests.collaboration.node import NODE, installed
from tests.factories.cast import key_client
from tests.factories.product import ROOT

pytestmark = pytest.mark.django_db
PROVIDER = ROOT / "tests" / "e2e" / "provider"
CLIENT, SECRET = "nightly", "a secret: with/signs"
AUDIENCE = "https://auterity.halden.example/api"


@pytest.fixture
def company(settings: Settings) -> Iterator[str]:
    """The issuer of a provider that runs."""
    port = free_port()
    given = {
        "port": port, "client_id": CLIENT, "client_secret": SECRET, "claims": {},
        "redirect_uri": "http://127.0.0.1:1/back",
    }  # fmt: skip
    command = [str(NODE), str(installed(PROVIDER) / "server.mjs"), json.dumps(given)]
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    issuer = f"http://127.0.0.1:{port}"
    settings.EGRESS_ALLOW = [issuer]
    cache.clear()
    yield issuer
    process.terminate()
    process.communicate(timeout=20)


def given_token(issuer: str, scope: str) -> str:
    """Ask the provider for a token, as a program does."""
    pair = f"{quote(CLIENT, safe='')}:{quote(SECRET, safe='')}".encode()
    body = {"grant_type": "client_credentials", "resource": AUDIENCE, "scope": scope}
    asked = Request(
        f"{issuer}/token", urlencode(body).encode(),
        {"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
    )  # fmt: skip
    with urlopen(asked) as answer:
        return str(json.load(answer)["access_token"])


def test_a_program_comes_with_the_provider_s_own_token(company: str, alice: User) -> None:
    connection = identity.create_connection(vendor="other", name="Company", actor=alice)
    changes = {"issuer": company, "client_id": "auterity"}
    identity.change_settings(connection, changes, actor=alice)
    Connection.objects.filter(pk=connection.pk).update(status=Connection.Status.ACTIVE)
    connection.refresh_from_db()
    services.change(connection, {"is_on": True, "audiences": [AUDIENCE]}, actor=alice)
    services.set_rule(connection, value="read", role="viewer", actor=alice)
    services.add_client(
        connection, name="Nightly export", subject=CLIENT, client_id=CLIENT, role="viewer",
        actor=alice,
    )  # fmt: skip
    told = key_client(given_token(company, "read")).get("/api/v1/me/")
    assert told.status_code == 200, told.content
    assert (told.json()["name"], told.json()["kind"]) == ("Nightly export", "service")
    assert key_client(given_token(company, "write")).get("/api/v1/me/").status_code == 401

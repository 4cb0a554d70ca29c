"""An OpenID provider on loopback whose every answer a test can bend; honest as it stands."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from secrets import randbelow
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.dispatch import loop
from apps.identity import services
from apps.identity.models import Connection, Domain
from apps.identity.testing import fingerprint

CLIENT_ID, CLIENT_SECRET = "auterity-client", "s3cret/with:signs"
ALICE = {
    "sub": "00u1alice", "email": "priya@halden.example", "email_verified": True,
    "name": "Priya Raman", "groups": ["auterity-builders"],
}  # fmt: skip


def new_key() -> RSAPrivateKey:
    """Return a key pair."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: Any, kid: str, alg: str = "RS256") -> JSONDict:
    """Return the public half as a provider publishes it."""
    algorithm: Any = jwt.get_algorithm_by_name(alg)
    described: JSONDict = json.loads(algorithm.to_jwk(key.public_key()))
    return described | {"kid": kid, "use": "sig", "alg": alg}


class Issuer:
    """The provider: `claims` are what it vouches for; `forge` bends the token that it gives."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: dict[str, Any] = {"first": new_key()}
        self.published: list[JSONDict] = []
        self.claims: JSONDict = dict(ALICE)
        self.userinfo: JSONDict = {}
        self.description: JSONDict = {}
        self.metadata = ""  # of SAML, for those who ask for them
        self.forge: Callable[[Issuer, JSONDict], str] = lambda issuer, claims: issuer.signed(claims)
        self.asked: list[str] = []
        self.tokens: list[JSONDict] = []
        self.refuses: JSONDict | None = None
        self.questions: dict[str, dict[str, str]] = {}
        self._runner: Any = None

    def signed(self, claims: JSONDict, *, kid: str = "first", **header: Any) -> str:
        """Return an ID token with a signature of one of its keys."""
        return jwt.encode(claims, self.keys[kid], "RS256", headers={"kid": kid, **header})

    def authorize(self, address: str) -> str:
        """Let the person through at the provider and return the query of the way back."""
        question = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.questions)}"
        self.questions[code] = question
        return f"code={code}&state={question['state']}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/jwks", self._publish)
        app.router.add_post("/token", self._exchange)
        app.router.add_get("/userinfo", self._tell)
        app.router.add_get("/metadata", self._show_metadata)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _describe(self, request: web.Request) -> web.Response:
        self.asked.append("description")
        whole = {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "PS256", "EdDSA"],
        }  # fmt: skip
        return web.json_response(whole | self.description)

    async def _publish(self, request: web.Request) -> web.Response:
        self.asked.append("keys")
        own = [public_jwk(key, kid) for kid, key in self.keys.items()]
        return web.json_response({"keys": self.published or own})

    async def _exchange(self, request: web.Request) -> web.Response:
        """Check what a real one checks: the client, the code once, its verifier and its address."""
        form = await request.post()
        if self.refuses is not None:
            return web.json_response(self.refuses, status=400)
        question = self.questions.pop(str(form["code"]), None)
        pair = f"{CLIENT_ID}:s3cret%2Fwith%3Asigns"
        client = f"Basic {base64.b64encode(pair.encode()).decode()}"
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            question is None
            or request.headers.get("Authorization") != client
            or question["code_challenge"] != challenge
            or question["redirect_uri"] != form["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        times = {"iat": now, "exp": now + 300}
        claims = {"iss": self.url, "aud": CLIENT_ID, "nonce": question["nonce"], **times}
        token = self.forge(self, claims | self.claims)
        answer = {"id_token": token, "access_token": "access", "token_type": "Bearer"}
        self.tokens.append(answer)
        return web.json_response(answer)

    async def _show_metadata(self, request: web.Request) -> web.Response:
        return web.Response(text=self.metadata, content_type="text/xml")

    async def _tell(self, request: web.Request) -> web.Response:
        self.asked.append("userinfo")
        return web.json_response({"sub": self.claims.get("sub")} | self.userinfo)


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    """An honest provider, which this installation may reach."""
    made = Issuer()
    loop.submit(made.start()).result(10)
    cache.clear()  # an earlier one may have been at the same port, with other keys
    settings.EGRESS_ALLOW = [made.url]
    yield made
    loop.submit(made.stop()).result(10)


@pytest.fixture
def okta(issuer: Issuer, alice: User) -> Connection:
    """A connection to it that is switched on, for halden.example; everyone becomes a viewer."""
    connection = services.create_connection(vendor="okta", name="Okta", actor=alice)
    changes = {"issuer": issuer.url, "client_id": CLIENT_ID, "secret": CLIENT_SECRET}
    services.change_settings(connection, changes, actor=alice)
    services.set_default_role(connection, "viewer", actor=alice)
    proved(connection, alice, "halden.example")
    Connection.objects.filter(pk=connection.pk).update(tested=fingerprint(connection))
    connection.refresh_from_db()
    services.activate(connection, actor=alice)
    return connection


def proved(connection: Connection, owner: User, name: str) -> Domain:
    """Return a domain of the connection whose DNS named us."""
    domain = services.add_domain(name, actor=owner)
    Domain.objects.filter(pk=domain.pk).update(verified_at=timezone.now())
    domain.refresh_from_db()
    services.assign_domain(domain, connection, actor=owner)
    return domain


def sign_in(client: Client, issuer: Issuer, connection: Connection, following: str = "") -> Any:
    """Go to the provider, through it, and back; return the last answer."""
    away = client.get(f"/sso/{connection.pk}/start/", {"next": following})
    assert away.status_code == 302, away.content.decode()
    back = issuer.authorize(away["Location"])
    return client.get(f"/sso/{connection.pk}/callback/?{back}")


def stranger(tenant: str = "alpha") -> Client:
    """Return a browser that nobody counted before: limits are for each sender."""
    sender = ip_address(int(ip_address("10.0.0.0")) + randbelow(1 << 24))
    return Client(HTTP_HOST=f"{tenant}.localhost", REMOTE_ADDR=str(sender))

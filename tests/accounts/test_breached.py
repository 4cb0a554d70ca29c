"""Passwords from breaches: five letters of a hash leave the house, and nobody waits for who is away."""

import hashlib
import logging
from collections.abc import Iterator

import pytest
from aiohttp import web
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django import Settings

from apps.accounts.breached import BreachedPasswords
from apps.accounts.forms import AcceptForm
from apps.dispatch import loop
from tests.factories.targets import Target

BREACHED, PADDED, FRESH = "tidal onion 44", "padded onion 44", "quiet meadow letters only"


def name_of(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


class Breaches(Target):
    """A service that knows one password, and pads its answers with another."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, bytes]] = []
        self.status = 200

    async def handle(self, request: web.Request) -> web.Response:
        start = request.match_info.get("start", "")
        self.heard.append((start, await request.read()))
        known = [(name_of(BREACHED), 7), (name_of(PADDED), 0)]
        lines = [f"{name[5:]}:{count}" for name, count in known if name.startswith(start)]
        return web.Response(text="\r\n".join(["0" * 35 + ":3", *lines]), status=self.status)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/range/{start}", self.handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self.runner.addresses[0][1]}"


@pytest.fixture
def breaches(settings: Settings) -> Iterator[Breaches]:
    made = Breaches()
    with made.served(settings):
        settings.BREACHED_PASSWORDS_URL = f"{made.origin}/range"
        yield made


def accepting(password: str) -> AcceptForm:
    return AcceptForm({"name": "Priya Raman", "password": password}, email="priya@halden.example")


def test_one_that_is_known_is_refused_at_its_field(breaches: Breaches) -> None:
    assert "came out of a breach" in str(accepting(BREACHED).errors["password"])
    assert breaches.heard == [(name_of(BREACHED)[:5], b"")]


@pytest.mark.parametrize("password", [PADDED, FRESH])
def test_others_are_taken_and_their_hash_stays_here(breaches: Breaches, password: str) -> None:
    assert accepting(password).is_valid()
    ((told, _),) = breaches.heard
    assert told == name_of(password)[:5]


def test_without_a_service_nothing_is_asked(breaches: Breaches, settings: Settings) -> None:
    settings.BREACHED_PASSWORDS_URL = ""
    assert accepting(BREACHED).is_valid()
    assert breaches.heard == []


def test_one_that_is_away_keeps_nobody_out_and_is_logged(
    breaches: Breaches, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    breaches.status = 503
    assert accepting(BREACHED).is_valid()
    loop.submit(breaches.runner.cleanup()).result(10)
    assert accepting(BREACHED).is_valid()
    settings.EGRESS_ALLOW = []  # and inside the installation it is not reached by itself
    assert accepting(BREACHED).is_valid()
    told = [each.getMessage() for each in caplog.records if "of breaches" in each.getMessage()]
    assert len(told) == 3
    assert not any(BREACHED in each or name_of(BREACHED)[5:] in each for each in told)


def test_a_reset_and_a_change_are_judged_too(breaches: Breaches) -> None:
    """All of them ask Django's list of validators, in which it stands."""
    with pytest.raises(ValidationError, match="came out of a breach"):
        validate_password(BREACHED)
    assert BreachedPasswords().get_help_text()

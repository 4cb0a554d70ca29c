"""Secrets that come in by the product's own doors come to light nowhere but where they are meant to.

Each is unlike anything else. They are looked for in every answer, row, value of Redis, file, mail and
line of the log, also encoded, escaped and backwards; and the search finds what is left on purpose.
"""

import base64
import json
import logging
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from pytest_django import Settings

from apps.accounts.models import Folder
from apps.tenants.context import tenant_context
from tests.canaries import entrances, places
from tests.canaries.planted import Canary, Planted
from tests.canaries.walker import Walker
from tests.fakeai.server import FakeProvider
from tests.isolation.probes import PROBES
from tests.isolation.walk import ask
from tests.isolation.world import World, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]


@pytest.fixture
def world(transactional_db: None) -> World:
    cache.clear()
    return make_world("alpha")


def test_no_planted_secret_comes_to_light(
    world: World, fake: FakeProvider, settings: Settings
) -> None:
    settings.ACCOUNT_LOGIN_BY_CODE_FORMAT = entrances.CODE
    planted, since = Planted(), places.now()
    with places.logged() as lines:
        walker = Walker(world, planted, world.browser("owner"), fake)
        for entrance in entrances.EVERY:
            entrance(walker)
        _look_at_every_page(walker)
        session = walker.browser.cookies[settings.SESSION_COOKIE_NAME].value
        planted.known("key of a session", session)
        places.look_everywhere(planted, world.tenant.schema_name, since, lines)
    assert len(planted.canaries) >= 200
    found = planted.found()
    assert not found, "\n".join(found)


def _look_at_every_page(walker: Walker) -> None:
    """Open everything that there is to open, now that the secrets lie there."""
    for probe in PROBES:
        if probe.method == "GET":
            walker.note(f"look {probe}", ask(walker.browser, probe, walker.world))


@pytest.mark.parametrize(
    "form",
    [
        "{}", "a{}b", "{upper}", "{backwards}", "{hex}", "{percent}", "{json}", "{base64}", "{within}",
        "{shifted}", "{urlsafe}",
    ],
)  # fmt: skip
def test_a_secret_is_found_in_every_form(form: str) -> None:
    canary = Canary("it", "kanarie0123456789abcdef")
    raw = canary.text.encode()
    text = form.format(
        canary.text,
        upper=canary.text.upper(), backwards=canary.text[::-1], hex=raw.hex().upper(),
        percent="".join(f"%{byte:02X}" for byte in raw),
        json="".join(f"\\u{byte:04x}" for byte in raw),
        base64=base64.b64encode(raw).decode(), within=base64.b64encode(b"user:" + raw + b"!").decode(),
        shifted=base64.b64encode(b"Bearer " + raw).decode(),
        urlsafe=base64.urlsafe_b64encode(b"??>" + raw).decode(),
    )  # fmt: skip
    assert canary.found_in(text.lower()), text
    assert not canary.found_in(quote(json.dumps("kanarie9876543210fedcba")))


def test_what_is_left_on_purpose_is_found_in_each_place(world: World) -> None:
    planted, since = Planted(), places.now()
    text = planted.new("it")
    left = Path(settings.DATA_DIR) / f"{text}.txt"
    with places.logged() as lines:
        logging.getLogger("apps.anything").debug("it is %s", text)
        with tenant_context(world.tenant):
            Folder.objects.create(name=text[::-1])
            cache.set("anything", {"a": [text]}, 60)
        mail.send_mail("x", base64.b64encode(text.encode()).decode(), None, ["a@b.example"])
        left.write_text(text.encode().hex())
        try:
            places.look_everywhere(planted, world.tenant.schema_name, since, lines)
        finally:
            left.unlink()
    found = " ".join(planted.found())
    for place in ("table", "accounts_folder", "Redis", "mail", "file", "log"):
        assert place in found, place


def test_the_one_showing_is_for_one_place(world: World) -> None:
    planted = Planted()
    text = planted.new("key")
    planted.see("here", f"<code>{text}</code>")
    planted.see("there", text)
    planted.allow("key", "here")
    assert planted.found() == ["key in there: plain"]


def test_every_page_can_be_opened(world: World) -> None:
    """What answers with a failure would show nothing, and prove nothing."""
    browser = world.browser("owner")
    bad = [
        str(each)
        for each in PROBES
        if each.method == "GET" and ask(browser, each, world).status_code >= 500
    ]
    assert not bad

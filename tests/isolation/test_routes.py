"""Every route of one workspace walked as the other one's owner: nothing of ours is told.

Each probe first succeeds as its owner, and the walk must find what is planted.
"""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from apps.accounts import policies
from apps.accounts.policies import Policy
from apps.tenants.backend.base import DatabaseWrapper
from apps.tenants.context import Scope
from tests.isolation.kept import kept_world
from tests.isolation.probe import SITE
from tests.isolation.probes import PROBES, walked
from tests.isolation.walk import Told, answers, ask, leaks, refusals, text_of
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]

CANARY = "canary-alpha"  # in whatever belongs to the workspace that `ours` is


@pytest.fixture
def ours(transactional_db: None) -> World:
    return kept_world("alpha")


@pytest.fixture
def theirs(transactional_db: None) -> World:
    return kept_world("beta")


def test_every_route_and_method_has_a_probe() -> None:
    served = {(route.label, method) for route in walked() for method in route.methods}
    probed = {(probe.route, probe.method) for probe in PROBES}
    assert not served - probed, f"routes of {SITE} without a row in probes.py"
    assert not probed - served, "rows in probes.py whose route is gone"


def test_each_probe_succeeds_as_its_owner(ours: World) -> None:
    assert refusals(ours.browser("owner"), PROBES, ours) == []


def test_each_endpoint_succeeds_with_a_key(ours: World) -> None:
    # A session is a browser's.
    endpoints = [
        probe for probe in PROBES if probe.route.startswith("api:") and probe.route != "api:session"
    ]
    client = Client(HTTP_HOST=ours.host, raise_request_exception=False)
    header = f"Bearer {ours.objects['key_text']}"
    assert refusals(client, endpoints, ours, Authorization=header) == []


def test_the_other_owner_sees_nothing(ours: World, theirs: World) -> None:
    told = answers(theirs.browser("owner"), PROBES, ours)
    assert leaks(told, ours.canary, refused=True) == []


def test_the_other_owners_session_and_key_open_nothing_here(ours: World, theirs: World) -> None:
    session = theirs.browser("owner")
    session.defaults["HTTP_HOST"] = ours.host
    key = f"Bearer {theirs.objects['key_text']}"
    for probe in PROBES:
        if _is_public(probe.route):
            continue
        for client, headers in (
            (session, {}),
            (Client(HTTP_HOST=ours.host), {"Authorization": key}),
        ):
            answer = ask(client, probe, ours, **headers)
            assert answer.status_code in {302, 401}, (str(probe), answer.status_code)
            # The way to the sign-in page repeats what was asked.
            asked = quote(probe.path(ours))
            assert ours.canary not in text_of(answer).replace(asked, "")


def _is_public(label: str) -> bool:
    route = next(route for route in walked() if route.label == label)
    return route.declared == "public" or not route.ours


def _everything(actor: Any, queryset: Any) -> Any:
    return queryset


def _to_the_guest(ours: World) -> list[Told]:
    return answers(ours.browser("guest"), PROBES, ours)


@pytest.fixture(scope="module")
def walks() -> dict[str, list[Told]]:
    """Walks over all routes that were done: one takes longest, to look through it takes no time."""
    return {}


@pytest.fixture
def guest(walks: dict[str, list[Told]], request: pytest.FixtureRequest) -> list[Told]:
    """What the guest of another folder is told."""
    if "guest" not in walks:
        walks["guest"] = _to_the_guest(request.getfixturevalue("ours"))
    return walks["guest"]


@pytest.fixture
def spoilt(walks: dict[str, list[Told]], request: pytest.FixtureRequest) -> list[Told]:
    """What the guest is told with a planted mistake: `visible()` keeps everything."""
    if "spoilt" not in walks:
        ours = request.getfixturevalue("ours")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(policies, "visible", _everything)
            walks["spoilt"] = _to_the_guest(ours)
    return walks["spoilt"]


def test_a_guest_of_another_folder_sees_nothing_of_it(guest: list[Told]) -> None:
    assert leaks(guest, f"{CANARY}-inner", refused=False) == []


# What belongs to the workspace as a whole is not a guest's either: its people, its providers.
OF_THE_WHOLE = ["owner@{}", "{}-spare"]


@pytest.mark.parametrize("text", OF_THE_WHOLE)
def test_a_guest_of_a_folder_sees_nothing_of_the_whole(guest: list[Told], text: str) -> None:
    assert leaks(guest, text.format(CANARY), refused=False) == []


@pytest.mark.parametrize("text", OF_THE_WHOLE)
def test_the_walk_finds_what_is_told_of_the_whole(spoilt: list[Told], text: str) -> None:
    assert len(leaks(spoilt, text.format(CANARY), refused=False)) > 1


def test_the_walk_finds_leaks_when_reads_are_not_filtered(
    ours: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: `visible()` keeps everything."""
    monkeypatch.setattr(policies, "visible", _everything)
    monkeypatch.setattr(Policy, "visible", lambda self, actor, queryset: queryset)
    found = leaks(_to_the_guest(ours), f"{CANARY}-inner", refused=False)
    assert len(found) > 10


@pytest.mark.parametrize("walls", [True, False], ids=["role stands", "role taken out"])
def test_the_walk_finds_leaks_when_the_walls_are_out(
    ours: World, theirs: World, monkeypatch: pytest.MonkeyPatch, walls: bool
) -> None:
    """Planted: on the other workspace's host every query goes to our schema.

    With the role the database refuses; without it the walk must report what it sees.
    """
    client = ours.browser("owner")
    client.defaults["HTTP_HOST"] = theirs.host
    plain = DatabaseWrapper._enter

    def enter(wrapper: Any, scope: Scope) -> None:
        stray = Scope(ours.tenant.schema_name, scope.role if walls else "")
        plain(wrapper, stray if scope.schema == theirs.tenant.schema_name else scope)
        wrapper._entered = scope

    monkeypatch.setattr(DatabaseWrapper, "_enter", enter)
    found = leaks(answers(client, PROBES, ours), ours.canary, refused=False)
    assert not found if walls else len(found) > 10

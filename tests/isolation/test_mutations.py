"""Generated requests across workspaces: some here, all of them by `make probes`."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from apps.accounts.session_store import SessionStore
from apps.tenants.backend.base import DatabaseWrapper
from apps.tenants.context import Scope, public_scope
from tests.isolation.kept import kept_world
from tests.isolation.mutations import Asked, bent
from tests.isolation.probes import PROBES
from tests.isolation.walk import ASYNC, _stranger, rolled_back, text_of
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]
HERE = 150
WANTED = int(os.environ.get("PROBES", HERE))
SEED = int(os.environ.get("SEED", "20"))


@pytest.fixture
def ours(transactional_db: None) -> World:
    return kept_world("alpha")


@pytest.fixture
def theirs(transactional_db: None) -> World:
    return kept_world("beta")


def all_of(ours: World) -> list[Asked]:
    """Return all requests; what async views change is not undone, and their rows are walked apart."""
    return [
        asked
        for probe in PROBES
        if probe.route not in ASYNC and not probe.asks_storage
        for asked in bent(probe, ours)
    ]


def chosen(every: list[Asked], wanted: int) -> list[Asked]:
    """Return so many of them, others with another seed."""
    return Random(SEED).sample(every, min(wanted, len(every)))


def leaking(asked: Iterable[Asked], senders: list[Client], canary: str) -> Iterator[str]:
    """Return the requests that tell the canary without having sent it.

    A path may come back, as it is or as the address to go on to after a sign-in.
    """
    for number, each in enumerate(asked):
        answer = send(senders[number % len(senders)], each)
        said = text_of(answer).replace(each.path, "").replace(quote(each.path), "")
        echoed = canary.encode() in each.content or canary in str(each.headers)
        if canary in said and not echoed:
            yield f"{each}: {answer.status_code}"


def send(client: Client, asked: Asked) -> Any:
    """Send a request; what it changes is undone."""
    with rolled_back(), public_scope():
        return client.generic(
            asked.probe.method, asked.path, asked.content, asked.probe.media,
            headers=asked.headers, REMOTE_ADDR=_stranger(),
        )  # fmt: skip


def senders_of(world: World) -> list[Client]:
    """Return the owner's browser, and a program with the owner's key."""
    program = Client(HTTP_HOST=world.host, raise_request_exception=False)
    program.defaults["HTTP_AUTHORIZATION"] = f"Bearer {world.objects['key_text']}"
    return [world.browser("owner"), program]


def test_nothing_of_ours_is_told_to_the_other_owner(ours: World, theirs: World) -> None:
    every = all_of(ours)
    assert len(every) >= 25_000
    assert min(Counter(asked.probe.route for asked in every).values()) >= 20
    asked = chosen(every, WANTED)
    assert list(leaking(asked, senders_of(theirs), ours.canary)) == []


def test_a_wall_that_is_out_is_found(
    ours: World, theirs: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: on the other workspace's host every query goes to our schema, without the role.

    Nor are sessions sealed for their schema, which alone would refuse ours there.
    """
    monkeypatch.setattr(SessionStore, "_context", lambda session: "anywhere")
    plain = DatabaseWrapper._enter

    def enter(wrapper: Any, scope: Scope) -> None:
        stray = Scope(ours.tenant.schema_name)
        plain(wrapper, stray if scope.schema == theirs.tenant.schema_name else scope)
        wrapper._entered = scope

    client = ours.browser("owner")
    client.defaults["HTTP_HOST"] = theirs.host
    monkeypatch.setattr(DatabaseWrapper, "_enter", enter)
    some = [each for each in all_of(ours) if each.how == "as it is" and each.probe.method == "GET"]
    assert len(list(leaking(some[:60], [client], ours.canary))) > 5

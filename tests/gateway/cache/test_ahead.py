"""Asking ahead of schedules: what runs ask alike, when it would not be kept, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from redis import Redis

from apps.accounts.models import User
from apps.accounts.services import set_active
from apps.common.ids import uuid7
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.gateway import news
from apps.gateway.asking_ahead import ask_ahead
from apps.gateway.asks import Source
from apps.gateway.cache import ahead, store
from apps.gateway.cache.services import purge_cache, set_cache
from apps.gateway.models import LlmCall, ModelRoute
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import complete, connect, lead

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("kept-answers"),
]
DAY = 86_400


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Begin without what other tests kept: their workspaces have the same names."""
    with Redis.from_url(settings.REDIS_URL) as client:
        for pattern in ("gateway:answer:*", "gateway:asked:*"):
            for key in client.scan_iter(pattern):
                client.delete(key)
    news.forget()
    yield
    news.forget()


@pytest.fixture
def workflow() -> UUID:
    """Only its id is asked for."""
    return uuid7()


@pytest.fixture
def route(alice: User, fake: FakeProvider) -> ModelRoute:
    made = lead(alice, "ok", provider=connect(fake, alice))
    return set_cache(made, actor=alice, ttl_s=DAY, ahead=True)


def step(workflow: UUID, actor: User, **more: Any) -> None:
    """Let a step of another run ask."""
    source = Source(str(uuid7()), "ask", workflow_id=workflow, user_id=actor.pk)
    complete(**{"temperature": 0, "source": source, **more})


def let_go() -> None:
    """Let the kept answers be gone."""
    for name in LlmCall.objects.values_list("cache_name", flat=True):
        store.drop(name)


def test_what_two_runs_asked_alike_is_asked_ahead_once(
    alice: User, workflow: UUID, route: ModelRoute, fake: FakeProvider
) -> None:
    step(workflow, alice)
    step(workflow, alice)
    step(workflow, alice, messages=[{"role": "user", "content": "Only today"}])
    assert len(fake.asked) == 2
    assert ask_ahead(workflow) == 0  # all of it is kept for long enough
    let_go()
    assert ask_ahead(workflow) == 1
    assert ask_ahead(workflow) == 0
    assert len(fake.asked) == 3
    call = LlmCall.objects.latest("created_at")
    assert (call.workflow_id, call.run_id, call.user_id) == (workflow, None, alice.pk)
    assert "ahead of a schedule" in browser(alice).get("/relaycore/calls/").content.decode()
    step(workflow, alice)
    assert LlmCall.objects.latest("created_at").cache == LlmCall.Cache.HIT
    assert len(fake.asked) == 3


def test_one_run_alone_another_workflow_and_a_guess_are_not_asked_ahead(
    alice: User, workflow: UUID, route: ModelRoute, fake: FakeProvider
) -> None:
    step(workflow, alice)
    for _ in range(2):
        step(workflow, alice, temperature=0.7)
    let_go()
    seen = len(fake.asked)
    assert ask_ahead(workflow) == 0
    step(workflow, alice)
    let_go()
    assert ask_ahead(uuid7()) == 0
    assert len(fake.asked) == seen + 1


def test_nothing_is_asked_for_who_is_gone_or_once_it_is_off_or_forgotten(
    alice: User, bob: User, workflow: UUID, route: ModelRoute, fake: FakeProvider
) -> None:
    for _ in range(2):
        step(workflow, bob)
    let_go()
    set_active(bob, active=False, actor=alice)
    assert ask_ahead(workflow) == 0
    set_active(bob, active=True, actor=alice)
    set_cache(route, actor=alice, ttl_s=DAY)
    assert ask_ahead(workflow) == 0
    set_cache(route, actor=alice, ttl_s=DAY, ahead=True)
    purge_cache(route, actor=alice)
    assert ask_ahead(workflow) == 0
    assert len(fake.asked) == 1


def test_a_question_is_sealed(alice: User, workflow: UUID, route: ModelRoute) -> None:
    step(workflow, alice, messages=[{"role": "user", "content": "canary in a question"}])
    with Redis.from_url(settings.REDIS_URL) as client:
        (key,) = client.scan_iter("gateway:asked:*")
        held: Any = client.hgetall(key)
    assert len(held) == 1
    assert b"canary" not in b"".join(held.values())


def test_it_is_due_shortly_before_the_schedule_and_only_where_a_route_asks_ahead(
    alice: User, workflow: UUID, route: ModelRoute
) -> None:
    fires_at = chores.now() + timedelta(hours=1)
    ahead.plan(workflow, fires_at)
    assert Chore.objects.get(kind=ahead.CHORE).due_at == fires_at - ahead.LEAD
    ahead.plan(workflow, fires_at + timedelta(hours=1))  # another schedule of it, later
    assert Chore.objects.get(kind=ahead.CHORE).due_at == fires_at - ahead.LEAD
    ask_ahead(workflow)
    assert not Chore.objects.filter(kind=ahead.CHORE).exists()
    set_cache(route, actor=alice, ttl_s=DAY)
    ahead.plan(workflow, fires_at)
    assert not Chore.objects.filter(kind=ahead.CHORE).exists()


def test_it_is_set_over_the_api_and_on_the_page_and_not_for_guesses(
    alice: User, route: ModelRoute
) -> None:
    url = "/api/v1/gateway/routes/default/cache/"
    client = api_client(alice)
    assert client.get(url).json()["ahead"]
    assert client.put(url, {"ttl_s": 60, "varied": True, "ahead": True}).status_code == 422
    assert client.put(url, {"ttl_s": None, "ahead": True}).status_code == 422
    assert not client.put(url, {"ttl_s": 60}).json()["ahead"]
    form = {"ttl_s": "3600", "ahead": "on"}
    browser(alice).post("/relaycore/routes/default/cache/", form)
    assert ModelRoute.objects.get(alias="default").cache_ahead
    assert (
        "Ask ahead of schedules"
        in browser(alice).get("/relaycore/routes/default/").content.decode()
    )

"""Calls and tokens a minute: together in Redis, and in each process while that is away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from uuid import UUID

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.gateway.services import try_provider
from apps.gateway.upstreams import pools
from apps.gateway.v1.limits import Left, RateExceeded, headers_of, rates_of, settle, take
from apps.gateway.v1.limits import place as place_of_call
from apps.gateway.virtual_keys.services import create_key
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.runs import until
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program, error_of, key_of

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(params=["in Redis", "here"])
def place(request: pytest.FixtureRequest, settings: Settings, alpha: Tenant) -> str:
    """Where is counted."""
    if request.param == "here":
        settings.REDIS_URL = NOWHERE
    else:
        until(lambda: not is_local(uuid7()))  # an earlier test's Redis was away a moment ago
    return str(request.param)


def is_local(key: UUID) -> bool:
    """Tell whether this process counts by itself: others then see nothing of what it took."""
    from apps.gateway.v1 import limits

    took(key, rpm=1_000_000)
    return any(str(key) in name for name in limits._local)


def took(
    key: UUID, tokens: int = 10, *, rpm: int | None = None, tpm: int | None = None
) -> list[Left]:
    return asyncio.run(take(key, rates_of(rpm, tpm, tokens)))


def test_so_many_calls_a_minute(place: str) -> None:
    key = uuid7()
    assert [took(key, rpm=3)[0].remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(RateExceeded) as caught:
        took(key, rpm=3)
    assert caught.value.kind == "requests"
    assert 1 <= int(caught.value.headers["Retry-After"]) <= 20
    assert caught.value.headers["x-ratelimit-remaining-requests"] == "0"
    assert took(uuid7(), rpm=3)[0].remaining == 2  # another key's


def test_what_is_refused_takes_nothing_of_the_other_limit(place: str) -> None:
    key = uuid7()
    took(key, 80, rpm=100, tpm=100)
    for _ in range(3):
        with pytest.raises(RateExceeded) as caught:
            took(key, 80, rpm=100, tpm=100)
        assert caught.value.kind == "tokens"
    assert [each.remaining for each in took(key, 10, rpm=100, tpm=100)] == [98, 10]


def test_a_guess_is_put_right_in_both_directions(place: str) -> None:
    key, rates = uuid7(), rates_of(None, 1000, 400)

    async def counted(tokens: int) -> int:
        await take(key, rates)
        await settle(key, rates, tokens)
        return (await take(key, rates_of(None, 1000, 0)))[0].remaining

    # What comes back meanwhile is 17 a second.
    assert asyncio.run(counted(100)) == pytest.approx(900, abs=90)
    assert asyncio.run(counted(700)) == pytest.approx(200, abs=150)


def test_a_call_that_is_larger_than_the_limit_may_be_made_once(place: str) -> None:
    key = uuid7()
    assert took(key, 5000, tpm=100)[0].remaining == 0
    with pytest.raises(RateExceeded):
        took(key, 1, tpm=100)


def test_limits_are_told_as_clients_read_them(place: str) -> None:
    told = headers_of(took(uuid7(), 10, rpm=60, tpm=600))
    assert told["x-ratelimit-limit-requests"] == "60"
    assert told["x-ratelimit-remaining-tokens"] == "590"
    assert told["x-ratelimit-reset-requests"] == "1.000s"


def test_counting_goes_on_in_redis_once_it_is_back(settings: Settings, alpha: Tenant) -> None:
    here: Callable[[], bool] = lambda: is_local(uuid7())  # noqa: E731 - asked twice
    there, settings.REDIS_URL = settings.REDIS_URL, NOWHERE
    until(here)
    settings.REDIS_URL = there
    until(lambda: not here())


@pytest.mark.django_db(transaction=True)
def test_a_program_is_limited_without_redis_too(alice: User, settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE
    program = Program(create_key(actor=alice, name="Bot", rpm=2)[1])
    assert [program.chat("fast").status for _ in range(2)] == [200, 200]
    reply = program.chat("fast")
    assert (reply.status, error_of(reply)["code"]) == (429, "rate_limit_exceeded")
    assert int(reply.headers["retry-after"]) >= 1


@pytest.mark.django_db(transaction=True)
def test_so_many_calls_of_a_workspace_at_a_time(
    alice: User, beta: Tenant, fake: FakeProvider, settings: Settings
) -> None:
    settings.MODEL_CALLS_PER_TENANT = 1
    lead(alice, "slow-1500", provider=connect(fake, alice))
    program = Program(key_of(alice))
    with ThreadPoolExecutor(max_workers=1) as thread:
        first = thread.submit(copy_context().run, program.chat)
        assert fake.came.wait(10)
        reply = program.chat()
        with tenant_context(beta), place_of_call():
            pass  # neighbours have places of their own
        assert first.result().status == 200
    error = error_of(reply)
    assert (reply.status, error["type"], error["code"]) == (429, "requests", "rate_limit_exceeded")
    assert reply.headers["retry-after"] == "1"
    assert len(fake.asked) == 1
    assert program.chat().status == 200


@pytest.mark.django_db(transaction=True)
def test_who_finds_a_provider_full_goes_on_to_the_next_or_comes_again(
    alice: User, fake: FakeProvider
) -> None:
    full = connect(fake, alice, name="Full", max_calls=1)
    pools.add_key(full, actor=alice, credential="sk-second")  # brings no second set of places
    other = connect(fake, alice, name="Other")
    lead(alice, "slow-1500", provider=full)
    route = lead(alice, "slow-1500", provider=full, alias="patient")
    route.targets.create(provider=other, model="ok", position=1, order=1)
    program = Program(key_of(alice))
    with ThreadPoolExecutor(max_workers=1) as thread:
        first = thread.submit(copy_context().run, program.chat)
        assert fake.came.wait(10)
        refused, next_one = program.chat(), program.chat("patient")
        assert try_provider(full, actor=alice, model="ok").ok  # a person waits for it
        assert first.result().status == 200
    error = error_of(refused)
    assert (refused.status, error["type"], error["code"]) == (
        429,
        "requests",
        "rate_limit_exceeded",
    )
    assert refused.headers["retry-after"] == "1"
    assert (next_one.status, next_one.headers["x-auterity-provider"]) == (200, "other")
    assert program.chat("patient").headers["x-auterity-provider"] == "full"

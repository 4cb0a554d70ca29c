"""Counting in windows of time, also by many at once and after Redis was emptied."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from django.conf import settings
from django.core.cache import cache
from redis import Redis

from apps.common import windows
from apps.common.ids import uuid7
from apps.tenants.models import Tenant

HOUR = 3600


@pytest.fixture
def name() -> str:
    return f"test:{uuid7()}"


def test_each_counts_one_more(alpha: Tenant, name: str) -> None:
    assert [windows.count(name, HOUR) for _ in range(3)] == [1, 2, 3]


def test_forgotten_it_begins_anew(alpha: Tenant, name: str) -> None:
    windows.count(name, HOUR)
    cache.delete(key_of(name))
    assert [windows.count(name, HOUR) for _ in range(2)] == [1, 2]


def test_many_at_once_are_all_counted(alpha: Tenant, name: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        here = copy_context()
        counted = pool.map(lambda _: here.copy().run(windows.count, name, HOUR), range(40))
    assert sorted(counted) == list(range(1, 41))


def test_nothing_is_kept_for_longer_than_two_windows(alpha: Tenant, name: str) -> None:
    windows.count(name, HOUR)
    with Redis.from_url(settings.REDIS_URL) as client:
        assert 0 < client.ttl(cache.make_key(key_of(name))) <= 2 * HOUR


def key_of(name: str) -> str:
    return f"{name}:{int(time.time()) // HOUR}"

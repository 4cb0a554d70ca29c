"""Counting in windows of time, also while Redis is emptied in the middle of it."""

from typing import Any

import pytest
from django.core.cache import cache

from apps.common import windows
from apps.common.ids import uuid7
from apps.tenants.models import Tenant

HOUR = 3600


@pytest.fixture
def name() -> str:
    return f"test:{uuid7()}"


def test_each_counts_one_more(alpha: Tenant, name: str) -> None:
    assert [windows.count(name, HOUR) for _ in range(3)] == [1, 2, 3]


def test_emptied_between_two_commands_it_begins_anew(
    alpha: Tenant, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else was first; before we count one more, everything is gone."""
    original, keys = cache.add, list[str]()

    def late(key: str, value: int, **rest: Any) -> bool:
        if keys:
            return bool(original(key, value, **rest))
        keys.append(key)
        original(key, value, **rest)
        cache.delete(key)
        return False

    monkeypatch.setattr(cache, "add", late)
    assert windows.count(name, HOUR) == 1
    assert windows.count(name, HOUR) == 2


def test_emptied_again_and_again_it_answers(
    alpha: Tenant, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "add", lambda key, value, **rest: False)
    assert windows.count(name, HOUR) == 1

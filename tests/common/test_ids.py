"""Identifiers."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.common.ids import uuid7


def test_ids_are_ordered_unique_and_of_version_7(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.common.ids._last", 0)  # tests before this one were in the future
    ids = [uuid7() for _ in range(5000)]
    assert ids == sorted(ids)
    assert {(made.version, made.variant) for made in ids} == {(7, "specified in RFC 4122")}
    assert abs((ids[-1].int >> 80) / 1000 - time.time()) < 5


def test_ids_of_threads_never_meet() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [
            made
            for group in pool.map(lambda _: [uuid7() for _ in range(500)], range(8))
            for made in group
        ]
    assert len(set(made)) == 4000

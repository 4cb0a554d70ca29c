"""Kept worlds stand alone: each is put back whatever became of the others."""

from uuid import uuid4

import pytest

from apps.egress import circuits
from tests.factories.rows import reset_rows
from tests.isolation import kept

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("first", "second"), [("alpha", "beta"), ("beta", "alpha")])
def test_each_world_comes_back_without_the_other(
    first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_kept", {})
    kept.kept_world(first)
    kept.kept_world(second)
    for slug in (second, first):
        reset_rows()
        monkeypatch.setattr(circuits, "PREFIX", f"back-{uuid4().hex}")  # Redis is not put back
        kept.kept_world(slug)

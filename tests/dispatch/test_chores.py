"""Chores: looked at once they are due, again until they are done, and seen by their workspace alone."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from redis.exceptions import ConnectionError as RedisAway

from apps.common.ids import uuid7
from apps.dispatch import chores
from apps.dispatch.exceptions import BrokerAway
from apps.dispatch.models import Chore
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.tasks import HEADER, TenantTask

KIND = "tests.dishes"


class Kitchen:
    """Notes what it was called for; may be away."""

    def __init__(self) -> None:
        self.called: list[tuple[set[UUID], str]] = []
        self.is_away = False

    def call(self, subjects: Collection[UUID], schema: str) -> None:
        if self.is_away:
            raise RedisAway
        self.called.append((set(subjects), schema))


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    made = Kitchen()
    chores.register(KIND, made.call)
    yield made
    chores._calls.pop(KIND)


def call_due() -> int:
    with public_scope():
        return chores.call_due()


def later() -> None:
    """Let the time come at which the sweep calls again."""
    with public_scope():
        Chore.objects.update(due_at=F("due_at") - timedelta(minutes=1))


def test_one_call_for_all_of_a_workspace_until_they_are_done(
    alpha: Tenant, beta: Tenant, kitchen: Kitchen
) -> None:
    first, second, theirs = uuid7(), uuid7(), uuid7()
    with tenant_context(alpha):
        chores.plan(KIND, [first, second], chores.now())
    with tenant_context(beta):
        chores.plan(KIND, [theirs], chores.now())
        assert Chore.objects.get().subject == theirs
    assert call_due() == 3
    assert ({first, second}, "t_alpha") in kitchen.called
    assert ({theirs}, "t_beta") in kitchen.called
    assert call_due() == 0
    with tenant_context(alpha):
        chores.done(KIND, [first, theirs])  # a neighbour's is out of reach
    later()
    assert call_due() == 2


def test_what_is_planned_again_is_moved(alpha: Tenant, kitchen: Kitchen) -> None:
    subject = uuid7()
    with tenant_context(alpha):
        chores.plan(KIND, [subject], chores.now())
        chores.plan(KIND, [subject], chores.now() + timedelta(hours=1))
        assert Chore.objects.count() == 1
    assert call_due() == 0


def test_what_is_done_is_not_postponed_into_being_again(alpha: Tenant) -> None:
    subject = uuid7()
    with tenant_context(alpha):
        chores.postpone(KIND, subject, chores.now())
        assert not Chore.objects.exists()


def test_a_broker_that_is_away_leaves_it_due(alpha: Tenant, kitchen: Kitchen) -> None:
    with tenant_context(alpha):
        chores.plan(KIND, [uuid7()], chores.now())
    kitchen.is_away = True
    with pytest.raises(BrokerAway):
        call_due()
    kitchen.is_away = False
    assert call_due() == 1


@pytest.mark.django_db(transaction=True)
def test_added_ones_are_called_for_at_once(alpha: Tenant, kitchen: Kitchen) -> None:
    subject = uuid7()
    with tenant_context(alpha):
        chores.add(KIND, [])
        chores.add(KIND, [subject])
        chores.done(KIND, [subject])
    assert kitchen.called == [({subject}, "t_alpha")]


def test_kinds_that_nobody_here_knows_stay(alpha: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    with tenant_context(alpha):
        chores.plan("tests.unknown", [uuid7()], chores.now())
    assert call_due() == 1
    assert "tests.unknown" in caplog.text
    with public_scope():
        assert Chore.objects.count() == 1


class Bell(TenantTask):
    """Notes for whom it would ring."""

    def __init__(self) -> None:
        self.rung: list[tuple[list[Any], str]] = []

    def apply_async(  # type: ignore[override]
        self, args: Any = None, kwargs: Any = None, **options: Any
    ) -> None:
        self.rung.append((args, options["headers"][HEADER]))


def test_a_worker_comes_for_each_or_one_for_all() -> None:
    bell, first, second = Bell(), uuid7(), uuid7()
    for call in (chores.for_each(bell), chores.for_all(bell), chores.once(bell)):
        call([first, second], "t_alpha")
    given = [[str(first)], [str(second)], [[str(first), str(second)]], []]
    assert bell.rung == [(each, "t_alpha") for each in given]

"""Carrying a chore's subject on, until nothing is left to do or the process is to stop."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from apps.common.ids import uuid7
from apps.dispatch import carrying, chores, workers
from apps.dispatch.models import Chore
from apps.tenants.models import Tenant

KIND = "tests.dishes"


@pytest.fixture
def subject(alpha: Tenant) -> Iterator[UUID]:
    """Plan a chore that is due."""
    planned = uuid7()
    chores.plan(KIND, [planned], chores.now())
    yield planned
    workers.draining.clear()


def test_it_goes_on_and_holds_the_chore_until_nothing_is_left(subject: UUID) -> None:
    left = [True, True, False]
    carrying.carry_on(KIND, subject, lambda _: left.pop(0))
    assert left == []
    assert Chore.objects.get(subject=subject).due_at > chores.now() + timedelta(seconds=30)


def test_nothing_is_begun_where_the_process_is_to_stop(subject: UUID) -> None:
    done: list[UUID] = []

    def advance(each: UUID) -> bool:
        done.append(each)
        workers.draining.set()
        return True

    carrying.carry_on(KIND, subject, advance)
    carrying.carry_on(KIND, subject, advance)
    assert done == [subject]

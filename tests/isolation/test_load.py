"""No workspace ever sees another's rows, whatever runs at once; planted leaks are found."""

from functools import partial
from typing import Any

import pytest
from django.db.utils import ProgrammingError

from apps.tenants import context
from apps.tenants.backend.base import DatabaseWrapper
from apps.tenants.models import Tenant
from tests.isolation import canaries
from tests.isolation.canaries import Findings, NaiveConsumer, SoundConsumer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]


@pytest.fixture
def tenants(transactional_db: None) -> list[Tenant]:
    with context.public_scope():
        found = list(Tenant.objects.filter(slug__in=["alpha", "beta"]))
    canaries.plant(found)
    return found


def test_no_leak_in_five_thousand_operations(tenants: list[Tenant]) -> None:
    found = Findings()
    canaries.together(
        partial(canaries.by_threads, tenants, 1500, found),
        partial(canaries.by_coroutines, tenants, 1500, found),
        partial(canaries.by_sockets, tenants, 1200, found, SoundConsumer),
        partial(canaries.by_tasks, tenants, 1000, found),
    )
    assert sum(found.done.values()) >= 5_000
    assert not found.leaks
    assert not found.refused


def test_a_naive_consumer_is_found(tenants: list[Tenant]) -> None:
    found = Findings()
    canaries.together(partial(canaries.by_sockets, tenants, 400, found, NaiveConsumer))
    assert found.leaks["sockets"] > 0


class _Stale:
    """A planted fault: the path is set once for each connection and never again."""

    def __init__(self, *, walls: bool) -> None:
        self.walls = walls

    def enter(self, wrapper: Any, scope: context.Scope) -> None:
        first = getattr(wrapper.connection, "first_scope", None)
        if first is None and scope.tenant is not None:
            wrapper.connection.first_scope = first = scope
        path = first or scope
        role = scope.role if self.walls else ""
        with wrapper.connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('role', %s, false), set_config('search_path', %s, false)",
                (role or "none", f'"{path.schema}", public'),
            )
        wrapper._entered = scope


def _read_in_turns(tenants: list[Tenant], found: Findings) -> None:
    for place in range(20):
        tenant = tenants[place % 2]
        with context.tenant_context(tenant):
            try:
                found.add("stale", tenant.slug, canaries.look(tenant.slug))
            except ProgrammingError as error:
                assert "permission denied" in str(error)
                found.refuse("stale")


@pytest.mark.parametrize("walls", [True, False], ids=["walls stand", "walls taken out"])
def test_the_second_wall_holds_when_the_first_falls(
    tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch, walls: bool
) -> None:
    stale = _Stale(walls=walls)
    monkeypatch.setattr(DatabaseWrapper, "_enter", lambda self, scope: stale.enter(self, scope))
    found = Findings()
    canaries.together(partial(_read_in_turns, tenants, found))
    if walls:
        assert found.refused["stale"] > 0
        assert not found.leaks
    else:
        assert found.leaks["stale"] > 0

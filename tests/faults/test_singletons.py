"""Two of everything of which there should be one: sweepers that pause in the middle (F16)."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.common.ids import uuid7
from apps.dispatch import services, sweeper
from apps.dispatch.models import Ticket, Timer
from apps.dispatch.services import Alarm, admit, set_timers
from apps.tenants.models import Tenant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
RUNS, ROUNDS, SWEEPERS = 30, 5, 3


@pytest.fixture
def rung() -> Iterator[Counter[UUID]]:
    """How often each run was rung for."""
    before, heard = list(services._advance), Counter[UUID]()
    services.register_advance(lambda run_id, schema: heard.update([run_id]))
    yield heard
    services._advance[:] = before


def together(act: Callable[[], object]) -> None:
    """Let several threads do the same at the same moment."""
    gate = Barrier(SWEEPERS)

    def do() -> None:
        gate.wait(10)
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(SWEEPERS) as pool:
        for done in [pool.submit(do) for _ in range(SWEEPERS)]:
            done.result()


@pytest.fixture
def due(alpha: Tenant) -> list[Ticket]:
    """Runs that wait for a timer whose time has come."""
    tickets = [admit(uuid7()) for _ in range(RUNS)]
    for ticket in tickets:
        set_timers(ticket.pk, [Alarm("w", Timer.Kind.DELAY, ticket.created_at)])
    Ticket.objects.update(status="waiting")
    return tickets


def test_several_sweepers_fire_each_timer_once(
    due: list[Ticket], rung: Counter[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    original, pause = sweeper._run, Event()

    def slowly(statement: str, values: dict[str, Any]) -> Any:
        pause.wait(0.01)  # so that the others come in the middle of it
        return original(statement, values)

    monkeypatch.setattr(sweeper, "_run", slowly)
    for _ in range(ROUNDS):
        together(sweeper.sweep)
    assert set(Ticket.objects.values_list("wake", flat=True)) == {1}
    assert rung == Counter({ticket.pk: 1 for ticket in due})


def test_without_the_lock_rows_still_fire_once(
    due: list[Ticket], rung: Counter[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock only saves work: what keeps a timer from firing twice are the rows."""
    original = sweeper._run

    def unlocked(statement: str, values: dict[str, Any]) -> Any:
        return [(True,)] if "advisory" in statement else original(statement, values)

    monkeypatch.setattr(sweeper, "_run", unlocked)
    for _ in range(ROUNDS):
        together(sweeper.sweep)
    assert set(Ticket.objects.values_list("wake", flat=True)) == {1}
    assert rung == Counter({ticket.pk: 1 for ticket in due})


def test_two_claims_at_once_give_one_lease(alpha: Tenant) -> None:
    from apps.dispatch import leases
    from apps.tenants.context import tenant_context

    ticket, won = admit(uuid7()), list[object]()

    def claim() -> None:
        with tenant_context(alpha):
            won.append(leases.claim(ticket.pk, "somebody"))

    together(claim)
    assert len([lease for lease in won if lease]) == 1

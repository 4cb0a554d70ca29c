"""Several of what should be one, pausing in the middle (F16): sweepers, claims, linkers of the trail."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from apps.audit import chain, checking
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.common.ids import uuid7
from apps.dispatch import services, sweeper
from apps.dispatch.models import Ticket, Timer
from apps.dispatch.services import Alarm, admit, set_timers
from apps.tenants.context import tenant_context
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


def linkers(alpha: Tenant, rounds: int) -> Counter[str]:
    """Let several link the trail at once, while it is written; return how that went for them."""
    ended = Counter[str]()

    def link() -> None:
        with tenant_context(alpha):
            try:
                ended["linked"] += chain.link()
            except (chain.Busy, IntegrityError) as error:
                ended[type(error).__name__] += 1

    for _ in range(rounds):
        for number in range(4):
            record(f"thing.{number}", actor=None)
        together(link)
    return ended


def in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each linker pause between looking at the end of the chain and looking for entries."""
    original, pause = chain.unlinked, Event()

    def slowly() -> QuerySet[AuditEntry]:
        pause.wait(0.05)  # so that the others come in the middle of it
        return original()

    monkeypatch.setattr(chain, "unlinked", slowly)


def test_several_linkers_give_each_entry_one_place(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_middle(monkeypatch)
    ended = linkers(alpha, ROUNDS)
    assert ended["Busy"]
    assert not ended["IntegrityError"]
    while chain.link():
        pass
    assert Link.objects.count() == AuditEntry.objects.count()
    assert checking.verify().wrong == ""


def test_without_their_lock_the_rows_keep_the_chain_in_order(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_middle(monkeypatch)
    monkeypatch.setattr(chain, "_be_alone", lambda: None)
    ended = linkers(alpha, ROUNDS)
    assert ended["IntegrityError"], "nobody came in the middle: the test shows nothing"
    assert Link.objects.count() == AuditEntry.objects.count()
    assert checking.verify().wrong == ""


def test_two_claims_at_once_give_one_lease(alpha: Tenant) -> None:
    from apps.dispatch import leases

    ticket, won = admit(uuid7()), list[object]()

    def claim() -> None:
        with tenant_context(alpha):
            won.append(leases.claim(ticket.pk, "somebody"))

    together(claim)
    assert len([lease for lease in won if lease]) == 1

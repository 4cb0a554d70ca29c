"""Workers that are killed while they hold places outside: the cap holds, and no place is lost."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import Min

from apps.accounts.models import User
from apps.dispatch import chores, passes
from apps.dispatch.leases import LEASE_S
from apps.dispatch.models import Pass, TenantLoad, Ticket
from apps.runs.models import Run
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.credentials.keeping import keep
from tests.factories.runs import Start, until
from tests.faults.auditor import audit, audit_sink
from tests.faults.crowd import Crowd, Target
from tests.faults.scenarios import call
from tests.faults.sizes import size
from tests.runs.interpreter.test_semantics import graph
from tests.workflows.definitions import edge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("crashes")]
CAP, RUNS, BACK_S = 2, 6, LEASE_S + 5


class Gauge:
    """Looks at the places in use whenever it waits for something."""

    def __init__(self) -> None:
        self.most = 0

    def until(self, check: Callable[[], bool]) -> None:
        def looked() -> bool:
            self.most = max(self.most, passes.in_use())
            return check()

        until(looked, BACK_S)


def has_come(target: Target, calls: int) -> bool:
    """Tell whether so many calls came to the target, of all that ever came."""
    return len(target.keys) >= calls


def outlives_a_lease() -> Callable[[], bool]:
    """Return whether who carries runs now has renewed them for as long as a lease lasts."""
    end = chores.now() + timedelta(seconds=2 * LEASE_S)
    running = Ticket.objects.filter(status=Ticket.Status.RUNNING)
    return lambda: (running.aggregate(at=Min("lease_until"))["at"] or end) > end


@pytest.mark.parametrize("of", ["workspace", "credential"])
def test_places_of_killed_workers_go_to_others_and_never_more(
    alpha: Tenant, alice: User, start: Start, workers: Crowd, target: Target, of: str
) -> None:
    put = call("put", target)
    if of == "workspace":
        with public_scope():
            TenantLoad.objects.create(role=alpha.role_name, max_outside=CAP)
    else:
        host = target.origin.removeprefix("http://")
        put["config"]["credential"] = str(keep(alice, hosts=[host], max_calls=CAP).pk)
    runs = [start(graph(put, edge("start", "put"))) for _ in range(RUNS)]
    gauge, victim = Gauge(), workers.start_and_wait()
    rounds = size(1, 2)  # at the third death of its worker a run is set aside
    gauge.until(lambda: len(target.keys) == CAP)
    gauge.until(lambda: Pass.objects.filter(fence=None).count() == RUNS - CAP)
    for killed in range(1, rounds + 1):
        heir = workers.start_and_wait()
        workers.kill(victim)
        gauge.until(partial(has_come, target, CAP * (killed + 1)))
        gauge.until(outlives_a_lease())
        assert len(target.keys) == CAP * (killed + 1)
        victim = heir
    target.answer.set()
    gauge.until(lambda: Run.objects.filter(status="succeeded").count() == RUNS)
    assert gauge.most == CAP
    assert not Pass.objects.exists()
    assert audit(Run.objects.all(), expected=RUNS) == []
    assert audit_sink(target.keys, runs, "put", kills=CAP * rounds) == []

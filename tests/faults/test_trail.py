"""Workers are killed while the audit trail is written: every entry gets its one place in the chain."""

from random import Random

import pytest

from apps.audit import chain, checking
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.tenants.models import Tenant
from tests.factories.runs import until
from tests.faults.crowd import Crowd
from tests.faults.sizes import size

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
KILLS, ENTRIES = size(2, 20), size(20, 200)


def linked() -> int:
    return Link.objects.count()


def test_workers_killed_while_they_link(alpha: Tenant, workers: Crowd) -> None:
    dice = Random(20260711)
    for _ in range(2):
        workers.start_and_wait()
    for _ in range(KILLS):
        for number in range(ENTRIES):
            record(f"thing.{number}", actor=None)
        until(lambda: linked() > 0)
        workers.kill(dice.choice(workers.alive))
        workers.start_and_wait()
    until(lambda: not chain.unlinked().exists())
    assert linked() == AuditEntry.objects.count() >= KILLS * ENTRIES
    assert checking.verify().wrong == ""

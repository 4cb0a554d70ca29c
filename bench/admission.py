"""`python -m bench.admission [seconds]`: starts of one workspace, and the sweep beside a long queue.

One line of JSON: starts a second from eight connections as bare rows, through the gate and into the
queue; the median of a sweep with nothing queued and with 100,000 runs of one workspace queued; starts of
another workspace beside those, and after how many sweeps its queued run was let in. It works on
services of its own: `make bench name=admission`.
"""

import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from django.conf import settings
from django.db import connection, transaction

from apps.common.ids import uuid7
from apps.dispatch import services
from apps.dispatch.models import Ticket, WorkerProcess
from apps.dispatch.services import admit
from apps.dispatch.sweeper import sweep
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.migrating import migrate_all
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant

CONNECTIONS, QUEUED, SWEEPS = 8, 100_000, 30


def main(seconds: float) -> None:
    """Measure each and print the line."""
    services.register_advance(_nobody)
    with public_scope():
        migrate_all()
        noisy, quiet = _tenant("noisy"), _tenant("quiet")
    told: dict[str, object] = {"bench": "admission"}
    for name, start in (("bare", _bare), ("gate", _through_the_gate), ("queue", _into_the_queue)):
        told[f"{name}_starts_per_s"] = _rate(noisy, start, seconds)
        _empty()
    told["sweep_ms"] = _sweep_ms()
    with public_scope():
        WorkerProcess.objects.create(host="bench", pid=1, slots=16)
    _flood(noisy)
    told["sweep_ms_beside_100k"] = _sweep_ms()
    told["gate_starts_per_s_beside_100k"] = _rate(quiet, _through_the_gate, seconds)
    told["sweeps_until_the_other_starts"] = _sweeps_until(quiet)
    _empty()
    print(json.dumps(told))


def _nobody(run_id: UUID, schema: str) -> None:
    """Send for nobody."""


def _tenant(slug: str) -> Tenant:
    return Tenant.objects.filter(slug=slug).first() or create_tenant(name=slug, slug=slug)


def _bare() -> None:
    ticket = Ticket.objects.create(id=uuid7())
    Ticket.objects.filter(pk=ticket.pk).delete()


def _through_the_gate() -> None:
    ticket = admit(uuid7())
    Ticket.objects.filter(pk=ticket.pk).delete()  # as if it had ended: the cap is never reached


def _into_the_queue() -> None:
    settings.RUNS_PER_TENANT, settings.RUN_BACKLOG = 1, 10_000
    if Ticket.objects.count() < settings.RUN_BACKLOG - CONNECTIONS:
        admit(uuid7())
    settings.RUNS_PER_TENANT = 50


def _rate(tenant: Tenant, start: Callable[[], None], seconds: float) -> int:
    """Return how many transactions a second the connections make."""
    end = time.monotonic() + seconds
    counts = [0] * CONNECTIONS

    def work(place: int) -> None:
        with tenant_context(tenant):
            while time.monotonic() < end:
                with transaction.atomic():
                    start()
                counts[place] += 1
            connection.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(sum(counts) / seconds)


def _flood(tenant: Tenant) -> None:
    with tenant_context(tenant):
        rows = (Ticket(id=uuid7(), status=Ticket.Status.PENDING) for _ in range(QUEUED))
        Ticket.objects.bulk_create(rows, batch_size=5_000)


def _sweep_ms() -> float:
    taken = []
    for _ in range(SWEEPS):
        begun = time.perf_counter()
        sweep()
        taken.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(taken), 1)


def _sweeps_until(tenant: Tenant) -> int:
    """Return after how many sweeps a queued run of a workspace is let in."""
    with public_scope():
        Ticket.objects.active().delete()
    with tenant_context(tenant):
        mine = Ticket.objects.create(id=uuid7(), status=Ticket.Status.PENDING)
        count = 0
        while mine.status == Ticket.Status.PENDING:
            sweep()
            mine.refresh_from_db()
            count += 1
        return count


def _empty() -> None:
    with public_scope(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE dispatch_ticket, dispatch_timer, dispatch_pulse")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)

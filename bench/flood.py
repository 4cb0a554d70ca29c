"""`python -m bench.flood [queued] [starts]`: how soon a workspace's runs start, alone and in a flood.

Starts a product of its own and times the starts of one workspace, one after the other: from when
the run was asked for until a worker takes it up. Then another workspace gets 100,000 runs into its
queue, which the workers carry meanwhile, and the first one starts as many again. One line of JSON.
The flood's rows are written by hand, as many starts leave them: over the API that takes an hour.
"""

import json
import statistics
import sys
import time
from datetime import datetime
from typing import Any

from apps.local.processes import wait_until
from apps.local.temporary import temporary_folder
from bench.api_runs import Caller
from bench.product import running

EVERY_S = 0.1  # a start of the one that is measured
PATIENCE_S = 120
# The queue fills while the workspace is paused; then the workers have it.
RISE = """
from django.utils import timezone
from apps.accounts.services import add_member
from apps.common.ids import uuid7
from apps.dispatch.models import TenantLoad, Ticket
from apps.runs.models import Run, RunEvent
from apps.runs.services import start_run
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.services import create_tenant
from apps.workflows.services import create_workflow
from bench.graphs import chain
with public_scope():
    tenant = create_tenant(name="Flood", slug="flood")
    load = TenantLoad.objects.create(role=tenant.role_name, paused_at=timezone.now())
with tenant_context(tenant):
    actor = add_member(email="flood@bench.example", name="Flood", role="owner")
    workflow = create_workflow(actor=actor, name="Flood", definition=chain(9))
    first = start_run(workflow, actor=actor, inputs={{"n": 0}}, version="draft")
    event = first.events.get()
    names = [each.attname for each in Run._meta.concrete_fields]
    like = {{name: getattr(first, name) for name in names if name not in ("id", "root_id")}}
    for begun in range(1, {queued}, 5_000):
        ids = [uuid7() for _ in range(min(5_000, {queued} - begun))]
        Run.objects.bulk_create([Run(id=each, root_id=each, **like) for each in ids])
        RunEvent.objects.bulk_create(
            [RunEvent(run_id=each, seq=1, type=event.type, at=event.at) for each in ids]
        )
        Ticket.objects.bulk_create([Ticket(id=each, status="pending") for each in ids])
with public_scope():
    load.paused_at = None
    load.save()
print("risen")
"""
LEFT = """
from apps.dispatch.models import Ticket
from apps.tenants.context import public_scope
with public_scope():
    print(Ticket.objects.queued().count())
"""


def main(queued: int, starts: int) -> None:
    """Start a product and measure it."""
    with temporary_folder() as data, running(data) as product:
        words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench")
        caller = Caller(f"http://127.0.0.1:{product.port}/api/v1/", product.command(*words))
        workflow = caller.create()
        started(caller, workflow, starts)  # what is made at first use is none of the measurement
        alone = started(caller, workflow, starts)
        product.command("shell", "--no-imports", "-v", "0", "-c", RISE.format(queued=queued))
        beside = started(caller, workflow, starts)
        told = {"bench": "flood", "queued": queued, "starts": starts}
        told |= {f"alone_{name}": value for name, value in figures(alone).items()}
        told |= {f"flooded_{name}": value for name, value in figures(beside).items()}
        # Where none are left the flood was over before the last start: it has to be larger.
        left = int(product.command("shell", "--no-imports", "-v", "0", "-c", LEFT))
        print(json.dumps({**told, "still_queued": left}))


def started(caller: Caller, workflow: str, count: int) -> list[float]:
    """Start runs one after the other; return the milliseconds until each was taken up."""
    path, made = f"workflows/{workflow}/runs/", []
    for _ in range(count):
        made.append(str(caller.post(path, {"inputs": {"n": 0}, "version": "draft"})["id"]))
        time.sleep(EVERY_S)
    return [_waited(caller, run_id) for run_id in made]


def _waited(caller: Caller, run_id: str) -> float:
    found: dict[str, Any] = {}

    def is_over() -> bool:
        found.update(caller.get(f"runs/{run_id}/"))
        return bool(found["finished_at"])

    assert wait_until(is_over, seconds=PATIENCE_S), found
    times = (datetime.fromisoformat(found[name]) for name in ("created_at", "started_at"))
    asked, taken_up = times
    return (taken_up - asked).total_seconds() * 1000


def figures(taken: list[float]) -> dict[str, int]:
    """Return what is told of the times of starts."""
    ordered = sorted(taken)
    p95 = ordered[int(len(ordered) * 0.95)]
    found = {"p50_ms": statistics.median(ordered), "p95_ms": p95, "max_ms": ordered[-1]}
    return {name: round(value) for name, value in found.items()}


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(100_000, 200)[len(given) :])

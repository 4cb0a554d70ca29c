"""`python -m bench.open_waits [count]`: open questions, each of a run of its own that waits.

One line of JSON: milliseconds of a sweep, of the count beside the navigation, of a page of the
inbox and of a decision, with so many others open, and bytes for each. Nothing else is held. Run it
beside services of its own: `manage.py with_services -- python -m bench.open_waits`.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.dispatch.models import Ticket, Timer
from apps.dispatch.sweeper import sweep
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run, Wait
from apps.runs.services import decide, start_run
from apps.runs.watching.counts import approvals_of
from apps.tenants.context import public_scope, tenant_context
from apps.workflows.services import create_workflow
from bench.chain import tenant

CHUNK = 5_000
STORED = """
SELECT sum(pg_total_relation_size(name)) FROM
    unnest(ARRAY['runs_run', 'runs_wait', 'public.dispatch_ticket', 'public.dispatch_timer']) name
"""


def question(assignee: str) -> dict[str, Any]:
    """Start, then ask somebody."""
    config = {"title": "Refund?", "assignees": [assignee], "expires_after_s": 30 * 86_400}
    return {
        "schema": 1,
        "nodes": [
            {"id": "start", "type": "core.start", "config": {"fields": []}},
            {"id": "ask", "type": "human.approval", "config": config},
        ],
        "edges": [
            {"source": "start", "source_port": "out", "target": "ask", "target_port": "in"},
        ],
        "settings": {},
    }


def open_more(first: Wait, count: int) -> None:
    """Open as many questions as the first one, beside it."""
    later = timezone.now() + timedelta(days=30)
    run = Run.objects.get(pk=first.run_id)
    for start in range(0, count, CHUNK):
        runs = [
            Run(workflow=run.workflow, version=run.version, status="waiting", state=run.state)
            for _ in range(min(CHUNK, count - start))
        ]
        Run.objects.bulk_create(runs)
        Ticket.objects.bulk_create([Ticket(id=r.pk, status="waiting") for r in runs])
        Timer.objects.bulk_create(
            [Timer(ticket_id=r.pk, key="ask", kind="expiry", fire_at=later) for r in runs]
        )
        Wait.objects.bulk_create(
            [
                Wait(
                    run=r, node="ask", kind="approval", title="Refund?", terms=first.terms,
                    actions=first.actions, assignees=first.assignees, expires_at=later,
                )
                for r in runs
            ]
        )  # fmt: skip


def milliseconds(work: Callable[[], Any]) -> float:
    """Return the best of five times."""
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return round(min(taken) * 1000, 1)


def main(count: int) -> None:
    """Open so many questions of somebody else, and do what others do meanwhile."""
    with tenant_context(tenant()):
        stamp = time.time_ns()
        owner, other = (
            add_member(email=f"{name}{stamp}@bench.example", name=name, role="owner")
            for name in ("a", "b")
        )
        workflow = create_workflow(actor=owner, name="Asking", definition=question(owner.email))
        run = start_run(workflow, actor=owner, inputs={}, version="draft")
        advance(run.pk)
        wait = Wait.objects.get(run=run)
        open_more(wait, count)
        with public_scope(), connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(json.dumps({"bench": "open_waits", "open": count, **_figures(wait, owner, other)}))
        connection.close()


def _figures(wait: Wait, owner: User, other: User) -> dict[str, Any]:
    browser = Client(HTTP_HOST="bench.localhost")
    browser.force_login(other)
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        stored = cursor.fetchone()[0]
    begun = time.perf_counter()
    decide(wait, actor=owner, decision="approved")
    return {
        "decision_ms": round((time.perf_counter() - begun) * 1000, 1),
        "sweep_ms": milliseconds(sweep),
        "count_ms": milliseconds(lambda: approvals_of(other)),
        "count_mine_ms": milliseconds(lambda: approvals_of(owner)),
        "inbox_ms": milliseconds(lambda: browser.get("/approvals/?status=others")),
        "bytes_each": round(stored / max(Wait.objects.count(), 1)),
        "active_tickets": Ticket.objects.active().count(),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)

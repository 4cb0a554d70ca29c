"""`python -m tests.faults.mortal`: processes that carry a run through its whole life, or die.

Reads one order in JSON a line and answers each with one. For every order a child is forked, which
plays worker, sweeper, time and the person who decides; it may be told to kill itself at a point.
"""

import json
import os
import sys
import traceback
from typing import Any
from uuid import UUID

import django
from django.conf import settings

ROUNDS = 40
BEAT_S = 0.03  # so that steps of a fraction of a second are held by a heartbeat too


def live(run_id: UUID, schema: str, decider: str) -> None:
    """Carry a run until it is over or needs a person; its timers come at once."""
    from apps.accounts.models import User
    from apps.dispatch import keeper
    from apps.dispatch import services as dispatch
    from apps.dispatch.models import Ticket, Timer
    from apps.dispatch.sweeper import sweep
    from apps.runs import services
    from apps.runs.models import Run, Wait
    from apps.tenants.context import public_scope, tenant_context
    from apps.tenants.models import Tenant

    keeper.BEAT_S = BEAT_S
    with public_scope():
        tenant = Tenant.objects.get(schema_name=schema)
    dispatch.register_advance(_carry_in_schema)
    for _ in range(ROUNDS):
        with tenant_context(tenant):
            run = Run.objects.get(pk=run_id)
            if run.is_finished or run.status == Run.Status.NEEDS_ATTENTION:
                return
            Timer.objects.update(fire_at="2020-01-01T00:00:00Z")
            Ticket.objects.update(due_at="2020-01-01T00:00:00Z")
            for wait in Wait.objects.filter(run=run).open().approvals():
                services.decide(wait, actor=User.objects.get(email=decider), decision="approved")
        sweep()
    raise AssertionError(f"Run {run_id} did not come to its end.")


def _carry_in_schema(run_id: UUID, schema: str) -> None:
    """Answer a doorbell at once, as the worker that it is meant for."""
    from apps.runs.interpreter.advancing import advance
    from apps.tenants.context import public_scope, tenant_context
    from apps.tenants.models import Tenant

    with public_scope():
        tenant = Tenant.objects.get(schema_name=schema)
    with tenant_context(tenant):
        advance(run_id)


def child(order: dict[str, Any], answer: int) -> int:
    """Obey one order in this process; return its exit code."""
    from tests.faults.points import Watch

    watch = Watch(order.get("die_at", ""), order.get("time", 1)).plant()
    try:
        live(UUID(order["run"]), order["schema"], order["decider"])
    except BaseException:
        traceback.print_exc()
        return 1
    os.write(answer, json.dumps(watch.counts).encode())
    return 0


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """Fork a child for an order; return how it ended, and how often it came to each point."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        code = child(order, writer)
        sys.stderr.flush()
        os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), "counts": json.loads(said or "{}")}


def main() -> None:
    """Obey until the input ends."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "auterity.settings.test"
    settings.DATABASES["default"]["NAME"] = os.environ["FAULT_DATABASE"]
    settings.EGRESS_ALLOW = os.environ["FAULT_EGRESS"].split(",")
    django.setup()
    from auterity.celery import app

    app.loader.import_default_modules()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

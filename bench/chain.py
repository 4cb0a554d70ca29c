"""`python -m bench.chain [length]`: a chain of transforms, each reading the one before, carried here.

One line of JSON: seconds in all, CPU milliseconds a node, and bytes stored for the run. Run it
beside services of its own: `manage.py with_services -- python -m bench.chain`.
"""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from django.db import connection

from apps.accounts.services import add_member
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.migrating import migrate_all
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant
from apps.workflows.services import create_workflow
from bench.graphs import chain

STORED = """
SELECT (SELECT sum(pg_column_size(r)) FROM runs_run r)
     + (SELECT sum(pg_column_size(n)) FROM runs_noderun n)
     + (SELECT sum(pg_column_size(e)) FROM runs_runevent e),
       pg_total_relation_size('runs_noderun') + pg_total_relation_size('runs_runevent')
"""


def tenant() -> Tenant:
    """Return the workspace of the measurement, made when missing."""
    with public_scope():
        migrate_all()
        found = Tenant.objects.filter(slug="bench").first()
        return found or create_tenant(name="Bench", slug="bench")


def main(length: int) -> None:
    """Carry the chain three times and print the best."""
    with tenant_context(tenant()):
        actor = add_member(email=f"b{time.time_ns()}@bench.example", name="B", role="owner")
        workflow = create_workflow(actor=actor, name="Chain", definition=chain(length))
        taken = []
        for _ in range(3):
            run = start_run(workflow, actor=actor, inputs={"n": 0}, version="draft")
            wall, cpu = time.perf_counter(), time.process_time()
            advance(run.pk)
            taken.append((time.perf_counter() - wall, time.process_time() - cpu))
            run.refresh_from_db()
            assert (run.status, run.outputs) == (Run.Status.SUCCEEDED, {"n": length}), run.error
        with connection.cursor() as cursor:
            cursor.execute(STORED)
            rows, relations = cursor.fetchone()
        connection.close()
    wall, cpu = min(taken)
    print(
        json.dumps(
            {
                "bench": "chain",
                "nodes": length,
                "total_s": round(wall, 3),
                "cpu_ms_per_node": round(cpu * 1000 / length, 3),
                "rows_bytes_per_run": int(rows / 3),
                "relations_bytes_per_run": int(relations / 3),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)

"""`python -m bench.engine`: what the engine costs by the shape of a run, carried in this process.

One line of JSON for each shape, and first one for the floor: a committed insert of one row and of a
thousand. Run it beside services of its own: `manage.py with_services -- python -m bench.engine`.
"""

import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from django.db import connection, transaction

from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows.services import create_workflow
from bench.chain import tenant
from bench.graphs import calls, chain, fan, loop, rounds

ROUNDS = 3
THREADS = 8
SHAPES: dict[str, tuple[dict[str, Any], int]] = {
    "chain of 10": (chain(10), 10),
    "chain of 100": (chain(100), 100),
    "chain of 1,000": (chain(1_000), 1_000),
    "fan of 100": (fan(100), 102),
    "fan of 1,000": (fan(1_000), 1_002),
    "loop of 1,000": (loop(1_000), 1_000),
    "list of 200": (rounds(200), 200),
    "chain of 10 code steps": (calls(10), 10),
    "chain of 100 code steps": (calls(100), 100),
    "chain of 1,000 code steps": (calls(1_000), 1_000),
}


def main() -> None:
    """Measure the floor, each shape, two hundred runs of ten at a time, and what was held at most."""
    measured = tenant()
    tell("floor", **floor())
    with tenant_context(measured):
        actor = add_member(email=f"b{time.time_ns()}@bench.example", name="B", role="owner")
        for name, (definition, count) in SHAPES.items():
            tell(name, **shape(actor, definition, count))
        tell("200 runs of 10", **many(measured, actor))
        connection.close()
    tell("memory", peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    os._exit(0)


def tell(shape: str, **figures: float) -> None:
    """Print one line of JSON."""
    print(json.dumps({"bench": "engine", "shape": shape, **figures}), flush=True)


def floor() -> dict[str, float]:
    """Return the milliseconds of a committed insert, of one row and of a thousand."""
    with public_scope(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_floor (id bigint, body jsonb)")
        insert = "INSERT INTO bench_floor SELECT n, '{\"n\": 1}' FROM generate_series(1, %s) n"
        found = {}
        for rows in (1, 1_000):
            taken = [timed(partial(cursor.execute, insert, [rows]))[0] for _ in range(50)]
            found[f"insert_{rows}_ms"] = round(statistics.median(taken), 2)
        cursor.execute("DROP TABLE bench_floor")
    return found


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds that something takes, by the clock and of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def shape(actor: User, definition: dict[str, Any], count: int) -> dict[str, float]:
    """Return the best of some runs of a definition."""
    workflow = create_workflow(actor=actor, name="Shape", definition=definition)
    taken = []
    for _ in range(ROUNDS):
        run = start_run(workflow, actor=actor, inputs={"n": 0}, version="draft")
        taken.append(timed(partial(advance, run.pk)))
        run.refresh_from_db()
        assert run.status == Run.Status.SUCCEEDED, (run.status, run.error)
    wall, cpu = min(taken)
    return {"ms": round(wall, 1), "cpu_ms_per_step": round(cpu / count, 3)}


def many(measured: Tenant, actor: User) -> dict[str, float]:
    """Return how fast runs of ten steps are started and carried by the threads of a worker."""
    workflow = create_workflow(actor=actor, name="Many", definition=chain(10))

    def carry(_: int) -> None:
        with tenant_context(measured):
            with transaction.atomic():
                run = start_run(workflow, actor=actor, inputs={"n": 0}, version="draft")
            advance(run.pk)
            run.refresh_from_db()
        assert run.status == Run.Status.SUCCEEDED, (run.status, run.error)

    def carry_all() -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(carry, range(200)))

    wall, cpu = timed(carry_all)
    return {"runs_per_s": round(200_000 / wall, 1), "cpu_ms_per_run": round(cpu / 200, 2)}


if __name__ == "__main__":
    main()

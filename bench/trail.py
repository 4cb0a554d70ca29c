"""`python -m bench.trail [entries]`: writing, linking and verifying a long audit trail.

One line of JSON: how many entries, and for linking and verifying the seconds and entries a second.
Run it beside services of its own: `manage.py with_services -- python -m bench.trail`.
"""

import json
import os
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from apps.audit import chain, checking
from apps.audit.models import AuditEntry, Link
from apps.tenants.context import tenant_context
from bench.chain import tenant

BATCH = 1000


def write(count: int) -> None:
    """Write entries as services write them, many in one statement."""
    for first in range(0, count, BATCH):
        AuditEntry.objects.bulk_create(
            AuditEntry(
                actor_type="user",
                actor_id="0190f1c2-0000-7000-8000-000000000000",
                actor_label="Mara Lindqvist",
                action="member.role_changed",
                target_type="user",
                target_id=str(number),
                target_label="Aiko Tanaka",
                before={"role": "viewer"},
                after={"role": "builder"},
                ip="192.0.2.7",
                request_id=f"req-{number}",
            )
            for number in range(first, min(first + BATCH, count))
        )


def link() -> None:
    """Link all of them."""
    while chain.link():
        pass


def verify() -> None:
    """Walk along the whole chain, which must hold."""
    verdict = checking.verify()
    assert not verdict.wrong, verdict.wrong


def timed(work: Callable[[], None]) -> float:
    """Return how long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(count: int) -> None:
    """Write, link and verify."""
    with tenant_context(tenant()):
        write(count)
        told: dict[str, float] = {}
        for name, work in (("link", link), ("verify", verify)):
            seconds = timed(work)
            told |= {f"{name}_s": round(seconds, 2), f"{name}_per_s": round(count / seconds)}
        print(json.dumps({"entries": Link.objects.count(), **told}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

"""`python -m bench.evidence [entries]`: writing a pack of evidence about a long trail, and checking it.

One line of JSON: entries, seconds and entries a second of writing and of checking, the size of the pack,
and how much memory the process held at most beyond what it held before. Run it beside services of its own:
`manage.py with_services -- python -m bench.evidence`.
"""

import json
import os
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.evidence import services, writing
from apps.evidence.checking import check
from apps.evidence.management.commands.verify_evidence import fits_workspace
from apps.evidence.models import Pack
from apps.files import services as files
from apps.tenants.context import tenant_context
from bench.chain import tenant
from bench.trail import link, timed, write


def peak_mib() -> float:
    """Return how much memory this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def asked(owner: User) -> Pack:
    """Ask for the evidence of everything."""
    until = timezone.now() + timedelta(days=1)
    return services.start_pack(actor=owner, since=until - timedelta(days=30), until=until)


def fetch(pack: Pack, path: Path) -> None:
    """Put the parts of a pack together."""
    with path.open("wb") as out:
        for part in pack.parts.select_related("blob"):
            out.write(files.load(part.blob))


def _checked(path: Path) -> None:
    found = check(str(path), fits_workspace)
    assert not found.wrong, found.wrong


def main(count: int) -> None:
    """Write the trail, the pack, and check it."""
    with tenant_context(tenant()), tempfile.TemporaryDirectory() as folder:
        owner = add_member(email=f"e{time.time_ns()}@bench.example", name="E", role="owner")
        write(count)
        link()
        pack, before = asked(owner), peak_mib()
        writing_s = timed(lambda: writing.carry(pack.pk))
        pack.refresh_from_db()
        assert pack.status == Pack.Status.DONE, pack.trouble
        written, path = peak_mib(), Path(folder, "pack.zip")
        fetch(pack, path)
        checking_s = timed(lambda: _checked(path))
        told = {
            "bench": "evidence", "entries": pack.done, "write_s": round(writing_s, 2),
            "write_per_s": round(pack.done / writing_s), "check_s": round(checking_s, 2),
            "check_per_s": round(pack.done / checking_s), "pack_mib": round(pack.size / 2**20, 1),
            "peak_mib": round(written, 1), "peak_more_mib": round(written - before, 1),
        }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

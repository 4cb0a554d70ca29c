"""What the history says of a run whose carrier was lost."""

from hashlib import blake2s

from apps.dispatch.leases import LEASE_S
from apps.runs.interpreter.ledger import Ledger
from apps.runs.models import NodeRun


def note_recovery(ledger: Ledger) -> None:
    """Say that the last carrier was lost, for how long nothing moved, and what was under way.

    A lease is renewed while its carrier lives, so the last sign of life was one lease before its end.
    """
    lease = ledger.lease
    if lease.lost_until is None:
        return
    rows = NodeRun.objects.filter(run=ledger.run, status=NodeRun.Status.RUNNING)
    ledger.note(
        "run.recovered",
        lost=worker_name(lease.lost_owner),
        by=worker_name(lease.owner),
        fence=lease.fence,
        strikes=lease.strikes,
        silent_s=round((lease.at - lease.lost_until).total_seconds() + LEASE_S, 3),
        nodes=list(rows.values_list("node", flat=True)),
    )


def worker_name(owner: str) -> str:
    """Return a worker's name as customers see it: hosts and processes are not theirs to know."""
    return f"w-{blake2s(owner.encode(), digest_size=2).hexdigest()}"

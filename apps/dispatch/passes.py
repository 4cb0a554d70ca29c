"""Passes: how many steps may reach outside at a time, in a workspace and through one channel.

A channel is whatever the apps above cap, such as the key of a provider. A step takes a pass before
it begins and gives it back at its end; where none is free it stands in a queue of rows, and its run
holds no worker for that. A pass is good as long as its carrier holds the run: it names the fence, so
that those of a worker that died are free when its lease ends, and nobody has to tell.

Whoever comes first goes first, past those only whose channel is full. Who is called keeps the place
for a moment, until its run has been looked at. All of it happens under one lock of the workspace, in
transactions that lock nothing else: whoever writes a run down never waits for it with a run in hand.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from apps.dispatch import services
from apps.dispatch.gate import RESUMED
from apps.dispatch.leases import Lease
from apps.dispatch.models import CurrentRole, Pass, TenantLoad
from apps.tenants.context import current_scope

LOCK_SPACE = 4_810_235  # of advisory locks, used by nothing else
KEPT_S = 10  # so long a place is kept for who was called
NO_CAP = 1 << 30

LOCK = "SELECT pg_advisory_xact_lock(%(space)s, hashtext(%(role)s))"
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%(space)s, hashtext(%(role)s))"
FLEETING = "SET LOCAL synchronous_commit TO off"  # what a crash of the database loses is free
TAKEN = """
SELECT pass.channel, pass.ticket_id, pass.key
FROM dispatch_pass AS pass LEFT JOIN dispatch_ticket AS ticket ON ticket.id = pass.ticket_id
WHERE pass.role = %(role)s AND (
    pass.fence = ticket.fence AND ticket.status = 'running'
        AND ticket.lease_until > clock_timestamp()
    OR pass.fence IS NULL AND pass.called_at > clock_timestamp() - %(kept)s * interval '1 second')
"""
CALL = """
WITH taken AS (SELECT channel, count(*) AS n FROM ({taken}) AS pass GROUP BY channel), queued AS (
    SELECT pass.id, pass.channel, pass.cap, pass.asked_at,
           row_number() OVER (PARTITION BY pass.channel ORDER BY pass.asked_at, pass.id) AS place
    FROM dispatch_pass AS pass JOIN dispatch_ticket AS ticket ON ticket.id = pass.ticket_id
    WHERE pass.role = %(role)s AND pass.fence IS NULL AND ticket.status IN ('waiting', 'running')
      AND (pass.called_at IS NULL
           OR pass.called_at <= clock_timestamp() - %(kept)s * interval '1 second')
), next AS (
    SELECT queued.id FROM queued LEFT JOIN taken ON taken.channel = queued.channel
    WHERE queued.cap IS NULL OR queued.place <= queued.cap - coalesce(taken.n, 0)
    ORDER BY queued.asked_at, queued.id
    LIMIT greatest(0, %(cap)s - (SELECT coalesce(sum(n), 0) FROM taken))
)
UPDATE dispatch_pass AS pass SET called_at = clock_timestamp()
FROM next WHERE pass.id = next.id RETURNING pass.ticket_id
"""
QUEUES = """
SELECT DISTINCT pass.role, coalesce(load.max_outside, %(default)s)
FROM dispatch_pass AS pass LEFT JOIN dispatch_tenantload AS load ON load.role = pass.role
WHERE pass.fence IS NULL
"""
WAKE = """
WITH free AS (
    SELECT id FROM dispatch_ticket WHERE id = ANY(%(ids)s) FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE dispatch_ticket AS ticket
SET wake = wake + 1,
    due_at = CASE WHEN status = 'running' THEN due_at ELSE clock_timestamp() END,
    priority = CASE WHEN status = 'waiting' THEN greatest(priority, %(resumed)s) ELSE priority END,
    status = CASE WHEN status <> 'waiting' THEN status
                  WHEN lane IS NULL THEN 'pending' ELSE 'held' END
FROM free WHERE ticket.id = free.id RETURNING ticket.id
"""
UNCALL = """
UPDATE dispatch_pass SET called_at = NULL WHERE fence IS NULL AND ticket_id = ANY(%(ids)s)
"""
SWEEP_OUT = """
DELETE FROM dispatch_pass AS pass
WHERE id IN (
    SELECT id FROM dispatch_pass AS left_over
    WHERE NOT EXISTS (SELECT FROM dispatch_ticket AS ticket WHERE ticket.id = left_over.ticket_id)
    FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True)
class Wanted:
    """What one step of a run wants: a place in its workspace, and one in a channel with a cap."""

    key: str
    channel: UUID | None = None
    cap: int | None = None


def cap_of_workspace() -> int | None:
    """Return how many steps of the current workspace may reach outside at a time; None: any."""
    load = TenantLoad.objects.filter(role=CurrentRole()).values_list("max_outside", flat=True)
    return load.first() or settings.OUTSIDE_PER_TENANT or None


def take(lease: Lease, wanted: Sequence[Wanted]) -> set[str]:
    """Take passes and return the keys of who got one; the others are called when it is their turn.

    Those who wait already are served before.
    """
    with transaction.atomic():
        cap = _lock()
        _note_caps(wanted)
        called = _call(cap)
        taken = _taken()
        got = {each.key for each in wanted if _fits(taken, lease.id, each, cap)}
        _write(lease, wanted, got)
    _wake(called)
    return got


def move(lease: Lease, wanted: Wanted) -> bool:
    """Have a pass be one of another channel, and tell whether there was room for it."""
    with transaction.atomic():
        cap = _lock()
        taken = _taken()
        if not _fits(taken, lease.id, wanted, cap):
            return False
        _write(lease, [wanted], {wanted.key})
        called = _call(cap)
    _wake(called)
    return True


def give_back(run_id: UUID, keys: Collection[str]) -> bool:
    """Give passes back, or leave the queue; tell whether the run itself is called by that."""
    own = Pass.objects.filter(ticket_id=run_id, key__in=keys)
    if not own.exists():
        return False
    with transaction.atomic():
        cap = _lock()
        own.delete()
        called = _call(cap)
    _wake(called - {run_id})
    return run_id in called


def called(lease: Lease) -> set[str]:
    """Return the keys of a run's steps that were called and have not come yet.

    So are those that came with a carrier before this one, who may have died before it said so.
    """
    own = Pass.objects.filter(ticket_id=lease.id)
    found = own.filter(Q(fence=None, called_at__isnull=False) | Q(fence__lt=lease.fence))
    return set(found.values_list("key", flat=True))


def call_waiting() -> None:
    """Call who may go on, in all workspaces: what a worker's death or a new cap has made free.

    To be called by the sweep, in the public scope, as the owner. It waits for nobody: a workspace
    in which somebody holds the lock, or a run whose ticket is held, has its turn with the next one.
    """
    for role, cap in _rows(QUEUES, default=settings.OUTSIDE_PER_TENANT):
        with transaction.atomic():
            if _rows(TRY_LOCK, space=LOCK_SPACE, role=role)[0][0]:
                _call_free(cap or NO_CAP, role)
    _rows(SWEEP_OUT)


def _call_free(cap: int, role: str) -> None:
    """Call who may go on and can be woken now; the others wait on, with their place in the queue."""
    found = _call(cap, role)
    if found:
        woken = {run_id for (run_id,) in _rows(WAKE, ids=sorted(found), resumed=RESUMED)}
        _rows(UNCALL, ids=sorted(found - woken))


def set_cap(channel: UUID, cap: int | None) -> None:
    """Let who waits for a channel have another cap, and call who may go on by that."""
    with transaction.atomic():
        cap_of_all = _lock()
        _note_caps([Wanted("", channel, cap)])
        called = _call(cap_of_all)
    _wake(called)


def in_use(channel: UUID | None = None) -> int:
    """Return how many steps of the current workspace hold a pass, in all or of one channel."""
    return sum(channel in (None, of) for of, _, _ in _taken())


def _lock() -> int:
    """Let nobody else of the workspace take or call until commit; return the workspace's cap."""
    _rows(FLEETING)
    _rows(LOCK, space=LOCK_SPACE, role=current_scope().role)
    return cap_of_workspace() or NO_CAP


def _taken() -> list[tuple[UUID | None, UUID, str]]:
    return _rows(TAKEN, role=current_scope().role, kept=KEPT_S)


def _fits(
    taken: list[tuple[UUID | None, UUID, str]], run_id: UUID, wanted: Wanted, cap: int
) -> bool:
    """Tell whether there is room for one more beside those of others, and count it if so."""
    others = [each for each in taken if each[1:] != (run_id, wanted.key)]
    channels = Counter(channel for channel, _, _ in others)
    room = NO_CAP if wanted.cap is None else wanted.cap - channels[wanted.channel]
    if len(others) >= cap or room <= 0:
        return False
    taken[:] = [*others, (wanted.channel, run_id, wanted.key)]
    return True


def _write(lease: Lease, wanted: Sequence[Wanted], got: set[str]) -> None:
    """Write who got a pass and who waits; who has waited before keeps the place in the queue."""
    passes = [
        Pass(
            ticket_id=lease.id, key=each.key, channel=each.channel, cap=each.cap,
            fence=lease.fence if each.key in got else None,
        )
        for each in wanted
    ]  # fmt: skip
    Pass.objects.bulk_create(
        passes,
        update_conflicts=True,
        unique_fields=["ticket_id", "key"],
        update_fields=["channel", "cap", "fence", "called_at"],
    )


def _note_caps(wanted: Sequence[Wanted]) -> None:
    """Let who waits for a channel have its cap as it is now."""
    for channel, cap in {each.channel: each.cap for each in wanted if each.channel}.items():
        queued = Pass.objects.filter(role=CurrentRole(), channel=channel, fence=None)
        queued.exclude(cap=cap).update(cap=cap)


def _call(cap: int, role: str = "") -> set[UUID]:
    """Call who may go on now; return their runs."""
    role = role or str(current_scope().role)
    return {
        run_id for (run_id,) in _rows(CALL.format(taken=TAKEN), role=role, cap=cap, kept=KEPT_S)
    }


def _wake(runs: Collection[UUID]) -> None:
    """Have runs looked at, each in a transaction of its own: no two tickets are locked at once."""
    for run_id in sorted(runs):
        with transaction.atomic():
            services.wake(run_id)


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []

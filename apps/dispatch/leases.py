"""Carrying a run: claim it, hold it while writing, let it go. Only the database's clock counts.

A claim raises the fence. Everything a carrier writes happens in a transaction that first holds the
ticket at its fence, so that one who lost the run, frozen or cut off, writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dispatch.exceptions import Fenced, WokenUp
from apps.dispatch.metrics import CLAIMS, FENCED

LEASE_S = 10
LAST_CHANCE = 2  # so many carriers of a run have died: the next one carries nothing beside it

CLAIM = """
WITH before AS (
    SELECT id, owner, lease_until FROM dispatch_ticket
    WHERE id = %(id)s
      AND (status = 'ready' OR status = 'running' AND lease_until < clock_timestamp())
      AND (%(alone)s OR strikes + (status = 'running')::int <> %(last_chance)s)
    FOR UPDATE SKIP LOCKED -- somebody writes it just now, perhaps frozen: the sweep rings again
)
UPDATE dispatch_ticket AS ticket
SET status = 'running', owner = %(owner)s, fence = fence + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    strikes = strikes + (ticket.status = 'running')::int
FROM before WHERE ticket.id = before.id
RETURNING fence, wake, wanted, strikes, clock_timestamp(), before.owner, before.lease_until
"""
SUSPECTED = """
SELECT 1 FROM dispatch_ticket
WHERE id = %(id)s AND strikes + (status = 'running')::int = %(last_chance)s
  AND (status = 'ready' OR status = 'running' AND lease_until < clock_timestamp())
"""
SEIZE = """
UPDATE dispatch_ticket
SET status = 'running', owner = %(owner)s, fence = fence + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id = %(id)s AND NOT (status = 'running' AND lease_until >= clock_timestamp())
RETURNING fence, wake, wanted, strikes, clock_timestamp()
"""
USURP = """
UPDATE dispatch_ticket
SET status = 'running', owner = %(owner)s, fence = fence + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id = %(id)s
RETURNING fence, wake, wanted, strikes, clock_timestamp()
"""
HOLD = """
UPDATE dispatch_ticket
SET lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    strikes = CASE WHEN %(progress)s THEN 0 ELSE strikes END
WHERE id = %(id)s AND fence = %(fence)s AND status = 'running'
RETURNING wake, wanted
"""
# A ticket that somebody else is writing is still held, if its fence says so: who waited for it would
# let all leases of this process end. Its own comes in time with the next beat, or is lost.
RENEW = """
WITH held AS (
    SELECT ticket.id, ticket.fence, ticket.wake, ticket.wanted, ticket.role
    FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[]) AS held (id, fence)
    JOIN dispatch_ticket AS ticket ON ticket.id = held.id AND ticket.fence = held.fence
    WHERE ticket.status = 'running'
), free AS (
    SELECT ticket.id FROM dispatch_ticket AS ticket
    JOIN held ON held.id = ticket.id AND held.fence = ticket.fence
    WHERE ticket.status = 'running' FOR NO KEY UPDATE OF ticket SKIP LOCKED
), renewed AS (
    UPDATE dispatch_ticket AS ticket
    SET lease_until = clock_timestamp() + %(lease)s * interval '1 second'
    FROM free WHERE ticket.id = free.id
)
SELECT held.id, held.wake, held.wanted,
       EXISTS (SELECT FROM tenants_tenant AS tenant
               WHERE tenant.role_name = held.role AND tenant.status <> 'active')
FROM held
"""
FORSAKE = """
UPDATE dispatch_ticket AS ticket
SET status = 'ready', owner = '', lease_until = NULL, due_at = clock_timestamp()
FROM unnest(%(ids)s::uuid[], %(fences)s::bigint[]) AS held (id, fence)
WHERE ticket.id = held.id AND ticket.fence = held.fence AND ticket.status = 'running'
"""
RELEASE = """
UPDATE dispatch_ticket
SET status = %(status)s, owner = '', lease_until = NULL,
    needs_attention = %(needs_attention)s,
    due_at = clock_timestamp() + interval '2 seconds'
WHERE id = %(id)s AND fence = %(fence)s AND wake = %(wake)s
RETURNING id
"""
FINISH = """
WITH gone AS (DELETE FROM dispatch_timer WHERE ticket_id = %(id)s)
DELETE FROM dispatch_ticket WHERE id = %(id)s AND fence = %(fence)s RETURNING id
"""


@dataclass(frozen=True)
class Lease:
    """The right to carry a run, until somebody claims it with a higher fence."""

    id: UUID
    fence: int
    wake: int
    wanted: str
    strikes: int  # how often a carrier died since a step last came to its end
    at: datetime  # the database's time when it was claimed
    owner: str
    lost_owner: str = ""  # who held it before and never let go
    lost_until: datetime | None = None  # when that one's lease ended


@dataclass(frozen=True)
class News:
    """What others want of a run's carrier: its wake count when it is looked at, and their wish.

    `is_closed`: its workspace is suspended, so nothing new is begun there; the keeper tells that.
    """

    wake: int
    wanted: str
    is_closed: bool = False


def claim(run_id: UUID, owner: str, *, alone: bool = False) -> Lease | None:
    """Take a run that is ready, or whose carrier died. None: there is nothing to do for it here.

    One that has its last chance is given only to a process that carries it alone.
    """
    lease = _take(CLAIM, run_id, owner, alone=alone, last_chance=LAST_CHANCE)
    if lease is not None:
        CLAIMS.inc()
    return lease


def is_suspected(run_id: UUID) -> bool:
    """Tell whether a run could be claimed, by a process that carries it alone."""
    with connection.cursor() as cursor:
        cursor.execute(SUSPECTED, {"id": run_id, "last_chance": LAST_CHANCE})
        return cursor.fetchone() is not None


def seize(run_id: UUID, owner: str) -> Lease | None:
    """Take a run that no living worker carries, in whatever status, to change it at once.

    For use inside one transaction that also releases or finishes it.
    """
    return _take(SEIZE, run_id, owner)


def usurp(run_id: UUID, owner: str) -> Lease | None:
    """Take a run even from a worker that lives: whatever that one still does is discarded.

    For use inside one transaction that also finishes it. None: there is no ticket any more.
    """
    return _take(USURP, run_id, owner)


def hold(lease: Lease, *, progress: bool = False) -> News:
    """Lock the ticket for this transaction and renew the lease. Raises Fenced.

    With progress, what killed earlier carriers is behind us.
    """
    row = _row(HOLD, lease, progress=progress)
    if row is None:
        FENCED.inc()
        raise Fenced
    return News(*row)


def release(lease: Lease, *, wake_seen: int, status: str, needs_attention: bool = False) -> None:
    """Let the run go in a status. Raises WokenUp if it was woken since `wake_seen` was read.

    Call it in the transaction that holds the lease: a wake-up comes either before it and is
    noticed, or after it and finds the new status.
    """
    told = {"wake": wake_seen, "status": status, "needs_attention": needs_attention}
    if _row(RELEASE, lease, **told) is None:
        raise WokenUp


def finish(lease: Lease) -> None:
    """Remove the ticket of a finished run, with its timers. Raises Fenced."""
    if _row(FINISH, lease) is None:
        raise Fenced


def renew(leases: Sequence[Lease]) -> dict[UUID, News]:
    """Renew leases of any workspaces, from the public scope; those left out are lost.

    It waits for no lock: what somebody writes just now is renewed the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(RENEW, {"lease": LEASE_S, **_all(leases)})
        return {run_id: News(*told) for run_id, *told in cursor.fetchall()}


def forsake(leases: Sequence[Lease]) -> None:
    """Make runs ready whose carrier lives but could not write, from the public scope.

    That is no strike: nobody died. Those that somebody else has claimed since stay theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute(FORSAKE, _all(leases))


def _all(leases: Sequence[Lease]) -> dict[str, Any]:
    return {"ids": [each.id for each in leases], "fences": [each.fence for each in leases]}


def _take(statement: str, run_id: UUID, owner: str, **values: Any) -> Lease | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"id": run_id, "owner": owner, "lease": LEASE_S, **values})
        row = cursor.fetchone()
    if row is None:
        return None
    fence, wake, wanted, strikes, at, *lost = row
    return Lease(run_id, fence, wake, wanted, strikes, at, owner, *lost)


def _row(statement: str, lease: Lease, **values: Any) -> Any:
    with connection.cursor() as cursor:
        given = {"id": lease.id, "fence": lease.fence, "lease": LEASE_S, **values}
        cursor.execute(statement, given)
        return cursor.fetchone()

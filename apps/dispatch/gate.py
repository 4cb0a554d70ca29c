"""The gate: whether a run may go on now, decided in the transaction that asks.

A workspace has room while fewer of its runs are ready or carried than its cap. They are counted,
by an index and never further than the cap. Far below the cap nobody waits for anybody; only close
to it one transaction at a time may pass, so that the cap holds however many start at once.
Who does not pass waits for the sweep, which lets workspaces in by turns (`admission`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.dispatch.exceptions import Backlogged
from apps.dispatch.models import TenantLoad, Ticket
from apps.tenants.context import current_scope

Status = Ticket.Status

NEAR = 16  # how many transactions may start runs of a workspace side by side, unseen by each other
RESUMED = 100  # what has begun goes before what has not
ROLES, LANES = 4_810_233, 4_810_234  # spaces of advisory locks

# The order of each is that of an index: it keeps the planner from reading all, statistics or not.
ACTIVE = """
SELECT count(*) FROM (
    SELECT FROM dispatch_ticket WHERE role = %(role)s AND status IN ('ready', 'running')
    ORDER BY id LIMIT {limit}
) AS active
"""
QUEUED = """
SELECT count(*) FROM (
    SELECT FROM dispatch_ticket WHERE role = %(role)s AND status IN ('pending', 'held')
    ORDER BY id LIMIT {limit}
) AS queued
"""
LOAD = f"""
SELECT running - ({ACTIVE.format(limit="running")}), queued - ({QUEUED.format(limit="queued")}),
       running, is_open, clock_timestamp()
FROM (
    SELECT coalesce(load.max_running, %(running)s) AS running,
           coalesce(load.max_queued, %(queued)s) AS queued,
           load.paused_at IS NULL AND coalesce(pulse.room, 1) > 0
               AND coalesce((SELECT priority FROM dispatch_ticket
                             WHERE role = %(role)s AND status = 'pending'
                             ORDER BY priority DESC, id LIMIT 1) < %(priority)s, true) AS is_open
    FROM (SELECT) AS one LEFT JOIN dispatch_tenantload AS load ON load.role = %(role)s
                         LEFT JOIN dispatch_pulse AS pulse ON pulse.id = 1
) AS load
"""  # noqa: S608 - our own texts
COUNT = ACTIVE.format(limit="%(limit)s")
IN_LANE = """
SELECT count(*) FROM dispatch_ticket
WHERE lane = %(lane)s AND status IN ('pending', 'ready', 'running')
"""
LOCK_ROLE = "SELECT pg_try_advisory_xact_lock(%(space)s, hashtext(%(role)s))"
LOCK_LANE = "SELECT pg_try_advisory_xact_lock(%(space)s, hashtext(%(lane)s))"


@dataclass(frozen=True)
class Lane:
    """The runs of which only so many may go on at a time, such as those of one workflow."""

    id: UUID
    cap: int


@dataclass(frozen=True)
class Load:
    """How much more the current workspace may take up, and whether its gate is open at all now."""

    free: int  # runs that may go on beside those that do
    free_in_queue: int
    cap: int
    is_open: bool
    at: datetime  # the database's time

    @classmethod
    def read(cls, priority: int) -> "Load":
        """Return it as it is for a run of a priority: who waits already goes first."""
        values = {"running": settings.RUNS_PER_TENANT, "queued": settings.RUN_BACKLOG}
        return cls(*_row(LOAD, priority=priority, **values))

    @property
    def is_ample(self) -> bool:
        """Whether runs may go on here without asking who else starts some at this moment."""
        return self.is_open and self.free > NEAR


@dataclass(frozen=True)
class Limits:
    """How many runs of a workspace may go on, and may be queued, at a time."""

    max_running: int
    max_queued: int


def limits_of(load: TenantLoad) -> Limits:
    """Return the limits of a workspace: its own, else those of the installation."""
    running, queued = load.max_running, load.max_queued
    return Limits(
        settings.RUNS_PER_TENANT if running is None else running,
        settings.RUN_BACKLOG if queued is None else queued,
    )


def entry(load: Load, lane: Lane | None) -> str:
    """Return the status in which a run that wants to go on enters: ready, or how it waits."""
    if lane is not None and not _lane_has_room(lane):
        return Status.HELD
    return Status.READY if load.is_open and _has_room(load) else Status.PENDING


def refuse_if_backlogged(load: Load) -> None:
    """Raise Backlogged when as many runs of the workspace are queued as may be."""
    if load.free_in_queue <= 0:
        raise Backlogged(retry_after=30)


def lane_of(ticket: Ticket) -> Lane | None:
    """Return the lane that a ticket was made for."""
    if ticket.lane is None or ticket.lane_cap is None:
        return None
    return Lane(ticket.lane, ticket.lane_cap)


def _has_room(load: Load) -> bool:
    if load.free > NEAR or load.free <= 0:
        return load.free > 0
    # Whoever passed under this lock is committed, and counted, before the next one gets it.
    return bool(_row(LOCK_ROLE, space=ROLES)[0] and _row(COUNT, limit=load.cap)[0] < load.cap)


def _lane_has_room(lane: Lane) -> bool:
    locked = _row(LOCK_LANE, space=LANES, lane=str(lane.id))[0]
    return bool(locked and _row(IN_LANE, lane=lane.id)[0] < lane.cap)


def _row(statement: str, **values: Any) -> Any:
    with connection.cursor() as cursor:
        # Not current_user, whose collation is that of names: no index on a role would be of use.
        cursor.execute(statement, {"role": current_scope().role, **values})
        return cursor.fetchone()

"""The sweep: each second, whatever is due is rung for again. Rows are the truth, messages may fail.

Every worker process has a sweeper; an advisory lock lets one of them work at a time. It runs in the
public scope as the owner, who sees the tickets of all workspaces.
"""

import logging
import threading
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction

from apps.dispatch import chores, services
from apps.dispatch.exceptions import BrokerAway
from apps.tenants.context import public_scope

logger = logging.getLogger(__name__)

SWEEP_S = 1.0
LOCK = 4_810_232  # any constant number, used by nothing else
BATCH = 500

FIRE = """
WITH due AS (
    SELECT id FROM dispatch_timer WHERE fired_at IS NULL AND fire_at <= clock_timestamp()
    ORDER BY fire_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), fired AS (
    UPDATE dispatch_timer AS timer SET fired_at = clock_timestamp() FROM due
    WHERE timer.id = due.id RETURNING timer.ticket_id, timer.kind
), heard AS (
    SELECT ticket_id, bool_or(kind = 'deadline') AS is_deadline FROM fired GROUP BY ticket_id
)
UPDATE dispatch_ticket AS ticket
SET wake = wake + 1,
    due_at = CASE WHEN ticket.status = 'running' THEN due_at ELSE clock_timestamp() END,
    status = CASE WHEN ticket.status = 'waiting'
                    OR heard.is_deadline AND ticket.status IN ('paused', 'pending')
                  THEN 'ready' ELSE ticket.status END
FROM heard WHERE ticket.id = heard.ticket_id
"""
ADMIT = """
WITH busy AS (
    SELECT role, count(*) AS active FROM dispatch_ticket
    WHERE status IN ('ready', 'running') GROUP BY role
), placed AS (
    SELECT pending.id, row_number() OVER (
               PARTITION BY pending.role ORDER BY pending.priority DESC, pending.id
           ) + coalesce(busy.active, 0) AS place
    FROM dispatch_ticket AS pending LEFT JOIN busy ON busy.role = pending.role
    WHERE pending.status = 'pending'
)
UPDATE dispatch_ticket AS ticket SET status = 'ready', due_at = clock_timestamp()
FROM placed WHERE ticket.id = placed.id AND placed.place <= %(cap)s AND ticket.status = 'pending'
"""
DUE = """
WITH due AS (
    SELECT id FROM dispatch_ticket
    WHERE due_at <= clock_timestamp()
      AND (status = 'ready' OR status = 'running' AND lease_until < clock_timestamp())
    ORDER BY priority DESC, due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
UPDATE dispatch_ticket AS ticket SET due_at = clock_timestamp() + interval '5 seconds'
FROM due JOIN dispatch_ticket AS same ON same.id = due.id
         JOIN tenants_tenant AS tenant ON tenant.role_name = same.role
WHERE ticket.id = due.id RETURNING ticket.id, tenant.schema_name
"""
STILL_DUE = "UPDATE dispatch_ticket SET due_at = clock_timestamp() WHERE id = ANY(%(ids)s)"


def sweep() -> int:
    """Fire timers, admit what may start, and ring for all that is due; return for how many.

    Does nothing while another process sweeps.
    """
    with public_scope():
        due, small = _take_due()
        rung = 0
        try:
            for run_id, schema in due:
                services.ring(run_id, schema)
                rung += 1
            for name, schema in small:
                chores.ring(name, schema)
        except BrokerAway:
            _run(STILL_DUE, {"ids": [run_id for run_id, _ in due[rung:]]})
            raise
        return rung


class Sweeper(threading.Thread):
    """Sweeps each second until it is stopped; what is away for a while is logged once."""

    def __init__(self) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._stopping = threading.Event()
        self._away = ""

    def run(self) -> None:
        while not self._stopping.wait(SWEEP_S):
            self._sweep()

    def stop(self) -> None:
        """End after the sweep that is going on."""
        self._stopping.set()

    def _sweep(self) -> None:
        try:
            sweep()
            self._away = ""
        except (DatabaseError, BrokerAway) as error:
            if self._away != type(error).__name__:
                logger.warning("The sweep waits for what is away: %s", str(error).strip())
            self._away = type(error).__name__
        except Exception:
            logger.exception("The sweep failed.")
        finally:
            with public_scope():
                connection.close()


def _take_due() -> tuple[list[tuple[UUID, str]], list[tuple[str, str]]]:
    """Return the runs to ring for with their schemas, and the chores."""
    with transaction.atomic():
        if not _run("SELECT pg_try_advisory_xact_lock(%(lock)s)", {"lock": LOCK})[0][0]:
            return [], []
        _run(FIRE, {"batch": BATCH})
        _run(ADMIT, {"cap": settings.RUNS_PER_TENANT})
        runs = [(run_id, schema) for run_id, schema in _run(DUE, {"batch": BATCH})]
        return runs, chores.take_due()


def _run(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []

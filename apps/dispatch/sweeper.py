"""The sweep: each second, whatever is due is rung for again. Rows are the truth, messages may fail.

Every worker process has a sweeper; an advisory lock lets one of them work at a time. It runs in the
public scope as the owner, who sees the tickets of all workspaces. While somebody waits for
admission it comes ten times a second. It waits for nobody's lock: a process that is frozen within a
transaction keeps for itself what it holds there, and the sweep comes back to that.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection, transaction

from apps.dispatch import chores, memory, passes, services
from apps.dispatch.admission import admit_by_turns
from apps.dispatch.exceptions import BrokerAway
from apps.dispatch.gate import RESUMED
from apps.tenants.context import public_scope

logger = logging.getLogger(__name__)

SWEEP_S, HASTE_S = 1.0, 0.1
LOCK = 4_810_232  # any constant number, used by nothing else
BATCH = 500

FROZEN = "10s"  # one who sweeps and is silent for longer is cut off: the others wait for its lock

BEGIN = """
SELECT pg_try_advisory_xact_lock(%(lock)s),
       set_config('idle_in_transaction_session_timeout', %(frozen)s, true)
"""
FIRE = """
WITH due AS MATERIALIZED (  -- by the index of those that have not fired, whatever else waits
    SELECT id, ticket_id FROM dispatch_timer
    WHERE fired_at IS NULL AND fire_at <= clock_timestamp() ORDER BY fire_at LIMIT %(batch)s
), free AS (
    SELECT timer.id FROM due
    JOIN dispatch_timer AS timer ON timer.id = due.id
    JOIN dispatch_ticket AS ticket ON ticket.id = due.ticket_id
    WHERE timer.fired_at IS NULL AND timer.fire_at <= clock_timestamp()
    FOR NO KEY UPDATE OF timer, ticket SKIP LOCKED
), fired AS (
    UPDATE dispatch_timer AS timer SET fired_at = clock_timestamp() FROM free
    WHERE timer.id = free.id RETURNING timer.ticket_id, timer.kind
), heard AS (
    SELECT ticket_id, bool_or(kind = 'deadline') AS is_deadline FROM fired GROUP BY ticket_id
)
UPDATE dispatch_ticket AS ticket
SET wake = wake + 1,
    due_at = CASE WHEN ticket.status = 'running' THEN due_at ELSE clock_timestamp() END,
    priority = CASE WHEN ticket.status = 'waiting' THEN greatest(priority, %(resumed)s)
                    ELSE priority END,
    -- One whose time is over is only ended: that takes nobody's turn.
    status = CASE WHEN heard.is_deadline AND ticket.status <> 'running' THEN 'ready'
                  WHEN ticket.status <> 'waiting' THEN ticket.status
                  WHEN ticket.lane IS NULL THEN 'pending' ELSE 'held' END
FROM heard WHERE ticket.id = heard.ticket_id
"""
DUE = """
WITH due AS (
    SELECT id FROM dispatch_ticket
    WHERE due_at <= clock_timestamp()
      AND (status = 'ready' OR status = 'running' AND lease_until < clock_timestamp())
      AND role NOT IN (SELECT role_name FROM tenants_tenant WHERE status <> 'active')
    ORDER BY priority DESC, due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
UPDATE dispatch_ticket AS ticket SET due_at = clock_timestamp() + interval '4 seconds'
FROM due JOIN dispatch_ticket AS same ON same.id = due.id
         JOIN tenants_tenant AS tenant ON tenant.role_name = same.role
WHERE ticket.id = due.id RETURNING ticket.id, tenant.schema_name
"""
UNHEARD = """
WITH unheard AS (
    SELECT id FROM dispatch_ticket WHERE status = 'ready' AND due_at > clock_timestamp()
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE dispatch_ticket AS ticket SET due_at = clock_timestamp()
FROM unheard WHERE ticket.id = unheard.id
"""
STILL_DUE = "UPDATE dispatch_ticket SET due_at = clock_timestamp() WHERE id = ANY(%(ids)s)"


DONE = """
UPDATE dispatch_pulse SET rung = rung + %(rung)s, sweep_ms = %(ms)s WHERE id = 1
"""

_haste = threading.Event()  # the last sweep of this process left somebody waiting


def sweep() -> int:
    """Fire timers, admit what may start, ring and call for all that is due; return for how many.

    Does nothing while another process sweeps.
    """
    begun = time.monotonic()
    with public_scope():
        passes.call_waiting()
        due = _take_due()
        rung = 0
        try:
            for run_id, schema in due:
                services.ring(run_id, schema)
                rung += 1
        except BrokerAway:
            _run(STILL_DUE, {"ids": [run_id for run_id, _ in due[rung:]]})
            raise
        if rung:
            _run(DONE, {"rung": rung, "ms": round((time.monotonic() - begun) * 1000)})
        return rung + chores.call_due()


class Steady(threading.Thread):
    """Does something each second until it is stopped; what is away for a while is logged once."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        super().__init__(name=name, daemon=True)
        self._act = act
        self._stopping = threading.Event()
        self._away = ""

    def run(self) -> None:
        while not self._stopping.wait(self.pause_s()):
            self.once()

    def stop(self) -> None:
        """End after what is going on."""
        self._stopping.set()

    def pause_s(self) -> float:
        """Return how long it rests now."""
        return SWEEP_S

    def once(self) -> None:
        """Do it now; whatever happens, it is tried again."""
        try:
            self._act()
            self._away = ""
        except (DatabaseError, BrokerAway) as error:
            if self._away != type(error).__name__:
                logger.warning("The %s waits for what is away: %s", self.name, str(error).strip())
            self._away = type(error).__name__
        except Exception:
            logger.exception("The %s failed.", self.name)
        finally:
            with public_scope():
                connection.close()


class Sweeper(Steady):
    """Sweeps until it is stopped."""

    def __init__(self) -> None:
        super().__init__("sweeper", lambda: sweep())

    def pause_s(self) -> float:
        return HASTE_S if _haste.is_set() else SWEEP_S


def _take_due() -> list[tuple[UUID, str]]:
    """Return the runs to ring for, with their schemas.

    Once the broker has forgotten its messages, those are all that no worker has taken.
    """
    _haste.clear()
    with transaction.atomic():
        if not _run(BEGIN, {"lock": LOCK, "frozen": FROZEN})[0][0]:
            return []
        if memory.is_lost():
            _run(UNHEARD, {})
        _run(FIRE, {"batch": BATCH, "resumed": RESUMED})
        if admit_by_turns():
            _haste.set()
        return [(run_id, schema) for run_id, schema in _run(DUE, {"batch": BATCH})]


def _run(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []

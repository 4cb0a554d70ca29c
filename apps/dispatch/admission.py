"""Letting runs in that wait: by turns over the workspaces, as many as the workers can take.

Start-time fair queueing: each admission takes `1 / weight` of a workspace's time, and the one whose
time is least goes next. Who comes back after a while begins at the present time of the queue, so
that nobody saves turns up. What is read is bounded by what is admitted and by the number of
workspaces that wait, never by how long their queues are.
"""

from typing import Any

from django.conf import settings
from django.db import connection

from apps.dispatch.gate import LANES, ROLES

BATCH = 500  # admissions of one sweep at most, where no worker says how many it can carry
ALIVE_S = 10  # a worker that has been silent for longer is gone
AT_LEAST = 4  # of each workspace are looked at, however many wait

ROOM = """
SELECT CASE WHEN slots > 0 THEN least(2 * slots - active, %(batch)s) ELSE %(batch)s END, turn
FROM (SELECT coalesce(sum(slots), 0) AS slots FROM dispatch_workerprocess
      WHERE NOT is_draining AND beat_at > clock_timestamp() - %(alive)s * interval '1 second') AS w,
     (SELECT count(*) AS active FROM dispatch_ticket
      WHERE status IN ('ready', 'running')
        AND role NOT IN (SELECT role_name FROM tenants_tenant WHERE status <> 'active')) AS t,
     (SELECT coalesce(max(turn), 0) AS turn FROM dispatch_pulse) AS p
"""
FULL_LANES = """
WITH RECURSIVE lanes AS (
    (SELECT lane FROM dispatch_ticket WHERE status = 'held' ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT lane FROM dispatch_ticket WHERE status = 'held' AND lane > lanes.lane
            ORDER BY lane LIMIT 1)
    FROM lanes WHERE lanes.lane IS NOT NULL
)
SELECT lane FROM (
    SELECT lane FROM lanes WHERE lane IS NOT NULL ORDER BY random() LIMIT %(batch)s
) AS found
WHERE pg_try_advisory_xact_lock(%(space)s, hashtext(lane::text))
"""
LIFT = """
WITH next AS (
    SELECT next.id FROM unnest(%(lanes)s::uuid[]) AS waiting (lane), LATERAL (
        SELECT placed.id FROM (
            SELECT id, lane_cap, row_number() OVER (ORDER BY priority DESC, id) AS place FROM (
                SELECT id, lane_cap, priority FROM dispatch_ticket
                WHERE lane = waiting.lane AND status = 'held'
                ORDER BY priority DESC, id LIMIT %(batch)s
            ) AS first
        ) AS placed
        WHERE placed.place <= placed.lane_cap - (
            SELECT count(*) FROM dispatch_ticket AS other
            WHERE other.lane = waiting.lane AND other.status IN ('pending', 'ready', 'running')
        )
    ) AS next
), free AS (
    SELECT ticket.id FROM dispatch_ticket AS ticket JOIN next ON next.id = ticket.id
    WHERE ticket.status = 'held' FOR NO KEY UPDATE OF ticket SKIP LOCKED
)
UPDATE dispatch_ticket AS ticket SET status = 'pending' FROM free WHERE ticket.id = free.id
"""
WAITING_ROLES = """
WITH RECURSIVE roles AS (
    (SELECT role FROM dispatch_ticket WHERE status = 'pending' ORDER BY role LIMIT 1)
    UNION ALL
    SELECT (SELECT role FROM dispatch_ticket WHERE status = 'pending' AND role > roles.role
            ORDER BY role LIMIT 1)
    FROM roles WHERE roles.role IS NOT NULL
)
SELECT role FROM (
    SELECT roles.role FROM roles LEFT JOIN dispatch_tenantload AS load ON load.role = roles.role
    WHERE roles.role IS NOT NULL AND load.paused_at IS NULL
      AND roles.role NOT IN (SELECT role_name FROM tenants_tenant WHERE status <> 'active')
    ORDER BY coalesce(load.served, 0) LIMIT %(batch)s
) AS found
WHERE pg_try_advisory_xact_lock(%(space)s, hashtext(role))
"""
ADMIT = """
WITH waiting AS (
    SELECT roles.role, coalesce(load.served, 0) AS served, coalesce(load.weight, 1) AS weight,
           coalesce(load.max_running, %(cap)s) - (
               SELECT count(*) FROM (
                   SELECT FROM dispatch_ticket
                   WHERE role = roles.role AND status IN ('ready', 'running')
                   ORDER BY id LIMIT coalesce(load.max_running, %(cap)s)
               ) AS active) AS free
    FROM unnest(%(roles)s::text[]) AS roles (role)
         LEFT JOIN dispatch_tenantload AS load ON load.role = roles.role
), placed AS (
    SELECT next.id, waiting.role,
           greatest(waiting.served, %(turn)s) + (next.place - 1)::float / waiting.weight AS turn,
           greatest(waiting.served, %(turn)s) + next.place::float / waiting.weight AS served
    FROM waiting, LATERAL (
        SELECT id, row_number() OVER (ORDER BY priority DESC, id) AS place FROM (
            SELECT id, priority FROM dispatch_ticket
            WHERE role = waiting.role AND status = 'pending' ORDER BY priority DESC, id
            LIMIT greatest(0, least(waiting.free, %(share)s * waiting.weight, %(room)s))
        ) AS first
    ) AS next
), chosen AS (
    SELECT * FROM placed ORDER BY turn, role LIMIT %(room)s
), free AS (
    SELECT ticket.id FROM dispatch_ticket AS ticket JOIN chosen ON chosen.id = ticket.id
    WHERE ticket.status = 'pending' FOR NO KEY UPDATE OF ticket SKIP LOCKED
), admitted AS (
    UPDATE dispatch_ticket AS ticket SET status = 'ready', due_at = clock_timestamp()
    FROM free WHERE ticket.id = free.id
), counted AS (
    INSERT INTO dispatch_tenantload (role, weight, served)
    SELECT role, 1, max(served) FROM chosen GROUP BY role
    ON CONFLICT (role) DO UPDATE SET served = excluded.served
)
SELECT count(*), coalesce(max(turn), %(turn)s) FROM chosen
"""
TELL = """
INSERT INTO dispatch_pulse (id, swept_at, sweep_ms, room, turn, admitted, rung, buried)
VALUES (1, clock_timestamp(), 0, %(room)s, %(turn)s, %(admitted)s, 0, 0)
ON CONFLICT (id) DO UPDATE
SET swept_at = excluded.swept_at, room = excluded.room, turn = excluded.turn,
    admitted = dispatch_pulse.admitted + excluded.admitted
"""


def admit_by_turns() -> bool:
    """Admit what may start now and tell all others how much room is left.

    Return whether to look again soon. To be called in the sweep's transaction, as the owner.
    """
    lanes = [lane for (lane,) in _rows(FULL_LANES, space=LANES, batch=BATCH)]
    if lanes:
        _rows(LIFT, lanes=lanes, batch=BATCH)
    room, turn = _rows(ROOM, batch=BATCH, alive=ALIVE_S)[0]
    roles = [role for (role,) in _rows(WAITING_ROLES, space=ROLES, batch=BATCH)]
    admitted = 0
    if roles and room > 0:
        share = room // len(roles) + AT_LEAST
        given = {"cap": settings.RUNS_PER_TENANT, "room": room, "turn": turn, "share": share}
        admitted, turn = _rows(ADMIT, roles=roles, **given)[0]
    _rows(TELL, room=room - admitted, turn=turn, admitted=admitted)
    return bool(roles or lanes or room <= admitted)


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []

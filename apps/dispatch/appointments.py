"""Appointments: what apps above dispatch want to be looked at, at some time, in some workspace.

An appointment stays until it is cancelled or moved: whoever is called and dies is called again.
Like everything that is swept, one may be kept twice; the app that keeps it must not mind.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.dispatch.exceptions import BrokerAway
from apps.dispatch.models import Appointment, CurrentRole
from apps.tenants.context import current_schema

logger = logging.getLogger(__name__)

Call = Callable[[UUID, str], None]
_calls: dict[str, Call] = {}

BATCH = 500
AGAIN_S = 5  # when somebody is called again who did not cancel or move the appointment
TAKE = """
WITH due AS (
    SELECT id FROM dispatch_appointment WHERE due_at <= clock_timestamp()
    ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
UPDATE dispatch_appointment AS appointment
SET due_at = clock_timestamp() + %(again)s * interval '1 second'
FROM due JOIN dispatch_appointment AS same ON same.id = due.id
         JOIN tenants_tenant AS tenant ON tenant.role_name = same.role
WHERE appointment.id = due.id
RETURNING appointment.id, appointment.kind, appointment.subject, tenant.schema_name
"""
STILL_DUE = "UPDATE dispatch_appointment SET due_at = clock_timestamp() WHERE id = ANY(%(ids)s)"


def register_appointments(kind: str, call: Call) -> None:
    """Say what to do when one of a kind is due: send a message that names the subject."""
    _calls[kind] = call


def now() -> datetime:
    """Return the database's time, the only one by which anything is due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at


def appoint(kind: str, subject: UUID, due_at: datetime) -> None:
    """Make an appointment, or move the one there is."""
    Appointment.objects.bulk_create(
        [Appointment(kind=kind, subject=subject, due_at=due_at, role=CurrentRole())],
        update_conflicts=True,
        unique_fields=["role", "kind", "subject"],
        update_fields=["due_at"],
    )


def appoint_now(kind: str, subject: UUID) -> None:
    """Have something looked at as soon as this transaction is committed; the sweep makes sure."""
    appoint(kind, subject, now() + timedelta(seconds=AGAIN_S))
    schema = current_schema()
    transaction.on_commit(lambda: _call_quietly(kind, subject, schema), robust=True)


def cancel(kind: str, *subjects: UUID) -> None:
    """Forget appointments."""
    Appointment.objects.filter(kind=kind, subject__in=subjects).delete()


def call_due() -> int:
    """Call for all that is due, in the public scope; return for how many. Raises BrokerAway."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, {"batch": BATCH, "again": AGAIN_S})
        due = cursor.fetchall()
    for place, (_, kind, subject, schema) in enumerate(due):
        try:
            _call(kind, subject, schema)
        except BrokerAway:
            with connection.cursor() as cursor:
                cursor.execute(STILL_DUE, {"ids": [each[0] for each in due[place:]]})
            raise
    return len(due)


def _call(kind: str, subject: UUID, schema: str) -> None:
    call = _calls.get(kind)
    if call is None:  # a process of another release; one that knows the kind will be asked
        logger.warning("Nobody here keeps appointments of the kind %s.", kind)
        return
    try:
        call(subject, schema)
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerAway(str(error)) from error


def _call_quietly(kind: str, subject: UUID, schema: str) -> None:
    try:
        _call(kind, subject, schema)
    except BrokerAway as error:
        logger.warning("Nobody called for %s %s, the sweep will: %s", kind, subject, error)

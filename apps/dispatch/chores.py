"""Chores: what apps above want looked at, at some time, in some workspace, until it is done.

A chore stays until it is done or moved: when a message is lost or a worker dies, the sweep calls
again. Like everything that is swept, one may be called for twice; who is called must not mind.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.dispatch.exceptions import BrokerAway
from apps.dispatch.models import Chore, CurrentRole
from apps.tenants.context import current_schema
from apps.tenants.tasks import HEADER, TenantTask

logger = logging.getLogger(__name__)

Call = Callable[[Collection[UUID], str], None]
_calls: dict[str, Call] = {}

BATCH = 500
AGAIN_S = 10  # after which somebody is called again who neither did nor moved it
TAKE = """
WITH due AS (
    SELECT chore.id, tenant.schema_name
    FROM dispatch_chore AS chore JOIN tenants_tenant AS tenant ON tenant.role_name = chore.role
    WHERE chore.due_at <= clock_timestamp() AND tenant.status = 'active'
    ORDER BY chore.due_at LIMIT %(batch)s FOR UPDATE OF chore SKIP LOCKED
)
UPDATE dispatch_chore AS chore
SET due_at = clock_timestamp() + %(again)s * interval '1 second'
FROM due WHERE chore.id = due.id
RETURNING chore.kind, due.schema_name, chore.subject
"""
STILL_DUE = """
UPDATE dispatch_chore AS chore SET due_at = clock_timestamp() FROM tenants_tenant AS tenant
WHERE tenant.role_name = chore.role AND tenant.schema_name = %(schema)s
  AND chore.kind = %(kind)s AND chore.subject = ANY(%(subjects)s)
"""


def register(kind: str, call: Call) -> None:
    """Say how to send for a worker when some of a kind are due: given their subjects, and a schema."""
    _calls[kind] = call


def for_each(task: TenantTask) -> Call:
    """Send for a worker for each subject; a broker that is away is the caller's to notice, at once."""

    def call(subjects: Collection[UUID], schema: str) -> None:
        for each in subjects:
            _send(task, schema, str(each))

    return call


def for_all(task: TenantTask) -> Call:
    """Send for one worker, who is told all subjects."""
    return lambda subjects, schema: _send(task, schema, [str(each) for each in subjects])


def once(task: TenantTask) -> Call:
    """Send for one worker, who finds out by itself what is due."""
    return lambda _subjects, schema: _send(task, schema)


def _send(task: TenantTask, schema: str, *given: str | list[str]) -> None:
    task.apply_async(list(given), headers={HEADER: schema}, retry=False)


def now() -> datetime:
    """Return the database's time, the only one by which anything is due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at


def plan_now(kind: str, subjects: Collection[UUID]) -> None:
    """Have things looked at by the first sweep after this transaction."""
    plan(kind, subjects, Now())


def plan(kind: str, subjects: Collection[UUID], due_at: datetime | Now) -> None:
    """Have things looked at at a time; those that are planned already are moved."""
    Chore.objects.bulk_create(
        [Chore(kind=kind, subject=each, due_at=due_at, role=CurrentRole()) for each in subjects],
        update_conflicts=True,
        unique_fields=["role", "kind", "subject"],
        update_fields=["due_at"],
    )


def add(kind: str, subjects: Collection[UUID]) -> None:
    """Have things looked at as soon as this transaction is committed; the sweep makes sure."""
    if not subjects:
        return
    plan(kind, subjects, now() + timedelta(seconds=AGAIN_S))
    schema = current_schema()
    transaction.on_commit(lambda: _call_quietly(kind, subjects, schema), robust=True)


def postpone(kind: str, subject: UUID, due_at: datetime) -> None:
    """Move a chore, unless somebody else has done it."""
    Chore.objects.filter(kind=kind, subject=subject).update(due_at=due_at)


def done(kind: str, subjects: Collection[UUID]) -> None:
    """Forget what is done, or need not be done any more."""
    Chore.objects.filter(kind=kind, subject__in=subjects).delete()


def call_due() -> int:
    """Call for all that is due, in the public scope; return for how many. Raises BrokerAway."""
    waiting = _take_due()
    called = 0
    while waiting:
        (kind, schema), subjects = next(iter(waiting.items()))
        try:
            _call(kind, subjects, schema)
        except BrokerAway:
            _leave(waiting)
            raise
        called += len(waiting.pop((kind, schema)))
    return called


def _take_due() -> dict[tuple[str, str], list[UUID]]:
    """Return the subjects of what is due, by kind and schema; they are due again in a while."""
    due: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"batch": BATCH, "again": AGAIN_S})
        for kind, schema, subject in cursor.fetchall():
            due[kind, schema].append(subject)
    return due


def _leave(waiting: dict[tuple[str, str], list[UUID]]) -> None:
    """Let be due what nobody was called for."""
    with connection.cursor() as cursor:
        for (kind, schema), subjects in waiting.items():
            cursor.execute(STILL_DUE, {"kind": kind, "schema": schema, "subjects": subjects})


def _call(kind: str, subjects: Collection[UUID], schema: str) -> None:
    call = _calls.get(kind)
    if call is None:  # a process of another release; one that knows the kind will be asked
        logger.warning("Nobody here does chores of the kind %s.", kind)
        return
    try:
        call(subjects, schema)
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerAway(str(error)) from error


def _call_quietly(kind: str, subjects: Collection[UUID], schema: str) -> None:
    try:
        _call(kind, subjects, schema)
    except BrokerAway as error:
        logger.warning("Nobody called for %s, the sweep will: %s", kind, error)

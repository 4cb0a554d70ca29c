"""Chores: what a workspace wants done beside its runs. The row stays until the thing is done.

A message rings at once; that message may be lost, then the sweep rings again for what is due.
"""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.dispatch.exceptions import BrokerAway
from apps.dispatch.models import Chore
from apps.tenants.context import current_schema

logger = logging.getLogger(__name__)

AGAIN_S = 30
BATCH = 500
TAKE = """
WITH due AS (
    SELECT id FROM dispatch_chore WHERE due_at <= clock_timestamp()
    ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE dispatch_chore AS chore
    SET due_at = clock_timestamp() + %(again)s * interval '1 second'
    FROM due WHERE chore.id = due.id RETURNING chore.name, chore.role
)
SELECT DISTINCT taken.name, tenant.schema_name
FROM taken JOIN tenants_tenant AS tenant ON tenant.role_name = taken.role
"""

Ring = Callable[[str], None]
_rings: dict[str, Ring] = {}


def register(name: str, ring: Ring) -> None:
    """Say what to do to have the due chores of a name done in a schema: send a message."""
    _rings[name] = ring


def add(name: str, chore_ids: Collection[UUID]) -> None:
    """Have things done: rung for when this transaction is committed, and until they are done.

    What was postponed is due now.
    """
    if not chore_ids:
        return
    Chore.objects.bulk_create(
        [Chore(id=each, name=name) for each in chore_ids],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["due_at"],
    )
    schema = current_schema()
    transaction.on_commit(lambda: _ring_quietly(name, schema), robust=True)


def postpone(chore_id: UUID, until: datetime) -> None:
    """Have it rung for again at a time."""
    Chore.objects.filter(pk=chore_id).update(due_at=until)


def done(chore_ids: Collection[UUID]) -> None:
    """Forget what is done."""
    Chore.objects.filter(pk__in=chore_ids).delete()


def take_due() -> list[tuple[str, str]]:
    """Return names and schemas of what is due, from the public scope; it is due again in a while."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"batch": BATCH, "again": AGAIN_S})
        return [(name, schema) for name, schema in cursor.fetchall()]


def ring(name: str, schema: str) -> None:
    """Send for a worker now. Raises BrokerAway."""
    try:
        _rings[name](schema)
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerAway(str(error)) from error


def _ring_quietly(name: str, schema: str) -> None:
    try:
        ring(name, schema)
    except BrokerAway as error:
        logger.warning("Nobody rung for %s, the sweeper will: %s", name, error)

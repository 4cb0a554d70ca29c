"""What there is of a workspace, wherever something may lie: counted before it goes, searched after.

Only two things speak of a workspace that is gone, and are meant to: the platform's audit trail, and
the deletion itself with its certificate.
"""

import re
from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from psycopg import sql
from redis import Redis

from apps.accounts.models import StoredAnswer
from apps.common.types import JSONDict
from apps.files.models import Blob
from apps.onboarding.models import SignUp
from apps.operators.models import Deletion
from apps.tenants.context import maintenance, public_scope

MEANT_TO_STAY = frozenset({"audit_entry", "operators_deletion"})
BATCH = 500


def counted(deletion: Deletion) -> JSONDict:
    """Count what there is: rows of each table, files and their bytes, rows that all share, Redis."""
    with maintenance(deletion.schema_name):
        tables = {name: _rows(deletion.schema_name, name) for name in _tables(deletion.schema_name)}
        stored = Blob.objects.aggregate(bytes=Sum("size"))["bytes"] or 0
        return {
            "tables": {name: rows for name, rows in tables.items() if rows},
            "rows": sum(tables.values()),
            "files": Blob.objects.count(),
            "bytes": stored,
            "shared_rows": shared_rows(deletion),
            "redis_keys": sum(1 for _ in redis_keys(deletion.schema_name)),
        }


def shared_rows(deletion: Deletion) -> dict[str, int]:
    """Return how many rows of each table of the public schema name the workspace."""
    words = [deletion.schema_name, deletion.role_name, str(deletion.workspace)]
    pattern = rf"\m({'|'.join(re.escape(word) for word in words)})\M"
    with maintenance():
        found = {name: _naming(name, pattern) for name in _tables("public") - MEANT_TO_STAY}
    return {name: rows for name, rows in sorted(found.items()) if rows}


def redis_keys(schema: str) -> Iterator[bytes]:
    """Yield the keys in Redis that name a schema as a whole word."""
    word = re.compile(rb"(?<![a-z0-9_])" + schema.encode() + rb"(?![a-z0-9_])")
    with Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter(match=f"*{schema}*", count=BATCH):
            if word.search(key):
                yield key


def forget_in_redis(schema: str) -> None:
    """Delete those keys; repeatable."""
    doomed = list(redis_keys(schema))
    with Redis.from_url(settings.REDIS_URL) as client:
        for start in range(0, len(doomed), BATCH):
            client.unlink(*doomed[start : start + BATCH])


def forget_wishes(slug: str) -> None:
    """Delete what the public site and the platform API keep for a while about an address."""
    with public_scope():
        SignUp.objects.filter(slug=slug).delete()
        StoredAnswer.objects.filter(body__slug=slug).delete()


def roles(role: str) -> int:
    """Return how many database roles have the name."""
    with maintenance(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [role])
        return int(cursor.fetchone()[0])


def _tables(schema: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return {str(name) for (name,) in cursor.fetchall()}


def _rows(schema: str, table: str) -> int:
    with connection.cursor() as cursor:
        statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def _naming(table: str, pattern: str) -> int:
    with connection.cursor() as cursor:
        statement = sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text ~ %s").format(
            sql.Identifier("public", table)
        )
        cursor.execute(statement, [pattern])
        return int(cursor.fetchone()[0])

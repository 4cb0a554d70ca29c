"""Rows of a test that were committed are taken back: every tenant table gets the template's again."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from apps.gateway.ledger import journal
from apps.tenants.context import maintenance
from apps.tenants.models import TEMPLATE_SCHEMA, Tenant

connection: Any = connections["default"]
# Tables of the public schema whose rows belong to the set-up, not to a test.
KEPT = {"accounts_role", "auth_permission", "django_content_type", "tenants_tenant"}


def reset_rows() -> None:
    """Put every tenant table back to the template's rows.

    Django's flush would truncate `public` without CASCADE and lose the workspaces themselves.
    """
    # Else rows of this test, and of the processes that it killed, would come during the next.
    journal.written().result(30)
    if "TESTS_OF" in os.environ:  # the folder is this run's, and of this process of it
        for left in Path(settings.DATA_DIR, "ledger").glob("*.rows"):
            left.unlink(missing_ok=True)
    with maintenance(), transaction.atomic():
        for schema in Tenant.objects.values_list("schema_name", flat=True):
            _restore_from_template(schema)
        empty("public", [name for name in used("public") if name not in KEPT])
    connection.close()


def _restore_from_template(schema: str) -> None:
    """Empty the tables that have rows, and fill those that the template fills.

    Most tests use few of the tables, and touching each of them takes longer than most tests.
    """
    delivered = _delivered()
    _wait_for_writers(schema)
    empty(schema, sorted({*used(schema), *delivered}))
    with connection.cursor() as cursor:
        for table in delivered:
            cursor.execute(
                f'INSERT INTO "{schema}"."{table}" OVERRIDING SYSTEM VALUE'
                f' SELECT * FROM "{TEMPLATE_SCHEMA}"."{table}"'
            )


def _wait_for_writers(schema: str) -> None:
    """Let nobody write any more: whoever is about to commit does so before all is looked at."""
    listed = ", ".join(f'"{schema}"."{table}"' for table in _tables(schema))
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {listed} IN EXCLUSIVE MODE")


@cache
def _delivered() -> tuple[str, ...]:
    """Return the tables in which a new workspace has rows."""
    return tuple(used(TEMPLATE_SCHEMA))


def used(schema: str) -> list[str]:
    """Return the tables that have rows."""
    tables = [name for name in _tables(schema) if name != "django_migrations"]
    asked = " UNION ALL ".join(
        f'(SELECT \'{name}\' FROM "{schema}"."{name}" LIMIT 1)' for name in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [str(name) for (name,) in cursor.fetchall()]


def _tables(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return [str(name) for (name,) in cursor.fetchall()]


def empty(schema: str, tables: Iterable[str]) -> None:
    """Delete all rows: of tables as small as these that is quicker than to truncate them.

    Foreign keys are looked at when all is committed.
    """
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'DELETE FROM "{schema}"."{table}"')

"""Schemas, roles and grants of tenants: the only code that runs DDL outside migrations.

Every function here must run in `maintenance()`. Roles are cluster-wide, so their names carry the
database's oid, and one advisory lock keeps parallel work from meeting in the catalogue.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import override_settings
from django_tenants.clone import CloneSchema
from psycopg import sql

from apps.tenants.models import TEMPLATE_SCHEMA

LOCK = 4_810_231  # any constant number, used by nothing else
# Unique constraints of a schema whose name is not that of the template's on the same columns.
RENAMED = """
WITH known AS (
    SELECT space.nspname, class.relname, con.conname, (
               SELECT array_agg(att.attname::text ORDER BY place)
               FROM unnest(con.conkey) WITH ORDINALITY AS key (number, place)
               JOIN pg_attribute AS att ON att.attrelid = con.conrelid AND att.attnum = key.number
           ) AS columns
    FROM pg_constraint AS con JOIN pg_class AS class ON class.oid = con.conrelid
         JOIN pg_namespace AS space ON space.oid = class.relnamespace
    WHERE con.contype = 'u' AND space.nspname IN (%(schema)s, %(template)s)
)
SELECT ours.relname, ours.conname, theirs.conname
FROM known AS ours JOIN known AS theirs USING (relname, columns)
WHERE ours.nspname = %(schema)s AND theirs.nspname = %(template)s
  AND ours.conname <> theirs.conname
"""
READ_ONLY = frozenset({"django_migrations"})
# Tables of a tenant that its own role may only add to: name -> rights
_restricted: dict[str, str] = {}
# Tables of the public schema that tenant roles may touch: name -> rights
_shared: dict[str, str] = {"django_content_type": "SELECT"}
_of_roles: set[str] = set()  # those whose rows each belong to a role


def restrict_table(table: str, rights: str) -> None:
    """Give tenant roles only these rights on one of their own tables, such as `SELECT, INSERT`."""
    _restricted[table] = rights


def share_table(table: str, rights: str, *, of_roles: bool = True) -> None:
    """Let tenant roles touch a table of the public schema, which must carry row-level security.

    Its rows name their role as `role`, unless they are nobody's and hold nothing of a tenant.
    """
    _shared[table] = rights
    if of_roles:
        _of_roles.add(table)


def rights() -> list[tuple[str, str]]:
    """Return what tenant roles may do beside their own rows, and where they may do less."""
    return sorted([*_restricted.items(), *_shared.items()])


@contextmanager
def locked() -> Iterator[None]:
    """Hold the provisioning lock in a transaction: parallel DDL on roles fails otherwise."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


def role_of(schema: str) -> str:
    """Return the name of the role of a schema that exists."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'aut_' || d.oid || '_' || n.oid FROM pg_database d, pg_namespace n"
            " WHERE d.datname = current_database() AND n.nspname = %s",
            [schema],
        )
        row = cursor.fetchone()
    return str(row[0])


def schema_exists(schema: str) -> bool:
    """Tell whether the schema exists."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def migrate_public(verbosity: int = 0) -> None:
    """Bring the tables that tenants share up to date.

    Nothing shared refers to what only tenants have, whose migrations would be followed here
    without any effect; that took half of the time of a first start.
    """
    # Made for tests, but what it does is what is needed: the loader asks this setting each time.
    with override_settings(MIGRATION_MODULES=dict.fromkeys(_tenants_alone())):
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=verbosity)


def _tenants_alone() -> set[str]:
    """Return the labels of apps that have no table in the public schema."""
    return {
        config.label
        for config in apps.get_app_configs()
        if config.name in settings.TENANT_APPS and config.name not in settings.SHARED_APPS
    }


def migrate_schema(schema: str, verbosity: int = 0) -> None:
    """Bring one tenant schema up to date, making it first where it is missing."""
    if not schema_exists(schema):
        _execute("CREATE SCHEMA {}", schema)
    call_command("migrate_schemas", schema_name=schema, interactive=False, verbosity=verbosity)


def clone_template(schema: str) -> None:
    """Make a tenant schema as a copy of the template, its seed rows and migration records included."""
    CloneSchema().clone_schema(TEMPLATE_SCHEMA, schema, "DATA")
    restore_names(schema)
    _execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")


def restore_names(schema: str) -> None:
    """Call a clone's unique constraints as the template does, or migrations miss what they name."""
    with connection.cursor() as cursor:
        cursor.execute(RENAMED, {"schema": schema, "template": TEMPLATE_SCHEMA})
        renamed = cursor.fetchall()
    for table, found, wanted in renamed:
        _execute("ALTER TABLE {}.{} RENAME CONSTRAINT {} TO {}", schema, table, found, wanted)


def ensure_role(schema: str) -> str:
    """Make the schema's role if needed, grant what it may touch and return its name."""
    role = role_of(schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            _execute("CREATE ROLE {} NOLOGIN", role)
    _execute("GRANT {} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE", role)
    grant(schema, role)
    return role


def grant(schema: str, role: str) -> None:
    """Give the role its rights anew: all of its own rows, little of the public schema."""
    _execute("GRANT USAGE ON SCHEMA {} TO {}", schema, role)
    _execute("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}", schema, role)
    _execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}", schema, role)
    _execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}", schema, role)
    tables = _tables(schema)
    for table in tables & READ_ONLY:
        _limit(schema, table, "SELECT", role)
    for table in tables & _restricted.keys():
        _limit(schema, table, _restricted[table], role)
    for table in _tables("public") & _shared.keys():
        _limit("public", table, _shared[table], role)


def drop(schema: str) -> None:
    """Remove a schema with all its data, and its role."""
    role = role_of(schema)
    _execute("DROP SCHEMA {} CASCADE", schema)
    forget_rows(role)
    # DROP OWNED would need the role's own rights, which the application deliberately lacks.
    _execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}", role)
    _execute("DROP ROLE {}", role)


def forget_rows(role: str) -> None:
    """Delete what a role has in the shared tables; those carry their row's role as `role`."""
    for table in sorted(_tables("public") & _of_roles, reverse=True):  # timers before tickets
        with connection.cursor() as cursor:
            statement = sql.SQL("DELETE FROM {} WHERE role = %s").format(
                sql.Identifier("public", table)
            )
            cursor.execute(statement, [role])


def _limit(schema: str, table: str, rights: str, role: str) -> None:
    with connection.cursor() as cursor:
        names = sql.Identifier(schema, table), sql.Identifier(role)
        cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(*names))
        cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), *names))


def _tables(schema: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return {str(name) for (name,) in cursor.fetchall()}


def _execute(statement: str, *names: str) -> None:
    with connection.cursor() as cursor:
        identifiers = [sql.Identifier(name) for name in names]
        cursor.execute(sql.SQL(statement).format(*identifiers))

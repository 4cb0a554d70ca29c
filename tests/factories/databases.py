"""The test database: migrated once for a whole run of tests, and copied for each process of it.

All migrations take most of a minute of one core; a copy takes a second or two. The copies are made
before there is a workspace: the role of a workspace bears the number of its database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from apps.tenants.migrating import migrate_all

connection: Any = connections["default"]
LOCK = 4_810_239  # any constant number, used by nothing else
MADE_FOR = """
SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s
"""


def make_database(config: pytest.Config) -> None:
    """Make the process's test database, or bring a kept one up to date, and point to it."""
    keep = config.getvalue("reuse_db") and not config.getvalue("create_db")
    name = f"test_{connection.settings_dict['NAME']}"
    # Not from the environment: a child that is a run of tests itself would take its parent's.
    if process := getattr(config, "workerinput", None):
        origin, name = f"{name}_origin", f"{name}_{process['workerid']}"
        _copied(origin, name, process["testrunuid"], keep=keep)
    else:
        _made(name, keep=keep)
    point_to(name)
    migrate_all()


def _copied(origin: str, name: str, run: str, *, keep: bool) -> None:
    """Copy the run's own original, which the first process to come makes."""
    with _alone() as cursor:
        cursor.execute(MADE_FOR, [origin])
        if cursor.fetchone() != (run,):
            usual = connection.settings_dict["NAME"]
            _made(origin, keep=keep)
            point_to(origin)
            migrate_all()
            point_to(usual)
            cursor.execute(f'COMMENT ON DATABASE "{origin}" IS %s', [run])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        there = cursor.fetchone() is not None
        if there and not keep:
            cursor.execute(f'DROP DATABASE "{name}"')
        if not (there and keep):
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{origin}"')


def _made(name: str, *, keep: bool) -> None:
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation._create_test_db(verbosity=0, autoclobber=True, keepdb=keep)


def point_to(name: str) -> None:
    """Have what is asked from now on be asked of this database; nothing stays open to another."""
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


@contextmanager
def _alone() -> Iterator[Any]:
    """Wait until no other process makes databases; the end of the connection frees the lock."""
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield cursor

"""Bringing all schemas up to date: one process at a time, each workspace by itself, resumable.

A workspace remembers for which release it was made ready, so that a run which was killed, or a
second replica that starts at the same time, does only what is left. One that fails is told in the
end and holds up nobody else.
"""

import gc
import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from apps.tenants import provisioning
from apps.tenants.context import PUBLIC, maintenance
from apps.tenants.models import TEMPLATE_SCHEMA, Tenant

logger = logging.getLogger(__name__)

LOCK = 4_810_235  # any constant number, used by nothing else
LOOK_S = 0.5
PATIENCE = "15min"
LONGER = "SELECT set_config('idle_in_transaction_session_timeout', %s, false)"
# Django makes thousands of classes on the way through all migrations. To look for what is garbage
# among them after every 700 objects, as Python does, takes a fifth of a first start.
GARBAGE_AFTER = 50_000
_found_up_to_date: list[bool] = []


class NotMigrated(Exception):
    """Some workspaces could not be brought up to date; run it again once that is mended."""


def migrate_all(verbosity: int = 0) -> list[str]:
    """Bring shared tables, template and workspaces up to date; return the schemas that were not.

    Safe to repeat, to kill and to run twice at once. Raises NotMigrated.
    """
    with maintenance(), _alone(), _seldom_collected(), _patient():
        provisioning.migrate_public(verbosity)
        _restore_names()
        provisioning.migrate_schema(TEMPLATE_SCHEMA, verbosity)
        release = fingerprint()
        behind = list(Tenant.objects.exclude(ready_for=release).order_by("id"))
        failed = [tenant for tenant in behind if not _migrate(tenant, release, verbosity)]
    if failed:
        raise NotMigrated(", ".join(tenant.schema_name for tenant in failed))
    return [tenant.schema_name for tenant in behind]


def is_up_to_date() -> bool:
    """Tell whether the tables are as this release needs them; once they are, they stay so.

    The template comes last of what everybody needs, and has all migrations on record.
    """
    if not _found_up_to_date:
        with maintenance(TEMPLATE_SCHEMA):
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return False
        _found_up_to_date.append(True)
    return True


def _restore_names() -> None:
    """Mend clones that were made without, while the template still has what they compare with."""
    if provisioning.schema_exists(TEMPLATE_SCHEMA):
        for schema in Tenant.objects.values_list("schema_name", flat=True):
            provisioning.restore_names(schema)


def fingerprint() -> str:
    """Return what stands for this release's tables and grants."""
    leaves = sorted(MigrationLoader(None).graph.leaf_nodes())
    told = repr((leaves, provisioning.rights()))
    return hashlib.sha256(told.encode()).hexdigest()


def _migrate(tenant: Tenant, release: str, verbosity: int) -> bool:
    """Bring one workspace up to date, then note that it is."""
    try:
        provisioning.migrate_schema(tenant.schema_name, verbosity)
        with maintenance(PUBLIC), provisioning.locked():
            provisioning.ensure_role(tenant.schema_name)
            Tenant.objects.filter(pk=tenant.pk).update(ready_for=release)
    except Exception:
        logger.exception("%s is not up to date", tenant.schema_name)
        return False
    return True


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let Python look for garbage less often inside."""
    usual = gc.get_threshold()
    gc.set_threshold(GARBAGE_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _patient() -> Iterator[None]:
    """Let transactions wait longer for their next statement.

    Between two of them Django makes its models anew, which takes a busy machine more than the
    minute that other work may have. Each schema is migrated on a connection of its own.
    """
    connection.close()
    connection_created.connect(_wait_longer)
    try:
        yield
    finally:
        connection_created.disconnect(_wait_longer)
        connection.close()


def _wait_longer(connection: BaseDatabaseWrapper, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LONGER, [PATIENCE])


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other process migrates, on a connection whose end frees the lock."""
    guard: Any = connection.copy()
    try:
        while not _locks(guard):
            time.sleep(LOOK_S)
        yield
    finally:
        _unlock(guard)


def _locks(guard: Any) -> bool:
    with guard.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _unlock(guard: Any) -> None:
    try:
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        guard.close()

"""What all tests share: one database per process with two workspaces, entered by fixtures.

The template schema is migrated once and both workspaces are clones of it, as in production.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import TestCase, TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as given

from apps.egress import circuits
from apps.gateway import news
from apps.gateway.ledger import journal
from apps.gateway.routes import allowance, health, sharing
from apps.tenants import hosts
from apps.tenants.context import maintenance, public_scope, tenant_context
from apps.tenants.migrating import migrate_all
from apps.tenants.models import TEMPLATE_SCHEMA, Tenant
from apps.tenants.services import create_tenant

pytest_plugins = [
    "tests.factories.cast",
    "tests.factories.issuer",
    "tests.factories.asserter",  # after the one that it imports
    "tests.factories.names",
    "tests.fakeai.server",
    "tests.factories.runs",
    "tests.factories.storage",
    "tests.factories.targets",
]
SLUGS = ("alpha", "beta")
connection: Any = connections["default"]
# A machine that is busy with other things is no reason to fail; what is generated is the same.
given.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
given.load_profile("patient")
# Tables of the public schema whose rows belong to the set-up, not to a test.
KEPT = {"accounts_role", "auth_permission", "django_content_type", "tenants_tenant"}


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """Create the test database, migrate it and make the two workspaces."""
    keep = request.config.getvalue("reuse_db") and not request.config.getvalue("create_db")
    worker = getattr(request.config, "workerinput", {}).get("workerid", "")
    with django_db_blocker.unblock(), public_scope():
        original = str(connection.settings_dict["NAME"])
        name = f"test_{original}{'_' + worker if worker else ''}"
        connection.settings_dict["TEST"]["NAME"] = name
        connection.creation._create_test_db(verbosity=0, autoclobber=True, keepdb=keep)
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = name
        migrate_all()
        for slug in SLUGS:
            if not Tenant.objects.filter(slug=slug).exists():
                create_tenant(name=slug.title(), slug=slug)
        connection.close()
    yield
    with django_db_blocker.unblock(), public_scope():
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = original


@pytest.fixture(autouse=True)
def _no_scope_left() -> Iterator[None]:
    """Start each test outside of any tenant, with nothing remembered about hosts and services."""
    hosts.forget()
    circuits.forget()
    circuits.PREFIX = f"breakers-{uuid4().hex}"
    news.forget()
    health.forget()
    sharing.forget()
    sharing.PREFIX = f"relay-{uuid4().hex}"
    for each in (allowance.RETRIES, allowance.HEDGES):
        each.forget()
    yield
    hosts.forget()


@pytest.fixture
def alpha(db: None) -> Iterator[Tenant]:
    """The workspace that most tests work in; the test runs inside it."""
    with public_scope():
        tenant = Tenant.objects.get(slug="alpha")
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def beta(db: None) -> Tenant:
    """The other workspace; enter it with tenant_context()."""
    with public_scope():
        return Tenant.objects.get(slug="beta")


@pytest.fixture
def public(db: None) -> Iterator[None]:
    """Run the test in the public scope."""
    with public_scope():
        yield


def _reset_rows(self: TransactionTestCase) -> None:
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
        _empty("public", [name for name in _used("public") if name not in KEPT])
    connection.close()


def _restore_from_template(schema: str) -> None:
    """Empty the tables that have rows, and fill those that the template fills.

    Most tests use few of the tables, and touching each of them takes longer than most tests.
    """
    delivered = _delivered()
    _wait_for_writers(schema)
    _empty(schema, sorted({*_used(schema), *delivered}))
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
    return tuple(_used(TEMPLATE_SCHEMA))


def _used(schema: str) -> list[str]:
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


def _empty(schema: str, tables: Iterable[str]) -> None:
    """Delete all rows: of tables as small as these that is quicker than to truncate them.

    Foreign keys are looked at when all is committed.
    """
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'DELETE FROM "{schema}"."{table}"')


def _roll_back(
    self: TestCase,
    original: Callable[[TestCase], None] = TestCase._fixture_teardown,  # type: ignore[attr-defined]
) -> None:
    """Roll a test back in a scope: checking the deferred constraints is a query too."""
    with public_scope():
        original(self)


TransactionTestCase._fixture_teardown = _reset_rows  # type: ignore[attr-defined]
TestCase._fixture_teardown = _roll_back  # type: ignore[attr-defined]

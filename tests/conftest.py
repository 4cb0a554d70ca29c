"""What all tests share: one database per process with two workspaces, entered by fixtures.

The template schema is migrated once and both workspaces are clones of it, as in production.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import TestCase, TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as given

from apps.egress import circuits
from apps.gateway import news
from apps.gateway.routes import allowance, health, sharing
from apps.tenants import hosts
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant
from tests.factories.databases import make_database, point_to
from tests.factories.rows import reset_rows
from tests.scheduling import Scheduling, rank

pytest_plugins = [
    "tests.factories.cast",
    "tests.factories.issuer",
    "tests.factories.asserter",  # after the one that it imports
    "tests.factories.names",
    "tests.factories.entrusting",  # after those that it imports
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


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Keep groups together."""
    return Scheduling(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, after the order was made random."""
    items.sort(key=lambda item: rank(item.nodeid))


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """Create the test database, migrate it and make the two workspaces."""
    original = connection.settings_dict["NAME"]
    with django_db_blocker.unblock(), public_scope():
        make_database(request.config)
        for slug in SLUGS:
            if not Tenant.objects.filter(slug=slug).exists():
                create_tenant(name=slug.title(), slug=slug)
        connection.close()
    yield
    with django_db_blocker.unblock(), public_scope():
        point_to(original)


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


def _roll_back(
    self: TestCase,
    original: Callable[[TestCase], None] = TestCase._fixture_teardown,  # type: ignore[attr-defined]
) -> None:
    """Roll a test back in a scope: checking the deferred constraints is a query too."""
    with public_scope():
        original(self)


TransactionTestCase._fixture_teardown = lambda _: reset_rows()  # type: ignore[attr-defined]
TestCase._fixture_teardown = _roll_back  # type: ignore[attr-defined]

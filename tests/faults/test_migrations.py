"""A new release comes to many workspaces: killed on the way, and started by two replicas (F27)."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from apps.tenants.context import maintenance, public_scope
from apps.tenants.migrating import fingerprint, migrate_all
from apps.tenants.models import TEMPLATE_SCHEMA, Tenant
from apps.tenants.services import create_tenant, drop_tenant
from tests.factories.runs import until
from tests.faults.crowd import ROOT, environment
from tests.faults.sizes import size

pytestmark = pytest.mark.django_db(transaction=True)
WORKSPACES, KILLED_AT = size(5, 200), size(2, 87)
PATIENCE_S = size(120, 1800)
APP = "credentials"  # whose newest migration is the one of the new release


def newest() -> tuple[str, str]:
    """Return the newest migration of the app, and the one before it."""
    graph = MigrationLoader(None).graph
    [leaf] = graph.leaf_nodes(APP)
    [before] = [each.key for each in graph.node_map[leaf].parents if each.key[0] == APP]
    return str(leaf[1]), str(before[1])


@pytest.fixture
def behind(transactional_db: None) -> Iterator[list[Tenant]]:
    """Make workspaces as the release before left them; none of them stays."""
    made: list[Tenant] = []
    try:
        with maintenance():
            call_command(
                "migrate_schemas",
                APP,
                newest()[1],
                schema_name=TEMPLATE_SCHEMA,
                interactive=False,
                verbosity=0,
            )
        with public_scope():
            made += [create_tenant(name="x", slug=f"many-{each:03}") for each in range(WORKSPACES)]
            yield made
    finally:
        migrate_all()
        for tenant in made:
            drop_tenant(tenant)
        with public_scope():
            Tenant.objects.update(ready_for="")


def replica() -> "subprocess.Popen[str]":
    """Start a process that brings everything up to date."""
    command = [sys.executable, "-m", "tests.faults.migrator"]
    return subprocess.Popen(
        command, env=environment(""), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def ready(release: str) -> int:
    return Tenant.objects.filter(slug__startswith="many-", ready_for=release).count()


def recorded(schema: str) -> int:
    """Return how often a schema says that it has the new release's migration."""
    with maintenance(schema), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM django_migrations WHERE app = %s AND name = %s",
            [APP, newest()[0]],
        )
        return int(cursor.fetchone()[0])


def test_killed_on_the_way_it_goes_on_and_two_replicas_do_the_rest_once(
    behind: list[Tenant],
) -> None:
    assert {recorded(tenant.schema_name) for tenant in behind} == {0}
    others = Tenant.objects.exclude(slug__startswith="many-").count()
    release, killed = fingerprint(), replica()
    until(lambda: ready(release) >= KILLED_AT, PATIENCE_S)
    killed.kill()
    killed.communicate(timeout=10)
    done = ready(release)
    assert KILLED_AT <= done < WORKSPACES
    replicas = [replica(), replica()]
    said = [each.communicate(timeout=PATIENCE_S)[0] for each in replicas]
    assert [each.returncode for each in replicas] == [0, 0]
    counts = sorted(int(count) for text in said for count in re.findall(r"; (\d+) work", text))
    assert counts[0] == 0  # the second finds nothing left
    assert WORKSPACES - done <= counts[1] <= WORKSPACES - done + others
    assert ready(release) == WORKSPACES
    assert {recorded(tenant.schema_name) for tenant in behind} == {1}

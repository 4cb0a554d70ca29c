"""Making and removing workspaces."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from apps.tenants.context import maintenance, public_scope, tenant_context
from apps.tenants.migrating import migrate_all
from apps.tenants.models import RESERVED_SLUGS, TEMPLATE_SCHEMA, Tenant
from apps.tenants.services import SlugTaken, create_tenant, drop_tenant
from apps.vault.services import seal, unseal


def columns(schema: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default IS NULL"
            " FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 2",
            [schema],
        )
        return list(cursor.fetchall())


def constraints(schema: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT class.relname, con.conname, con.contype::text FROM pg_constraint AS con"
            " JOIN pg_class AS class ON class.oid = con.conrelid"
            " JOIN pg_namespace AS space ON space.oid = class.relnamespace"
            " WHERE space.nspname = %s AND con.contype IN ('p', 'u', 'f', 'c') ORDER BY 1, 2",
            [schema],
        )
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    "slug", ["", "ab", "Acme", "a_b", "-ab", "ab-", "1ab", "ä-team", "a" * 41, *RESERVED_SLUGS]
)
def test_bad_slugs_are_refused(public: None, slug: str) -> None:
    with pytest.raises(ValidationError):
        create_tenant(name="X", slug=slug)


@pytest.mark.django_db(transaction=True)
def test_a_clone_equals_the_template_and_works(public: None) -> None:
    tenant = create_tenant(name="Gamma", slug="gamma")
    try:
        assert columns(tenant.schema_name) == columns(TEMPLATE_SCHEMA)
        assert constraints(tenant.schema_name) == constraints(TEMPLATE_SCHEMA)
        with tenant_context(tenant):
            assert unseal(seal("x", context="c"), context="c") == "x"
        with pytest.raises(SlugTaken):
            create_tenant(name="Other", slug="gamma")
        migrate_all()
    finally:
        drop_tenant(tenant)
    with maintenance(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [tenant.role_name])
        assert cursor.fetchone() is None


@pytest.mark.django_db(transaction=True)
def test_parallel_provisioning(public: None) -> None:
    """Parallel DDL on roles meets in the catalogue without the lock."""
    failures: list[Exception] = []

    def make(slug: str) -> None:
        try:
            with public_scope():
                create_tenant(name=slug, slug=slug)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    slugs = [f"parallel-{letter}" for letter in "abcd"]
    threads = [threading.Thread(target=make, args=(slug,)) for slug in slugs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for tenant in Tenant.objects.filter(slug__in=slugs):
        drop_tenant(tenant)
    assert failures == []

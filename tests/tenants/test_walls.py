"""The two walls between workspaces: the context fails closed, the role refuses the rest."""

from contextvars import Context
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.tenants.context import (
    NoTenant,
    Scope,
    current_tenant,
    entered,
    public_scope,
    tenant_context,
)
from apps.tenants.models import Tenant

connection: Any = connections["default"]


def query(sql: str) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def test_queries_without_a_scope_raise(db: None) -> None:
    with pytest.raises(NoTenant):
        Context().run(Tenant.objects.count)


def test_role_and_path_are_the_tenants(alpha: Tenant) -> None:
    assert query("SELECT current_user, current_schema()") == [(alpha.role_name, "t_alpha")]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t_beta.audit_entry",
        "SELECT * FROM public.tenants_tenant",
        "SELECT * FROM t__template.audit_entry",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE audit_link SET hash = 'x'",
        "DELETE FROM audit_link",
        "DELETE FROM audit_check",
        "TRUNCATE audit_entry",
        "SELECT clone_schema('t_beta', 't_stolen', 'DATA')",
    ],
)
def test_second_wall_refuses(alpha: Tenant, sql: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        query(sql)


def test_second_wall_is_what_refuses(alpha: Tenant) -> None:
    """Without the role the same statement answers: the wall, not something else, holds it."""
    with entered(Scope(alpha.schema_name)):
        assert query("SELECT count(*) FROM t_beta.audit_entry") == [(0,)]


def test_nested_scopes_return(alpha: Tenant, beta: Tenant) -> None:
    record("here.first", actor=None)
    with tenant_context(beta):
        record("there.only", actor=None)
        assert AuditEntry.objects.count() == 1
    assert current_tenant() == alpha
    assert AuditEntry.objects.get().action == "here.first"


def test_scope_survives_a_rollback(alpha: Tenant, beta: Tenant) -> None:
    """A rollback undoes set_config: a cached state would leave the connection with the other tenant."""
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            with tenant_context(beta):
                record("lost.one", actor=None)
            raise ZeroDivisionError
        assert query("SELECT current_user") == [(alpha.role_name,)]
        record("kept.one", actor=None)
    assert AuditEntry.objects.filter(action="kept.one").count() == 3


@pytest.mark.django_db(transaction=True)
def test_failed_entry_throws_the_connection_away(alpha: Tenant) -> None:
    with pytest.raises(DatabaseError), entered(Scope("t_alpha", "no_such_role")):
        AuditEntry.objects.count()
    assert connection.connection is None
    assert query("SELECT current_user") == [(alpha.role_name,)]


@pytest.mark.django_db(transaction=True)
def test_pool_takes_role_and_path_off(alpha: Tenant) -> None:
    query("SELECT 1")
    connection.close()
    pool = connection.pool
    assert pool is not None
    with pool.connection() as raw:
        user, path = raw.execute("SELECT current_user, current_setting('search_path')").fetchone()
    assert user != alpha.role_name
    assert "t_alpha" not in path


def test_bare_schema_is_refused_outside_maintenance(alpha: Tenant) -> None:
    with pytest.raises(NoTenant):
        connection.set_schema("t_beta")
    with public_scope():
        connection.set_schema_to_public()


def test_grants_are_the_checked_in_ones(alpha: Tenant) -> None:
    """Whatever a tenant's role may touch outside its own schema is listed here."""
    with public_scope():
        rows = query(
            "SELECT table_name, string_agg(privilege_type, ', ' ORDER BY privilege_type)"
            " FROM information_schema.role_table_grants"
            f" WHERE grantee = '{alpha.role_name}' AND table_schema = 'public' GROUP BY 1"
        )
    dml = "DELETE, INSERT, SELECT, UPDATE"
    assert {str(row[0]): row[1] for row in rows} == {
        "django_content_type": "SELECT",
        "dispatch_chore": dml,
        "dispatch_pass": dml,
        "dispatch_pulse": "SELECT",
        "dispatch_tenantload": "SELECT",
        "dispatch_ticket": dml,
        "dispatch_timer": dml,
    }

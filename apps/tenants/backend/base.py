"""The connection: search path and role follow the ContextVar, or nothing is executed."""

from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper
from django_tenants.postgresql_backend.base import FakeTenant
from psycopg import sql

from apps.tenants import context
from apps.tenants.backend import pool

ENTER = "SELECT set_config('role', %s, false), set_config('search_path', %s, false)"


class DatabaseWrapper(TenantsWrapper):  # type: ignore[misc]
    """A connection whose tenant is the context's, never its own.

    The library keeps the tenant on the connection, which is one per thread: sockets sharing a
    thread then read each other's rows. Here the ContextVar is the only store.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._entered: context.Scope | None = None
        self._ready = False
        super().__init__(*args, **kwargs)  # calls set_schema_to_public(), which must not count
        self._ready = True

    @property
    def tenant(self) -> Any:
        scope = context.current_scope()
        return scope.tenant or FakeTenant(scope.schema)

    @tenant.setter
    def tenant(self, value: object) -> None:
        """Ignore the library's own bookkeeping."""

    @property
    def schema_name(self) -> str:
        return context.current_schema()

    @schema_name.setter
    def schema_name(self, value: object) -> None:
        """Ignore the library's own bookkeeping."""

    @property
    def include_public_schema(self) -> bool:
        return context.current_scope().include_public

    @include_public_schema.setter
    def include_public_schema(self, value: object) -> None:
        """Ignore the library's own bookkeeping."""

    def set_tenant(self, tenant: context.SchemaOwner, include_public: bool = True) -> None:
        if self._ready:
            context.enter_from_library(tenant, include_public=include_public)

    def connect(self) -> None:
        self._entered = None
        super().connect()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Take a connection from the pool whose server is still there.

        After a restart of the server the pool is full of others; they are thrown away at once.
        """
        found = super().get_new_connection(conn_params)
        while self.pool and not pool.is_alive(found):
            found.close()
            self.pool.putconn(found)
            found = super().get_new_connection(conn_params)
        return found

    def close(self) -> None:
        self._entered = None
        super().close()
        if not self.in_atomic_block:
            self.rollback_exc = None  # its traceback holds all that its thread had in hand

    def rollback(self) -> None:
        self._entered = None  # set_config is undone by the rollback
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._entered = None

    def _rollback(self) -> Any:
        self._entered = None
        return super()._rollback()

    def _cursor(self, name: str | None = None) -> Any:
        scope = context.current_scope()
        cursor = PostgresWrapper._cursor(self, name)  # type: ignore[attr-defined]  # noqa: SLF001
        if self._entered != scope:
            self._enter(scope)
        return cursor

    def _enter(self, scope: context.Scope) -> None:
        """Set role and path together; a connection that could not is thrown away."""
        path = ", ".join(_quoted(name) for name in _search_path(scope))
        try:
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(ENTER, (scope.role or "none", path))
        except Exception:
            self.connection.close()
            self.close()
            raise
        self._entered = scope


def _search_path(scope: context.Scope) -> list[str]:
    if scope.schema == context.PUBLIC or not scope.include_public:
        return [scope.schema]
    return [scope.schema, context.PUBLIC]


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)

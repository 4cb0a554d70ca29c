"""Errors that PostgreSQL raises by itself, planted into a table of a workspace."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from apps.tenants.context import current_schema, maintenance

# A sequence does not roll back: it counts the refusals whatever becomes of the transactions.
PLANT = """
CREATE SEQUENCE public.fault_count;
CREATE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
BEGIN
    IF nextval('public.fault_count') <= TG_ARGV[0]::int THEN
        RAISE EXCEPTION 'planted' USING ERRCODE = TG_ARGV[1];
    END IF;
    RETURN NULL;
END $body$;
"""
UPROOT = "DROP FUNCTION public.fault() CASCADE; DROP SEQUENCE public.fault_count"


@contextmanager
def refused(table: str, sqlstate: str, times: int) -> Iterator[None]:
    """Have PostgreSQL refuse so many writes to a table of this workspace, with an error of its own."""
    schema = "public" if table.startswith("dispatch_") else current_schema()
    _execute(
        schema,
        PLANT,
        f"CREATE TRIGGER fault AFTER INSERT OR UPDATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION public.fault('{times}', '{sqlstate}')",
    )
    try:
        yield
    finally:
        _execute(schema, UPROOT)


def _execute(schema: str, *statements: str) -> None:
    with maintenance(schema), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

"""Whatever is sealed and kept is registered: else a data key could never go, or go too early."""

import re

import pytest
from django.db import connection

from apps.tenants.context import tenant_context
from apps.vault import resealing
from tests.isolation.kept import kept_world
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]
SEALED = r"v1\.[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.[A-Za-z0-9_=-]{16,}"
# Signatures name a data key, too; what checks them is kept when it goes.
SIGNED = {"audit_link.signature"}
COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')
"""


@pytest.fixture
def ours(transactional_db: None) -> World:
    return kept_world("alpha")


def found() -> set[str]:
    """Return the columns in which sealed texts stand, and the tables whose rows name a data key."""
    places = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ~ %s', [SEALED])
            if cursor.fetchone()[0]:
                places.add(f"{table}.{column}")
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND column_name = 'key_id' AND table_name LIKE 'files%'"
        )
        places |= {table for (table,) in cursor.fetchall()}
    return places


def test_every_sealed_column_is_registered(ours: World) -> None:
    with tenant_context(ours.tenant):
        known = {sealed.place for sealed in resealing.every()}
        sealed = found() - SIGNED
    assert re.fullmatch(SEALED, "v1.01a22829-f2c6-7097-9599-8721ca82ba1e.AAAAAAAAAAAAAAAAAAAAAAAA")
    assert {"credentials_storedcredential.sealed", "triggers_trigger.secret"} <= sealed
    assert sealed <= known, "register what is sealed: apps.vault.resealing"

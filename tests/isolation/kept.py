"""Worlds made once for many tests: putting their rows back is quicker than making them again."""

import time
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction

from apps.accounts.models import User
from apps.tenants.context import maintenance, tenant_context
from tests.factories.rows import KEPT, empty, used
from tests.isolation.world import World, fail_a_service, make_world

connection: Any = connections["default"]
LASTS_S = 180  # links in mails, proofs of who one is and the like run out sooner or later
Rows = dict[tuple[str, str], list[str]]  # by schema and table, in PostgreSQL's own notation


@dataclass(frozen=True)
class Kept:
    """A world with the rows that it consists of, which are good for a while."""

    world: World
    rows: Rows
    until: float


_kept: dict[str, Kept] = {}


def kept_world(slug: str) -> World:
    """Fill an empty workspace as `make_world` does, with the rows of one that was made lately."""
    kept = _kept.get(slug)
    if kept is None or time.monotonic() > kept.until:
        kept = _kept[slug] = _made(slug)
        return deepcopy(kept.world)
    return _again(kept)


def _made(slug: str) -> Kept:
    before = _rows("public")
    until = time.monotonic() + LASTS_S
    world = make_world(slug)
    rows = _rows(world.tenant.schema_name)
    for place, found in _rows("public").items():
        known = set(before.get(place, []))
        rows[place] = [row for row in found if row not in known]
    return Kept(deepcopy(world), rows, until)


def _again(kept: Kept) -> World:
    schema = kept.world.tenant.schema_name
    with maintenance(), transaction.atomic():
        empty(schema, used(schema))
        for (place, table), rows in kept.rows.items():
            _insert(f'"{place}"."{table}"', rows)
    connection.close()
    world = World(kept.world.tenant, objects=dict(kept.world.objects))
    with tenant_context(world.tenant):
        people = User.objects.in_bulk([user.pk for user in kept.world.people.values()])
        world.people = {role: people[user.pk] for role, user in kept.world.people.items()}
        fail_a_service(world)  # which Redis knows of, and not the database
    return world


def _insert(table: str, rows: list[str]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
                f" SELECT * FROM unnest(%s::text[]::{table}[])",
                [rows],
            )


def _rows(schema: str) -> Rows:
    """Return all rows of a schema but those that the set-up of the tests made."""
    kept = KEPT if schema == "public" else set()
    found: Rows = {}
    with maintenance(), connection.cursor() as cursor:
        for table in used(schema):
            if table not in kept:
                cursor.execute(f'SELECT t::text FROM "{schema}"."{table}" AS t')
                found[schema, table] = [row for (row,) in cursor.fetchall()]
    return found

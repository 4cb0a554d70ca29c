"""Rows that are added so often that making their statements anew each time is too dear.

`bulk_create` prepares each value of each row by itself, which costs more than the rest of a write;
here PostgreSQL takes many rows out of one JSON text.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from apps.common.types import JSONDict

_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def insert(
    rows: Sequence[models.Model], *, key: tuple[str, ...] = (), update: tuple[str, ...] = ()
) -> None:
    """Add rows of one model; where a row of the same `key` exists, change its `update` fields.

    Values go as they are, without what a field would do on save, and the rows get no ids.
    """
    if not rows:
        return
    names = [(field.column, field.attname) for field in _fields(type(rows[0]))]
    values = [{column: getattr(row, name) for column, name in names} for row in rows]
    insert_values(type(rows[0]), values, key=key, update=update)


def insert_values(
    model: type[models.Model],
    values: Sequence[JSONDict],
    *,
    key: tuple[str, ...] = (),
    update: tuple[str, ...] = (),
) -> None:
    """Add rows of a model like `insert`, from what their columns hold."""
    if not values:
        return
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, key, update), [_encode(values)])


def add(row: models.Model) -> None:
    """Add one row as `save(force_insert=True)` does, by a statement that is made once; no signals."""
    fields = row._meta.local_concrete_fields
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_addition(type(row)), values)
    state = row._state  # noqa: SLF001 - documented, for who loads and saves rows by other ways
    state.adding, state.db = False, connection.alias


@cache
def _addition(model: type[models.Model]) -> str:
    quote = connection.ops.quote_name
    fields = model._meta.local_concrete_fields
    columns = ", ".join(quote(each.column) for each in fields)
    places = ", ".join("%s" for _ in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - our own names


@cache
def _fields(model: type[models.Model]) -> "tuple[models.Field[Any, Any], ...]":
    return tuple(each for each in model._meta.concrete_fields if each.column != "id")


@cache
def _statement(model: type[models.Model], key: tuple[str, ...], update: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    fields = _fields(model)
    columns = ", ".join(quote(each.column) for each in fields)
    typed = ", ".join(f"{quote(each.column)} {each.db_type(connection)}" for each in fields)
    statement = (
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) "  # noqa: S608 - our own names
        f"SELECT {columns} FROM jsonb_to_recordset(%s::jsonb) AS given ({typed})"
    )
    if not key:
        return statement
    named = {each.name: quote(each.column) for each in fields}
    changed = ", ".join(f"{named[each]} = excluded.{named[each]}" for each in update)
    return f"{statement} ON CONFLICT ({', '.join(named[e] for e in key)}) DO UPDATE SET {changed}"

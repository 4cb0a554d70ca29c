"""Many rows in one statement with one parameter.

`bulk_create` prepares each value of each row by itself, which costs more than the rest of a write;
here PostgreSQL takes the rows out of one JSON text.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models


def insert(
    rows: Sequence[models.Model], *, key: tuple[str, ...] = (), update: tuple[str, ...] = ()
) -> None:
    """Add rows of one model; where a row of the same `key` exists, change its `update` fields.

    Values go as they are, without what a field would do on save, and the rows get no ids.
    """
    if not rows:
        return
    fields = _fields(type(rows[0]))
    values = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
    with connection.cursor() as cursor:
        text = json.dumps(values, ensure_ascii=False, default=str)
        cursor.execute(_statement(type(rows[0]), key, update), [text])


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

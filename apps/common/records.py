"""Rows that are added so often that making their statements anew each time is too dear.

`bulk_create` prepares each value of each row by itself, which costs more than the rest of a write;
here PostgreSQL takes many rows out of one JSON text.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models

from apps.common.types import JSONDict


def _as_text(value: Any) -> str:
    """Return how PostgreSQL reads a value that JSON has no form for."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


_encode = json.JSONEncoder(ensure_ascii=False, default=_as_text).encode


@dataclass(frozen=True)
class Rows:
    """Rows of one model to be added: what their columns hold, as it is.

    Where a row of the same `key` exists, its `update` fields are changed. Without `with_id` the
    database gives the ids.
    """

    model: type[models.Model]
    values: Sequence[JSONDict]
    key: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    with_id: bool = False

    @property
    def statement(self) -> str:
        """What adds the rows out of one JSON text."""
        return _statement(self.model, self.key, self.update, with_id=self.with_id)


def rows_of(
    model: type[models.Model],
    rows: Iterable[models.Model],
    *,
    key: tuple[str, ...] = (),
    update: tuple[str, ...] = (),
) -> Rows:
    """Return rows of one model as they are, without what a field would do on save or their ids."""
    names = [(field.column, field.attname) for field in _fields(model)]
    values = [{column: getattr(row, name) for column, name in names} for row in rows]
    return Rows(model, values, key, update)


def new(row: models.Model) -> Rows:
    """Return a row with its id as `save(force_insert=True)` writes it; no signals.

    It counts as saved from now on.
    """
    for field in _stamped(type(row)):
        field.pre_save(row, add=True)
    fields = _fields(type(row), with_id=True)
    values = {field.column: getattr(row, field.attname) for field in fields}
    state = row._state  # noqa: SLF001 - documented, for who loads and saves rows by other ways
    state.adding, state.db = False, connection.alias
    return Rows(type(row), [values], with_id=True)


def write(*parts: Rows) -> None:
    """Add rows of several models: in one statement, which takes one way to the database and back."""
    parts = tuple(each for each in parts if each.values)
    if not parts:
        return
    *first, last = [each.statement for each in parts]
    named = ", ".join(f"part_{place} AS ({text})" for place, text in enumerate(first))
    statement = f"WITH {named} {last}" if named else last
    with connection.cursor() as cursor:
        cursor.execute(statement, [_encode(each.values) for each in parts])


def change(row: models.Model, values: JSONDict, *, plus: JSONDict, returning: str) -> Any:
    """Change a row by its key; return what one of its columns then holds.

    `values` are written as `save` does, `plus` is added to numbers. Raises ObjectDoesNotExist.
    """
    fields = _named(type(row))
    given = (*values.items(), *plus.items())
    prepared = [fields[n].get_db_prep_save(getattr(v, "pk", v), connection) for n, v in given]
    with connection.cursor() as cursor:
        statement = _change(type(row), tuple(values), tuple(plus), returning)
        cursor.execute(statement, [*prepared, row.pk])
        found = cursor.fetchone()
    if found is None:
        raise ObjectDoesNotExist
    return found[0]


@cache
def _change(
    model: type[models.Model], names: tuple[str, ...], plus: tuple[str, ...], returning: str
) -> str:
    quote = connection.ops.quote_name
    columns = {name: quote(_named(model)[name].column) for name in (*names, *plus)}
    sets = [f"{columns[name]} = %s" for name in names]
    sets += [f"{columns[name]} = {columns[name]} + %s" for name in plus]
    return (
        f"UPDATE {quote(model._meta.db_table)} SET {', '.join(sets)} "  # noqa: S608 - our own names
        f"WHERE id = %s RETURNING {quote(returning)}"
    )


@cache
def _named(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    """Return the fields by their names, references also by their columns."""
    fields = model._meta.concrete_fields
    return {name: each for each in fields for name in (each.name, each.attname)}


@cache
def _stamped(model: type[models.Model]) -> "tuple[models.Field[Any, Any], ...]":
    """Return the fields that get their value by saving: the time of it."""
    fields = model._meta.local_concrete_fields
    return tuple(
        e for e in fields if getattr(e, "auto_now", False) or getattr(e, "auto_now_add", False)
    )


@cache
def _fields(
    model: type[models.Model], *, with_id: bool = False
) -> "tuple[models.Field[Any, Any], ...]":
    return tuple(each for each in model._meta.concrete_fields if with_id or each.column != "id")


@cache
def _statement(
    model: type[models.Model],
    key: tuple[str, ...] = (),
    update: tuple[str, ...] = (),
    *,
    with_id: bool = False,
) -> str:
    quote = connection.ops.quote_name
    fields = _fields(model, with_id=with_id)
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

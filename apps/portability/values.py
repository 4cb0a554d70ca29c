"""Values of rows that came in an archive: each must be what its field could hold, by type, size and choice."""

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_duration

from apps.common.types import JSON, JSONDict
from apps.portability.kinds import AnyField, Kept

HEX_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_ITEMS = 10_000  # of a list in a field
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
Read = Callable[[JSON], Any]


class Wrong(ValueError):
    """A value that its field cannot hold; the words say why."""


def row_of(kind: Kept, row: JSONDict) -> dict[str, Any]:
    """Return the values of a row by the names of their columns. Raises Wrong."""
    fields = kind.fields
    if row.keys() != {each.name for each in fields}:
        odd = sorted(row.keys() ^ {each.name for each in fields})
        raise Wrong(f"{odd[0]} is missing, or is no field of it")
    found = dict[str, Any]()
    for each in fields:
        try:
            found[each.attname] = value_from(each, row[each.name])
        except Wrong as error:
            raise Wrong(f"{each.name} {error}") from error
    return found


def value_from(field: AnyField, raw: JSON) -> Any:
    """Return what a field holds from what a row says. Raises Wrong."""
    if raw is None:
        if not field.null:
            raise Wrong("is missing")
        return None
    if isinstance(field, models.JSONField):
        return raw
    if isinstance(field, ArrayField):
        return _list(field, raw)
    if isinstance(field, models.ForeignKey):
        return value_from(field.target_field, raw)
    value = _reader_of(field)(raw)
    _check(field, value)
    return value


def _list(field: Any, raw: JSON) -> list[Any]:
    if not isinstance(raw, list) or len(raw) > MOST_ITEMS:
        raise Wrong("is no list, or a very long one")
    return [value_from(field.base_field, each) for each in raw]


def _reader_of(field: AnyField) -> Read:
    for kind, read in READERS:
        if isinstance(field, kind):
            return read
    raise Wrong("is of a kind that no archive holds")


def _check(field: AnyField, value: Any) -> None:
    """Hold a value to the choices, bounds and lengths of its field."""
    if value == "":
        return
    choices = [key for key, _ in field.flatchoices]
    if choices and value not in choices:
        raise Wrong(f"cannot be {str(value)[:40]!r}")
    most = getattr(field, "max_length", None)
    if most and isinstance(value, str) and len(value) > most:
        raise Wrong(f"is longer than {most} characters")
    if isinstance(field, models.EmailField):
        return  # addresses of who was removed are none on purpose: the rule of people looks
    try:
        field.run_validators(value)
    except ValidationError as error:
        raise Wrong(f"is not right: {error.messages[0][:120]}") from error


def _boolean(raw: JSON) -> bool:
    if not isinstance(raw, bool):
        raise Wrong("is neither true nor false")
    return raw


def _integer(raw: JSON) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise Wrong("is no whole number")
    return raw


def _float(raw: JSON) -> float:
    if raw in ("nan", "inf", "-inf"):
        return float(str(raw))
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        raise Wrong("is no number")
    return float(raw)


def _text(raw: JSON) -> str:
    if not isinstance(raw, str):
        raise Wrong("is no text")
    return raw


def _decimal(raw: JSON) -> Decimal:
    text = _text(raw)
    try:
        found = Decimal(text) if len(text) <= 60 else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise Wrong("is no decimal number")
    return found


def _id(raw: JSON) -> UUID:
    text = _text(raw)
    if not HEX_ID.fullmatch(text):
        raise Wrong("is no id")
    return UUID(text)


def _moment(raw: JSON) -> datetime:
    try:
        found = datetime.fromisoformat(_text(raw))
    except ValueError:
        raise Wrong("is no time") from None
    if found.tzinfo is None or not FIRST <= found < LAST:
        raise Wrong("is no time that can be, with its offset")
    return found


def _date(raw: JSON) -> date:
    try:
        return date.fromisoformat(_text(raw))
    except ValueError:
        raise Wrong("is no date") from None


def _duration(raw: JSON) -> Any:
    text = _text(raw)
    found = parse_duration(text) if len(text) <= 60 else None
    if found is None:
        raise Wrong("is no duration")
    return found


def _bytes(raw: JSON) -> bytes:
    try:
        return b64decode(_text(raw), validate=True)
    except ValueError:
        raise Wrong("is no base64") from None


READERS: tuple[tuple[type[Any], Read], ...] = (
    (models.BooleanField, _boolean),
    (models.IntegerField, _integer),  # and all that count
    (models.FloatField, _float),
    (models.DecimalField, _decimal),
    (models.UUIDField, _id),
    (models.DateTimeField, _moment),
    (models.DateField, _date),
    (models.DurationField, _duration),
    (models.BinaryField, _bytes),
    (models.CharField, _text),
    (models.TextField, _text),
    (models.GenericIPAddressField, _text),
)

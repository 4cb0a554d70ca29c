"""Rows as JSON: what a field holds, in values that any program reads."""

import json
import math
from base64 import b64encode
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import JSONField
from django.utils.duration import duration_string

from apps.common.types import JSON
from apps.portability.kinds import AnyField


def told(fields: list[AnyField], values: tuple[Any, ...]) -> dict[str, JSON]:
    """Return a row as an object: a reference is the id of what is referred to."""
    return {each.name: value_of(each, value) for each, value in zip(fields, values, strict=True)}


def value_of(field: AnyField, value: Any) -> JSON:
    """Return what a field holds."""
    if value is None or isinstance(field, JSONField):
        return value
    if isinstance(field, ArrayField):
        return [value_of(field.base_field, each) for each in value]
    return plain(value)


def plain(value: Any) -> JSON:
    """Return a value of Python as one of JSON."""
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_string(value)
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def line(row: dict[str, JSON]) -> bytes:
    """Return a row as a line."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"

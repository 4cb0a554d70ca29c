"""What comes out of the sandbox, as JSON and as text."""

import json
import math
from typing import Any

from apps.common.types import JSON
from apps.sandbox.exceptions import CodeFailed

MAX_DIGITS = 400


def as_json(value: Any) -> JSON:
    """Return a sandbox value as plain JSON. Raises CodeFailed for what JSON cannot hold."""
    match value:
        case None | bool() | str():
            return value
        case int() if abs(value) < 10**MAX_DIGITS:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case list() | tuple():
            return [as_json(item) for item in value]
        case dict():
            return {_key(key): as_json(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted((as_json(item) for item in value), key=str)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise CodeFailed("ValueError", f"a {type(value).__name__} cannot be used as data")


def as_text(value: JSON) -> str:
    """Return a value as it appears inside a longer text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def clean(message: str) -> str:
    """Shorten a message and take the quotes off that a KeyError puts around its text."""
    text = message.replace("\x00", "").strip()
    if len(text) > 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text[:500]


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, int | float | bool):
        return json.dumps(key)
    raise CodeFailed("ValueError", f"a {type(key).__name__} cannot be a key of data")

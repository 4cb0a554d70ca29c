"""JSON Schemas as checks: which can be used, and which rule of one a value breaks.

A rule is named by its place in the schema, never by what the answer says: verdicts are kept with the
call, and of a call no words are kept.
"""

import json
from functools import lru_cache

from apps.common.schemas import broken_rule, check_schema
from apps.common.types import JSON, JSONDict


def is_usable(schema: JSON) -> bool:
    """Tell whether values can be checked by a schema. Slow for one that was not seen lately."""
    return isinstance(schema, dict) and _is_usable(json.dumps(schema))


@lru_cache(maxsize=256)
def _is_usable(text: str) -> bool:
    try:
        check_schema(json.loads(text))
    except (ValueError, RecursionError):
        return False
    return True


def problem(value: JSON, schema: JSONDict) -> str:
    """Return which rule a value breaks; empty where it fits."""
    rule = broken_rule(value, schema)
    return f"does not fit the schema at {rule}" if rule else ""

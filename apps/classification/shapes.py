"""What is told of a value that is not kept: of what it consists, and how much it is."""

import json
import re

from apps.common.types import JSON

DEEPEST, MOST = 4, 40
# A key that is a word of a program; others may be data themselves, such as an address.
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
OTHERS = "(other keys)"


def shape_of(value: JSON, depth: int = 0) -> JSON:
    """Return the kinds of values by their keys; of a list that of its first entry."""
    if isinstance(value, dict):
        if depth >= DEEPEST:
            return "object"
        words = [key for key in value if WORD.fullmatch(key)][:MOST]
        shape: dict[str, JSON] = {key: shape_of(value[key], depth + 1) for key in words}
        others = len(value) - len(words)
        return {**shape, OTHERS: others} if others else shape
    if isinstance(value, list):
        first = [shape_of(value[0], depth + 1)] if value and depth < DEEPEST else []
        return {"list": len(value), "of": first[0]} if first else {"list": len(value)}
    return kind_of(value)


def kind_of(value: JSON) -> str:
    """Return the kind of a single value."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, int | float) else "text"


def size_of(value: JSON) -> int:
    """Return the bytes of its JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))

"""Strict JSON: what cannot be stored or compared exactly is refused, with the place."""

import json
from collections.abc import Mapping
from math import isinf
from typing import IO, Any, Never

from rest_framework.parsers import BaseParser

from apps.common.errors import DomainError, TooLarge
from apps.common.types import JSON, JSONDict

MAX_JSON_DEPTH = 64
MAX_BODY = 1 << 20


class BadJSON(DomainError):
    """The body is not valid JSON."""

    code = "bad_json"


class StrictJSONParser(BaseParser):
    """Parse JSON by the letter: no NaN, no repeated keys, limited size and depth."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> JSON:
        """Return the value. Raises BadJSON or, above what the view reads (`max_body`), TooLarge."""
        limit = getattr((parser_context or {}).get("view"), "max_body", MAX_BODY)
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit >> 10} KiB.")
        return parse_json(raw)


def parse_json(raw: bytes, *, deepest: int = MAX_JSON_DEPTH, what: str = "The body") -> JSON:
    """Return the value of strict JSON text. Raises BadJSON naming the place, and what it is."""
    try:
        text = raw.decode()
        value = json.loads(text, **_STRICTLY)
        if "\\u0000" in text or "\x00" in text:
            raise BadJSON(f"{what} holds a NUL character, which cannot be stored. Remove it.")
        text.encode("utf-8")
        _check_depth(value, deepest, what)
        _check_surrogates(value, what)
    except UnicodeDecodeError as error:
        raise BadJSON(f"{what} is not valid UTF-8.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadJSON(f"{what} is not valid JSON: {error.msg} at {place}.") from error
    except RecursionError as error:
        raise BadJSON(f"{what} is nested deeper than {deepest} levels.") from error
    except ValueError as error:
        raise BadJSON(f"{what} is not valid JSON: {error}.") from error
    return value


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON value")


def _finite(digits: str) -> float:
    """Read a number; one like 1e400 would become infinite, which JSON cannot say."""
    value = float(digits)
    if isinf(value):
        raise ValueError(f"{digits[:40]} is too large a number")
    return value


def _unique_keys(pairs: list[tuple[str, JSON]]) -> JSONDict:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} appears twice")
    return found


_STRICTLY: dict[str, Any] = {
    "parse_constant": _no_constant,
    "parse_float": _finite,
    "object_pairs_hook": _unique_keys,
}


def _check_depth(value: JSON, deepest: int, what: str) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > deepest:
            raise BadJSON(f"{what} is nested deeper than {deepest} levels.")
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]


def _check_surrogates(value: JSON, what: str) -> None:
    """A lone surrogate passes JSON but no database: refuse it here, with a reason."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadJSON(
            f"{what} holds half of a surrogate pair, which is not a character."
        ) from error

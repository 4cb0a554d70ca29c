"""Filters of RFC 7644, section 3.4.2.2: their text as a tree, and whether a value falls under it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.common.parsing import BadJSON, parse_json
from apps.directory.exceptions import InvalidFilter

LONGEST, MOST_TERMS, DEEPEST = 1000, 25, 8
TOKEN = re.compile(r'\s*([()\[\]]|"(?:[^"\\]|\\.)*"|[^\s()\[\]"]+)')
PATH = re.compile(r"^(?:(urn:[A-Za-z0-9:._-]{1,120}):)?([A-Za-z$][\w$-]{0,60})(?:\.([A-Za-z$][\w$-]{0,60}))?$")  # fmt: skip
OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"})
CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Path:
    """A name of an attribute, in lower case: of what schema, and which part of it."""

    name: str
    sub: str = ""
    urn: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in (self.name, self.sub) if part)


@dataclass(frozen=True)
class Compare:
    """An attribute compared with a value; `pr` with none."""

    path: Path
    operator: str
    value: Any = None


@dataclass(frozen=True)
class Within:
    """A filter that one of an attribute's values must fall under."""

    path: Path
    inner: "Filter"


@dataclass(frozen=True)
class Not:
    """What does not fall under a filter."""

    inner: "Filter"


@dataclass(frozen=True)
class All:
    """What falls under all of them."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True)
class Some:
    """What falls under one of them."""

    parts: "tuple[Filter, ...]"


Filter = Compare | Within | Not | All | Some


def parse(text: str) -> Filter:
    """Return the tree of a filter. Raises InvalidFilter."""
    reader = _Reader(text)
    found = reader.some(depth=0)
    if reader.tokens:
        raise InvalidFilter(f"The filter goes on unexpectedly at {reader.tokens[0][:40]}.")
    return found


def parse_path(text: str) -> Path:
    """Return the attribute that a text names. Raises InvalidFilter."""
    found = PATH.match(text)
    if found is None:
        raise InvalidFilter(f"{text[:60]} names no attribute.")
    return Path(found[2].lower(), (found[3] or "").lower(), (found[1] or "").lower())


def size(rule: Filter) -> int:
    """Return how many comparisons a filter makes of each value."""
    if isinstance(rule, All | Some):
        return sum(map(size, rule.parts))
    return 1 if isinstance(rule, Compare) else size(rule.inner)


class _Reader:
    """Takes tokens one by one; filters that are long or deep are refused before they cost anything."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise InvalidFilter(f"A filter can have {LONGEST} characters.")
        self.tokens: list[str] = []
        place = 0
        text = text.strip()
        while place < len(text):
            token = TOKEN.match(text, place)
            if token is None:
                raise InvalidFilter(f"The filter cannot be read at {text[place : place + 20]}.")
            self.tokens.append(token[1])
            place = token.end()
        self.terms = 0

    def some(self, depth: int) -> Filter:
        """Read parts joined by `or`."""
        if depth > DEEPEST:
            raise InvalidFilter(f"A filter can be nested {DEEPEST} levels deep.")
        parts = [self._all(depth)]
        while self._next_is("or"):
            self.take()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _all(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._next_is("and"):
            self.take()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Filter:
        if self._next_is("not"):
            self.take()
            return Not(self._grouped(depth, "(", ")"))
        if self._next_is("("):
            return self._grouped(depth, "(", ")")
        path = parse_path(self.take())
        return self._within(path, depth) if self._next_is("[") else self._compared(path)

    def _within(self, path: Path, depth: int) -> Filter:
        """Read what stands in brackets; Entra ID goes on with a part: `emails[...].value eq "..."`."""
        inner = self._grouped(depth, "[", "]")
        if self.tokens and self.tokens[0].startswith("."):
            part = parse_path(self.take().removeprefix("."))
            inner = All((inner, self._compared(part)))
        return Within(path, inner)

    def _grouped(self, depth: int, begin: str, end: str) -> Filter:
        self._expect(begin)
        found = self.some(depth + 1)
        self._expect(end)
        return found

    def _compared(self, path: Path) -> Compare:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise InvalidFilter(f"A filter can have {MOST_TERMS} comparisons.")
        operator = self.take().lower()
        if operator not in OPERATORS:
            raise InvalidFilter(f"{operator[:20]} is no operator.")
        return (
            Compare(path, operator) if operator == "pr" else Compare(path, operator, self._value())
        )

    def _value(self) -> Any:
        token = self.take()
        if token.lower() in CONSTANTS:
            return CONSTANTS[token.lower()]
        try:
            value = parse_json(token.encode())  # nothing that the database could not compare
        except BadJSON as error:
            raise InvalidFilter(f"{token[:40]} is no value. Texts stand in quotes.") from error
        if not isinstance(value, str | int | float):
            raise InvalidFilter(f"{token[:40]} is no value.")
        return value

    def take(self) -> str:
        """Take the next token. Raises InvalidFilter at the end."""
        if not self.tokens:
            raise InvalidFilter("The filter ends too early.")
        return self.tokens.pop(0)

    def _next_is(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[0].lower() == word

    def _expect(self, token: str) -> None:
        if self.take() != token:
            raise InvalidFilter(f"The filter lacks a {token}.")


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, wanted: held == wanted,
    "ne": lambda held, wanted: held != wanted,
    "co": lambda held, wanted: str(wanted) in str(held),
    "sw": lambda held, wanted: str(held).startswith(str(wanted)),
    "ew": lambda held, wanted: str(held).endswith(str(wanted)),
    "gt": lambda held, wanted: str(held) > str(wanted),
    "ge": lambda held, wanted: str(held) >= str(wanted),
    "lt": lambda held, wanted: str(held) < str(wanted),
    "le": lambda held, wanted: str(held) <= str(wanted),
}


def holds(rule: Filter, value: Mapping[str, Any]) -> bool:
    """Tell whether one value of an attribute falls under a filter. Raises InvalidFilter."""
    if isinstance(rule, All):
        return all(holds(part, value) for part in rule.parts)
    if isinstance(rule, Some):
        return any(holds(part, value) for part in rule.parts)
    if isinstance(rule, Not):
        return not holds(rule.inner, value)
    if isinstance(rule, Within) or rule.path.sub or rule.path.urn:
        raise InvalidFilter("A filter in brackets compares the parts of one value.")
    held = {name.lower(): each for name, each in value.items()}.get(rule.path.name)
    if rule.operator == "pr" or held is None:
        return (held is not None) if rule.operator == "pr" else rule.operator == "ne"
    return _COMPARE[rule.operator](_plain(held), _plain(rule.value))


def _plain(value: Any) -> Any:
    """Compare texts in any case, and truths also where they are written as texts."""
    if isinstance(value, str):
        return CONSTANTS.get(value.lower(), value.lower())
    return value

"""The shape of a section: asked for one file at a time, with the place that it gave back before."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from apps.common.types import JSONDict
from apps.evidence.models import Pack


@dataclass(frozen=True)
class Member:
    """One file of a pack."""

    name: str
    data: bytes
    cursor: JSONDict = field(default_factory=dict)  # handed back for the file that comes next
    done: int = 0  # entries of the trail that it tells
    facts: JSONDict = field(default_factory=dict)  # what later sections need to know
    wrong: str = ""  # with the trail


# Returns the next file, or None when the section is over.
Section: TypeAlias = Callable[[Pack, JSONDict], Member | None]


def once(name: str, make: Callable[[Pack], bytes]) -> Section:
    """Return a section of one file."""

    def section(pack: Pack, cursor: JSONDict) -> Member | None:
        return None if cursor else Member(name, make(pack), {"written": True})

    return section


def as_json(value: Any) -> bytes:
    """Return a value as a file that people read too."""
    return (json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n").encode()


def as_lines(rows: list[Any]) -> bytes:
    """Return rows, one in a line."""
    return "".join(
        json.dumps(row, default=_plain, ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in rows
    ).encode()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""Lists: what is searched, in what order, and which piece of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from apps.common.types import JSONDict
from apps.directory.exceptions import InvalidValue
from apps.directory.scim.endpoint import Call
from apps.directory.scim.queries import Column, order_of, query_of

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
USUAL, MOST = 100, 200
FARTHEST = 10**9


@dataclass(frozen=True)
class Piece:
    """A part of a list."""

    total: int
    start: int
    rows: list[Any]

    def told(self, resources: list[JSONDict]) -> JSONDict:
        """Return the message of the list."""
        return {
            "schemas": [LIST],
            "totalResults": self.total,
            "startIndex": self.start,
            "itemsPerPage": len(resources),
            "Resources": resources,
        }


def piece(
    call: Call, rows: "QuerySet[Any]", columns: Mapping[str, Column], *, most: int = MOST
) -> Piece:
    """Return what the request asks for of the rows. Raises InvalidFilter, InvalidPath, InvalidValue."""
    query = call.query
    if query.get("filter"):
        rows = rows.filter(query_of(query["filter"], columns))
    order = order_of(query.get("sortby", ""), query.get("sortorder", ""), columns)
    start = max(1, _number(query, "startindex", 1))
    size = min(most, max(0, _number(query, "count", USUAL)))
    found = list(rows.order_by(*order)[start - 1 : start - 1 + size]) if size else []
    return Piece(rows.count(), start, found)


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return otherwise
    if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 10:
        raise InvalidValue(f"{name} must be a whole number.")
    return min(int(text), FARTHEST)

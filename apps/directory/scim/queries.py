"""From a filter to a query: each attribute that may be asked for, and the column behind it.

What a client names becomes a column by these tables alone, never a name of anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from apps.directory.exceptions import InvalidFilter, InvalidPath
from apps.directory.scim.attributes import CORE_GROUP, CORE_USER, ENTERPRISE_USER
from apps.directory.scim.filters import All, Compare, Filter, Not, Path, Some, Within, parse

TEXT_LOOKUPS = {"co": "icontains", "sw": "istartswith", "ew": "iendswith", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}  # fmt: skip
ORDER_LOOKUPS = {"eq": "", "gt": "__gt", "ge": "__gte", "lt": "__lt", "le": "__lte"}
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Column:
    """Where an attribute is kept, and as what it is compared."""

    name: str
    kind: str = "text"  # exact: a text whose case counts; id, truth, time
    sorts: bool = False


COMMON = {
    "id": Column("pk", "id", sorts=True),
    "externalid": Column("external_id", "exact", sorts=True),
    "meta.created": Column("created_at", "time", sorts=True),
    "meta.lastmodified": Column("updated_at", "time", sorts=True),
}
USER_COLUMNS = COMMON | {
    "username": Column("user_name", sorts=True),
    "active": Column("active", "truth"),
    "displayname": Column("document__displayName"),
    "title": Column("document__title"),
    "name.formatted": Column("document__name__formatted"),
    "name.familyname": Column("document__name__familyName"),
    "name.givenname": Column("document__name__givenName"),
    # One of a person's addresses is theirs here, and found.
    "emails": Column("user__email"),
    "emails.value": Column("user__email"),
    "emails.type": Column("document__emails", "listed"),
    "groups": Column("user__memberships__group__kept__pk", "id"),
    "groups.value": Column("user__memberships__group__kept__pk", "id"),
    **{
        f"{ENTERPRISE_USER.lower()}:{name.lower()}": Column(f"document__{ENTERPRISE_USER}__{name}")
        for name in ("employeeNumber", "costCenter", "organization", "division", "department")
    },
}
GROUP_COLUMNS = COMMON | {
    "displayname": Column("display_name", sorts=True),
    "members": Column("group__memberships__user__kept__pk", "id"),
    "members.value": Column("group__memberships__user__kept__pk", "id"),
}
CORE = frozenset({CORE_USER.lower(), CORE_GROUP.lower()})


def query_of(text: str, columns: Mapping[str, Column]) -> Q:
    """Return what a filter asks for. Raises InvalidFilter."""
    return _query(parse(text), columns)


def order_of(name: str, order: str, columns: Mapping[str, Column]) -> list[str]:
    """Return by what a list is sorted; without a name, by age. Raises InvalidPath."""
    if not name:
        return ["pk"]
    column = columns.get(name.lower().rpartition(":")[2])
    if column is None or not column.sorts:
        raise InvalidPath(f"Lists cannot be sorted by {name[:60]}.")
    return [f"-{column.name}" if order.lower() == "descending" else column.name, "pk"]


def _query(rule: Filter, columns: Mapping[str, Column], within: str = "") -> Q:
    if isinstance(rule, Compare):
        return _compared(rule, _column(rule.path, columns, within))
    if isinstance(rule, Within):
        return _query(rule.inner, columns, within=str(rule.path))
    if isinstance(rule, Not):
        return ~_query(rule.inner, columns, within)
    joined = Q()
    for part in rule.parts:
        asked = _query(part, columns, within)
        joined = joined | asked if isinstance(rule, Some) else joined & asked
    assert isinstance(rule, All | Some)
    return joined


def _column(path: Path, columns: Mapping[str, Column], within: str) -> Column:
    name = f"{within}.{path}" if within else str(path)
    if path.urn and path.urn not in CORE:
        name = f"{path.urn}:{name}"
    column = columns.get(name)
    if column is None:
        raise InvalidFilter(f"{name[:80]} cannot be searched.")
    return column


def _compared(rule: Compare, column: Column) -> Q:
    if rule.operator == "ne":
        return ~_compared(Compare(rule.path, "eq", rule.value), column)
    if rule.operator == "pr":
        present = ~Q(**{f"{column.name}__isnull": True})
        return present & ~Q(**{column.name: ""}) if column.kind in {"text", "exact"} else present
    return _BY_KIND[column.kind](rule, column)


def _text(rule: Compare, column: Column) -> Q:
    if not isinstance(rule.value, str):
        raise InvalidFilter(f"{rule.path} is compared with a text in quotes.")
    lookup = TEXT_LOOKUPS.get(rule.operator) or ("exact" if column.kind == "exact" else "iexact")
    return Q(**{f"{column.name}__{lookup}": rule.value})


def _id(rule: Compare, column: Column) -> Q:
    _only_equal(rule)
    return Q(**{column.name: as_id(rule.value)})


def _truth(rule: Compare, column: Column) -> Q:
    _only_equal(rule)
    said = str(rule.value).lower()
    if said not in {"true", "false"}:
        raise InvalidFilter(f"{rule.path} is true or false.")
    return Q(**{column.name: said == "true"})


def _listed(rule: Compare, column: Column) -> Q:
    _only_equal(rule)
    return Q(**{f"{column.name}__contains": [{rule.path.sub or rule.path.name: rule.value}]})


def _time(rule: Compare, column: Column) -> Q:
    if rule.operator not in ORDER_LOOKUPS:
        raise InvalidFilter(f"{rule.path} cannot be compared by {rule.operator}.")
    return Q(**{f"{column.name}{ORDER_LOOKUPS[rule.operator]}": _moment(rule.value)})


_BY_KIND = {"text": _text, "exact": _text, "id": _id, "truth": _truth, "listed": _listed, "time": _time}  # fmt: skip


def _only_equal(rule: Compare) -> None:
    if rule.operator != "eq":
        raise InvalidFilter(f"{rule.path} can only be compared by eq, ne or pr.")


def as_id(value: Any) -> UUID:
    """Return the id that a text is; one that nobody has for any other."""
    try:
        return UUID(str(value))
    except ValueError:
        return NOBODY


def _moment(value: Any) -> datetime:
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    try:
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except OverflowError:  # it lies outside of the years there are
        pass
    raise InvalidFilter("A time is written like 2026-01-31T12:00:00Z.")

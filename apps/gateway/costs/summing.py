"""Sums of sums: calls are added up in the database once, and further here by some of its columns.

A ledger of a month is long and its rows are wide; a page shows several sums of the same ones.
"""

from collections.abc import Iterable
from decimal import Decimal

from apps.common.types import JSONDict
from apps.gateway.models import SUMS, LlmCallQuerySet


class Summed:
    """What some calls took, by day, route, provider and model, from one look at the ledger."""

    def __init__(self, calls: LlmCallQuerySet) -> None:
        self._rows = list(calls.totals_by_day("route", "provider", "model"))

    @property
    def total(self) -> JSONDict:
        """The sums of all of them."""
        return added(self._rows)

    @property
    def by_day(self) -> list[JSONDict]:
        """The sums of each day that has any, the oldest first."""
        return sorted(_grouped(self._rows, "day"), key=lambda row: row["day"])

    @property
    def by_route(self) -> list[JSONDict]:
        """The sums of each route, the dearest first."""
        return _dearest_first(_grouped(self._rows, "route"))

    @property
    def by_provider(self) -> list[JSONDict]:
        """The sums of each provider and model, the dearest first."""
        return _dearest_first(_grouped(self._rows, "provider", "model"))


def added(rows: Iterable[JSONDict]) -> JSONDict:
    """Return the sums of rows that are sums of calls."""
    total: JSONDict = {name: Decimal(0) if name.endswith("_usd") else 0 for name in SUMS}
    for row in rows:
        for name in SUMS:
            total[name] += row[name]
    return total


def _grouped(rows: Iterable[JSONDict], *columns: str) -> list[JSONDict]:
    groups: dict[tuple[object, ...], list[JSONDict]] = {}
    for row in rows:
        groups.setdefault(tuple(row[each] for each in columns), []).append(row)
    return [
        dict(zip(columns, values, strict=True)) | added(members)
        for values, members in groups.items()
    ]


def _dearest_first(rows: Iterable[JSONDict]) -> list[JSONDict]:
    return sorted(rows, key=lambda row: (-row["cost_usd"], -row["calls"]))

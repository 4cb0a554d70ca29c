"""Counts beside the places of the navigation; whoever knows a count registers it."""

from collections.abc import Callable
from typing import Any, TypeAlias

from django.db.models import QuerySet

MOST = 100  # more is not counted: pages say 99+
Counter: TypeAlias = Callable[[Any], int]

_counters: dict[str, Counter] = {}


def register_counter(place: str, counter: Counter) -> None:
    """Let a place, named by its URL name such as `runs:list`, show what the counter returns.

    The counter is called with the user, once for each page that shows the navigation; zero hides
    it. To be called in `AppConfig.ready()`.
    """
    if place in _counters:
        raise TypeError(f"{place} is counted already.")
    _counters[place] = counter


def bounded(rows: QuerySet[Any]) -> int:
    """Return how many rows there are, up to a hundred: enough for "99+" however many there are."""
    return rows.order_by()[:MOST].count()


def count(place: str, user: Any) -> int:
    """Return the count of a place; zero where nobody counts."""
    counter = _counters.get(place)
    return counter(user) if counter else 0

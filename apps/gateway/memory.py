"""What a process remembers of a workspace, so that a call needs no query.

A value is fresh for a moment, then renewed behind the callers' backs, and never used when it is
older than `good_s`: so late, at most, is what was revoked noticed when every message was lost. While
the database is away nobody can change anything either: then it is used for `stays_s`.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from apps.common.outages import outage_of
from apps.gateway import news
from apps.tenants.context import current_schema
from apps.tenants.database import query

T = TypeVar("T")
STAYS_S = 60.0


@dataclass
class _Kept(Generic[T]):
    value: T
    at: float
    renewing: bool = False


class Memory(Generic[T]):
    """Values by name, each loaded in the current workspace; what is None is not kept."""

    def __init__(
        self, load: Callable[[str], T | None], *, fresh_s: float, good_s: float, most: int = 10_000
    ) -> None:
        """Remember at most so many; `load` may use the database."""
        self._load = load
        self._fresh_s = fresh_s
        self._good_s = good_s
        self._most = most
        self._kept: OrderedDict[tuple[str, str], _Kept[T]] = OrderedDict()
        self._changes: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[T | None]] = set()
        news.on_change(self.forget)

    async def get(self, name: str) -> T | None:
        """Return the value. Raises what loading it raises."""
        key = (current_schema(), name)
        kept, now = self._kept.get(key), time.monotonic()
        if kept is None or now - kept.at > self._good_s:
            return await self._renew(key)
        if now - kept.at > self._fresh_s and not kept.renewing:
            kept.renewing = True
            task = asyncio.get_running_loop().create_task(self._renew(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return kept.value

    def forget(self, schema: str | None = None) -> None:
        """Load anew what belongs to a workspace; without one, everything."""
        self._changes[schema or ""] += 1
        for key in [key for key in tuple(self._kept) if schema in (None, key[0])]:
            self._kept.pop(key, None)

    async def _renew(self, key: tuple[str, str]) -> T | None:
        news.listen()
        before, begun = self._changes_of(key[0]), time.monotonic()
        kept = self._kept.get(key)
        try:
            value = await query(self._load, key[1])
        except Exception as error:
            if kept is None or not outage_of(error) or time.monotonic() - kept.at > STAYS_S:
                raise
            return kept.value
        finally:
            if kept is not None:
                kept.renewing = False
        if before == self._changes_of(key[0]):  # else it may be from before the change
            self._keep(key, value, begun)
        return value

    def _keep(self, key: tuple[str, str], value: T | None, begun: float) -> None:
        if value is None:
            self._kept.pop(key, None)
            return
        self._kept[key] = _Kept(value, begun)  # what was true then, however long the query took
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _changes_of(self, schema: str) -> int:
        return self._changes[schema] + self._changes[""]

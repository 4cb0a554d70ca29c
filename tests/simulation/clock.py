"""Virtual time: the clock of the database, of every process, and of new ids."""

import os
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from apps.common import ids
from apps.dispatch import keeper
from apps.runs.interpreter import ledger, segment, steps

BEGIN = datetime(2100, 1, 1, tzinfo=UTC)  # later than what the database itself takes for now
CALLS = ("clock_timestamp()", "STATEMENT_TIMESTAMP()")
WORKERS = "workers_clock()"  # what a statement says that trusts who sends it


class Clock:
    """Passes only when it is told to."""

    def __init__(self, dice: Random) -> None:
        self.seconds = 0.0
        self._dice = dice

    @property
    def now(self) -> datetime:
        """The time it is for the database."""
        return BEGIN + timedelta(seconds=self.seconds)

    def told(self, sql: str, skew_s: float) -> str:
        """Return a statement that reads this clock; `skew_s` is how wrong its sender's own is."""
        for call in CALLS:
            sql = sql.replace(call, _literal(self.now))
        return sql.replace(WORKERS, _literal(self.now + timedelta(seconds=skew_s)))

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the engine read this clock, and make ids by it and by the dice."""
        for module in (segment, steps, ledger, keeper):
            monkeypatch.setattr(module, "time", self)
        monkeypatch.setattr(ids, "time", self)
        monkeypatch.setattr(ids, "os", self)
        monkeypatch.setattr(ids, "_last", 0)

    def monotonic(self) -> float:
        return self.seconds

    def time_ns(self) -> int:
        return int(self.now.timestamp() * 1e9)

    def urandom(self, size: int) -> bytes:
        return self._dice.randbytes(size)

    def __getattr__(self, name: str) -> Any:
        """Leave what only measures to the real thing."""
        return getattr(time, name, None) or getattr(os, name)


def _literal(at: datetime) -> str:
    return f"'{at.isoformat()}'::timestamptz"

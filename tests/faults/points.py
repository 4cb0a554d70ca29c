"""The named points at which a process can die while it carries a run, and dying there.

They are what the engine does between two of its promises: each claim, write, commit, effect and
ring. A new place that writes or sends something belongs in this list.
"""

import functools
import importlib
import inspect
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Point:
    """A call of the engine, before it begins or after it came back."""

    module: str
    name: str  # of a function, or of a class and its method
    after: bool = False


POINTS = {
    "before a start is committed": Point("apps.runs.services.starting", "announce"),
    "before claim": Point("apps.dispatch.leases", "claim"),
    "in claim": Point("apps.dispatch.leases", "_take", after=True),
    "after claim": Point("apps.runs.interpreter.advancing", "_load"),
    "after what came was taken in": Point("apps.runs.interpreter.segment", "fold", after=True),
    "before intent": Point("apps.runs.interpreter.steps", "Steps.begin"),
    "after intent": Point("apps.runs.interpreter.segment", "carry_out"),
    "before effect": Point("apps.egress.client", "request"),
    "after effect": Point("apps.egress.client", "request", after=True),
    "after code": Point("apps.runs.interpreter.effects", "run_code", after=True),
    "before an outcome is reported": Point("apps.runs.interpreter.effects", "_outcome"),
    "after outcomes": Point("apps.runs.interpreter.steps", "Steps.take_in", after=True),
    "after a failure was put down": Point(
        "apps.runs.interpreter.steps", "Steps._retried", after=True
    ),
    "after a wait was put down": Point("apps.runs.interpreter.steps", "Steps._suspend", after=True),
    "between blob and bytes": Point("apps.files.services", "storage"),
    "before writing": Point("apps.runs.interpreter.ledger", "Ledger._write"),
    "before events and rows": Point("apps.runs.interpreter.ledger", "Ledger._step_rows"),
    "between rows and timers": Point("apps.runs.interpreter.ledger", "Ledger._write_waits"),
    "before commit": Point("apps.runs.interpreter.ledger", "Ledger._write", after=True),
    "before watchers are told": Point("apps.runs.interpreter.ledger", "_send"),
    "after commit": Point("apps.runs.interpreter.ledger", "Ledger._clear"),
    "in heartbeat": Point("apps.dispatch.keeper", "_keep"),
    "after heartbeat": Point("apps.dispatch.keeper", "_keep", after=True),
    "before release": Point("apps.dispatch.leases", "release"),
    "in release": Point("apps.dispatch.leases", "release", after=True),
    "after release": Point("apps.runs.interpreter.segment", "Segment._let_go", after=True),
    "before end": Point("apps.dispatch.leases", "finish"),
    "in end": Point("apps.dispatch.leases", "finish", after=True),
    "after end": Point("apps.runs.interpreter.segment", "close", after=True),
    "before sweep": Point("apps.dispatch.sweeper", "_take_due"),
    "in sweep": Point("apps.dispatch.sweeper", "_run", after=True),
    "between sweep and ring": Point("apps.dispatch.sweeper", "_take_due", after=True),
    "before ring": Point("apps.dispatch.services", "ring"),
    "after ring": Point("apps.dispatch.services", "ring", after=True),
    "before a decision": Point("apps.runs.services.deciding", "record"),
    "before a decision is committed": Point("apps.runs.services.deciding", "announce"),
    "between a decision and its ring": Point("apps.dispatch.services", "ring_quietly"),
}


class Watch:
    """Counts how often the points are come to, and ends or stops the process at one of them."""

    def __init__(self, die_at: str = "", time: int = 1, by: int = signal.SIGKILL) -> None:
        self.counts: Counter[str] = Counter()
        self._die_at, self._by, self._time = die_at, by, time

    def plant(self) -> "Watch":
        """Wrap the calls of all points."""
        for name, point in POINTS.items():
            _wrap(point, functools.partial(self._come_to, name))
        return self

    def _come_to(self, name: str) -> None:
        self.counts[name] += 1
        if name == self._die_at and self.counts[name] == self._time:
            os.kill(os.getpid(), self._by)


def _wrap(point: Point, come: Callable[[], None]) -> None:
    *path, attribute = point.name.split(".")
    owner: Any = importlib.import_module(point.module)
    for part in path:
        owner = getattr(owner, part)
    original = getattr(owner, attribute)
    wrapped = _asked(original, come, after=point.after)
    setattr(owner, attribute, wrapped)


def _asked(original: Callable[..., Any], come: Callable[[], None], *, after: bool) -> Any:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not after:
            come()
        result = original(*args, **kwargs)
        if after:
            come()
        return result

    @functools.wraps(original)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        if not after:
            come()
        result = await original(*args, **kwargs)
        if after:
            come()
        return result

    return call_async if inspect.iscoroutinefunction(original) else call

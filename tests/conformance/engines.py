"""Every engine there is, as the conformance tests drive it: work is done, time passes, workers die."""

from typing import Any, Protocol

import pytest

from apps.dispatch.models import Ticket, Timer
from apps.dispatch.sweeper import sweep
from apps.runs.engine import Engine
from apps.runs.interpreter import segment
from apps.runs.interpreter.advancing import advance
from apps.runs.interpreter.carrying import Tickets
from apps.runs.models import Run

LONG_AGO = "2020-01-01T00:00:00Z"


class Died(BaseException):
    """A worker is gone."""


class Driver(Protocol):
    """Makes an engine go on in a test."""

    engine: Engine

    def work(self) -> None:
        """Let all runs go as far as they can now."""

    def time_passes(self) -> None:
        """Let whatever runs wait for come due, and let them go on."""

    def die_in_a_step(self) -> None:
        """Let work begin, and its worker die once a step has begun that acts outside."""


class TicketsDriver:
    """Carries the runs of tickets in this thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine: Engine = Tickets()
        self._monkeypatch = monkeypatch

    def work(self) -> None:
        before = None
        while before != (now := self._progress()):
            before = now
            sweep()
            for run_id in Ticket.objects.values_list("pk", flat=True):
                advance(run_id)

    def time_passes(self) -> None:
        Timer.objects.filter(fired_at=None).update(fire_at=LONG_AGO)
        self.work()

    def die_in_a_step(self) -> None:
        def gone(_attempt: Any) -> Any:
            raise Died

        with self._monkeypatch.context() as patch, pytest.raises(Died):
            patch.setattr(segment, "carry_out", gone)
            self.work()
        Ticket.objects.exclude(lease_until=None).update(lease_until=LONG_AGO)

    def _progress(self) -> list[tuple[Any, ...]]:
        return list(Run.objects.order_by("pk").values_list("pk", "seq"))


ENGINES = {"tickets": TicketsDriver}

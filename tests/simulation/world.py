"""A world in which the production engine carries runs: one thread, virtual time, faults by dice.

Between any two statements of the engine, and wherever it waits, the dice may have its worker die or
freeze, or let others act meanwhile: another worker, the sweeper, a person, time. Only what is
outside of the engine is played: clocks, the broker, the event loop, processes. The store is the
real one. Within a transaction nobody else acts, as its locks see to it; but its worker may die.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from apps.common.derived import Derived
from apps.dispatch import chores, keeper, loop, memory, services, sweeper
from apps.runs.interpreter import loops, quarantine, retries, segment
from apps.runs.interpreter.advancing import advance
from apps.runs.state import accepting, graphs
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from tests.simulation.clock import Clock
from tests.simulation.loop import Flight, Inbox

DEEP = 3  # workers that are interrupted by each other at most
HEARTBEAT_S = 2.0
PATIENCE_S = 5.0  # who has claimed a run and does not renew its lease yet should not take so long
MOST_STATEMENTS = 4_000
ODDS = ((0, 0.01, 0.03), (0, 0.01, 0.03), (0.02, 0.06), (0, 0.3))


class Died(BaseException):
    """The process is gone: nothing in it can catch this."""


class Endless(BaseException):
    """The engine goes in circles."""


@dataclass
class Worker:
    """A process that carries a run; its own clock goes wrong by some hours."""

    run: UUID
    skew_s: float
    held: dict[Any, Any] = field(default_factory=dict)
    flights: list[Flight] = field(default_factory=list)
    is_frozen: bool = False


@dataclass(frozen=True)
class Weather:
    """How often what goes wrong, between two statements."""

    death: float
    freeze: float
    others: float
    lost_bells: float

    @classmethod
    def drawn(cls, dice: Random) -> "Weather":
        """Draw it: some days are calm."""
        return cls(*(dice.choice(odds) for odds in ODDS))


class World:
    """Plays everything that the engine meets."""

    def __init__(self, seed: int, tenant: Tenant) -> None:
        self.dice = Random(seed)
        self.tenant = tenant
        self.clock = Clock(self.dice)
        self.weather = Weather.drawn(self.dice)
        self.workers: list[Worker] = []
        self.bells: list[UUID] = []
        self.losses: Counter[UUID] = Counter()  # deaths and long freezes of those who carried a run
        self.trace: list[str] = []
        self.commits = self.statements = 0
        self.act: Callable[[], None] = lambda: None  # what somebody else does meanwhile
        self.is_calm = True
        self._base = 0
        self._is_over = False
        self._beaten = 0.0

    # Taking the place of what is outside

    @contextmanager
    def played(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Have the engine meet this world, alone."""
        for beats in keeper._beating:  # of a test before: it ends once nothing is held
            beats.result(10)
        with monkeypatch.context() as patch, transaction.atomic():
            self.clock.plant(patch)
            patch.setattr(loop, "submit", self._submit)
            patch.setattr(segment, "SimpleQueue", lambda: Inbox(self._idle))
            patch.setattr(retries, "_random", self.dice)
            patch.setattr(services, "_advance", [lambda run_id, _schema: self.bells.append(run_id)])
            patch.setattr(quarantine, "carry_alone", lambda run_id: self.carry(run_id, alone=True))
            patch.setattr(keeper, "_beating", [Future()])  # its beats are ours
            patch.setattr(memory, "is_lost", lambda: False)  # here bells are lost one by one
            patch.setattr(chores, "call_due", lambda: 0)  # no run is carried on by one
            for module, name in ((graphs, "_graphs"), (graphs, "_settings"), (accepting, "_forms")):
                # What is known already is not asked for.
                patch.setattr(module, name, Derived(500))
            patch.setattr(loops, "FRAMES", 3)
            patch.setattr(loops, "CHUNK", 2)
            self._base = len(connection.savepoint_ids)
            with connection.execute_wrapper(self._statement):
                yield
            transaction.set_rollback(True)

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Execute a statement by the virtual clock; before it, or after a commit, anything may happen."""
        self.statements += 1
        if self.statements > MOST_STATEMENTS and not self._is_over:
            self._is_over = True
            raise Endless
        ends = str(sql).startswith(("RELEASE", "ROLLBACK"))
        if not ends:
            self.clock.seconds += self.dice.random() * 0.02
            self.come_by(str(sql))
        skew = self.workers[-1].skew_s if self.workers else 0.0
        result = execute(self.clock.told(str(sql), skew), params, many, context)
        if ends and not self._is_inside:
            self._after_commit(str(sql))
        return result

    @property
    def _is_inside(self) -> bool:
        """Whether a transaction is open: then nobody else acts."""
        return len(connection.savepoint_ids) > self._base

    def _after_commit(self, sql: str) -> None:
        due = [entry[1] for entry in connection.run_on_commit]
        connection.run_on_commit.clear()
        if sql.startswith("RELEASE"):
            self.commits += 1
            self.come_by("commit")
            for call in due:
                call()

    def _submit(self, coroutine: Any) -> Any:
        """Have an attempt take off; whatever else the loop does is nobody's concern here."""
        if coroutine.__name__ != "carry_out":
            coroutine.close()
            return None
        flight = Flight(coroutine, lambda: self.dice.random() < 0.5)
        self.workers[-1].flights.append(flight)
        return flight

    def _idle(self, inbox: Inbox, seconds: float) -> None:
        """Let a worker wait until something arrives, or the time is over."""
        worker = self.workers[-1]
        while not inbox.messages and seconds > 0:
            self.come_by("idle")
            if not self.is_calm and self.dice.random() < 10 * self.weather.others:
                self._let_others()  # waiting takes longer than a statement
            worker.flights = [each for each in worker.flights if not each.is_over]
            if worker.flights and self.dice.random() < 0.7:
                self._land(self.dice.choice(worker.flights))
            else:
                step = min(seconds, self.dice.uniform(0.01, 0.5))
                seconds -= step
                self.pass_time(step)

    def _land(self, flight: Flight) -> None:
        outcome = flight.fly()
        self.come_by("landing")
        flight.set_result(outcome)

    # What goes wrong

    def come_by(self, where: str) -> None:
        """Come to a place at which a worker may die or freeze, or others act."""
        if self.is_calm:
            return
        if not self._is_inside and self.clock.seconds - self._beaten > HEARTBEAT_S:
            self._beat()
        luck, weather = self.dice.random(), self.weather
        if luck < weather.death:
            self.note(f"death at {_short(where)}")
            raise Died
        if self._is_inside or len(self.workers) > DEEP:
            return
        if luck > 1 - weather.others:
            self._let_others()
        elif luck > 1 - weather.others - weather.freeze and self.workers:
            self._freeze(where)

    def _freeze(self, where: str) -> None:
        """Stop a worker for longer than its lease, while others act."""
        worker = self.workers[-1]
        self.note(f"freeze at {_short(where)}")
        self.losses[worker.run] += 1
        worker.is_frozen = True
        self.pass_time(self.dice.uniform(11, 25))
        if self.dice.random() < 0.7:
            self._let_others(lambda: self.carry(worker.run))  # as the sweep would have rung
        for _ in range(self.dice.randint(0, 3)):
            self._let_others()
        worker.is_frozen = False
        self.note("thaw")

    def _let_others(self, act: Callable[[], None] | None = None) -> None:
        begun = self.clock.seconds
        with suppress(Died), tenant_context(self.tenant):
            (act or self.act)()
        if self.clock.seconds - begun > PATIENCE_S:
            self.losses.update(worker.run for worker in self.workers if not worker.held)
        with connection.cursor():  # back to the scope of who was interrupted
            pass

    # What others do

    def carry(self, run_id: UUID, *, alone: bool = False) -> None:
        """Answer a doorbell as a worker."""
        worker = Worker(run_id, self.dice.choice((-7200.0, 0.0, 7200.0)))
        outer, keeper._held = keeper._held, worker.held
        self.workers.append(worker)
        self.note(f"carry {run_id.hex[-6:]}")
        try:
            with tenant_context(self.tenant):
                advance(run_id, alone=alone)
        except Died:
            self.losses[run_id] += 1
        finally:
            self.workers.pop()
            keeper._held = outer

    def answer_bell(self) -> None:
        """Deliver a message: late, twice, in any order, or never."""
        if not self.bells:
            return
        run_id = self.dice.choice(self.bells)
        if self.is_calm or self.dice.random() < 0.8:
            self.bells.remove(run_id)
        if not self.is_calm and self.dice.random() < self.weather.lost_bells:
            self.note("a bell is lost")
            return
        self.carry(run_id)

    def sweep(self) -> None:
        """Sweep as any worker process does each second."""
        with suppress(Died):
            sweeper.sweep()

    def pass_time(self, seconds: float) -> None:
        """Let time pass; processes that are not frozen go on renewing their leases."""
        while seconds > 0:
            step = min(seconds, HEARTBEAT_S)
            self.clock.seconds += step
            seconds -= step
            self._beat()

    def _beat(self) -> None:
        self._beaten = self.clock.seconds
        calm, self.is_calm = self.is_calm, True
        for worker in self.workers:
            held = [(lease, tell) for lease, tell, _ in worker.held.values()]
            if held and not worker.is_frozen:
                with public_scope():
                    news = keeper._keep([lease for lease, _ in held], [])
                for lease, tell in held:
                    tell(news.get(lease.id))
        self.is_calm = calm
        with connection.cursor():
            pass

    def note(self, what: str) -> None:
        """Add to what is told of a seed that failed."""
        self.trace.append(f"{self.clock.seconds:9.2f} {'  ' * len(self.workers)}{what}")


def _short(sql: str) -> str:
    """Return the beginning of a statement, without the names of savepoints."""
    return "SAVEPOINT" if sql.startswith("SAVEPOINT") else " ".join(sql.split())[:70]

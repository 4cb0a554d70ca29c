"""What this process may spend from memory: its slices, and the charges of the calls that go on.

Reserving and settling take no query as long as the slices suffice. All amounts here are whole
units of a ten-billionth of a dollar. A slice is spent only while its lease is known to last, by a
clock that does not stop when the machine sleeps.
"""

import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from apps.gateway.budgets.slices import LEASE_S, SHARE, Granted, Standing
from apps.gateway.budgets.tally import Tally, units_of
from apps.gateway.models import BudgetPeriod

IDLE_S = 3.0  # after which what is left of a slice is given back
POOR_S = 1.0  # so long a budget that had too little is not asked again for more than it had
MARGIN_S = 1.0
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class Line:
    """A budget as it binds calls."""

    id: UUID
    amount: int  # in units
    stops: bool = True

    @property
    def slice(self) -> int:
        """The most that a process holds of it for no call in particular."""
        return self.amount // SHARE


@dataclass
class Slice:
    """What is out of one period: `free`, `held` by calls that go on, and `settled` since it began."""

    schema: str
    line: Line
    id: UUID
    period_id: UUID
    ends_at: datetime
    place: int  # in the tally
    free: int = 0
    held: int = 0
    settled: int = 0
    told: int = 0  # of what was settled
    good_until: float = 0.0
    told_at: float = 0.0
    used_at: float = 0.0
    is_gone: bool = False  # its row is not there any more: what was out counts as spent

    @property
    def out(self) -> int:
        """What the database counts as out."""
        return max(0, self.free + self.held)

    def is_restless(self, at: float) -> bool:
        """Tell whether something was spent that the rows do not know, or more is out than need be."""
        return self.settled != self.told or self.free > self.kept(at)

    def kept(self, at: float) -> int:
        """Return how much it may keep for no call in particular."""
        is_current = at - self.used_at <= IDLE_S and self.ends_at > timezone.now()
        return self.line.slice if is_current else 0


@dataclass
class Poor:
    """A budget that had too little a moment ago: it need not be asked again at once."""

    period: BudgetPeriod
    left: int
    until: float
    calls: int = 0  # refused since without asking


@dataclass(eq=False)
class Charge:
    """What is reserved for one call, of every budget that binds it."""

    amount: int
    slices: tuple[Slice, ...] = ()
    is_open: bool = True

    def settle(self, cost: Decimal) -> None:
        """Say what the call cost in the end; the rest is free again. Repeating changes nothing."""
        _purse.settle(self, units_of(cost))


NOTHING = Charge(0, is_open=False)


@dataclass
class Purse:
    """All slices of this process."""

    tally: Tally | None = None
    current: dict[tuple[str, UUID], Slice] = field(default_factory=dict)
    old: list[Slice] = field(default_factory=list)  # of periods that are over
    poor: dict[tuple[str, UUID], Poor] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def owner(self) -> str:
        """Who holds the slices: this process."""
        return self._account().owner

    def reserve(
        self, schema: str, lines: Sequence[Line], amount: int, now: datetime
    ) -> Charge | None:
        """Reserve from memory of all budgets, or of none; None: some slice does not suffice."""
        at = clock()
        with self.lock:
            found = [self._usable(schema, line, now, at) for line in lines]
            slices = tuple(each for each in found if each is not None and each.free >= amount)
            if len(slices) < len(lines):
                return None
            for each, line in zip(slices, lines, strict=True):
                each.line, each.used_at = line, at
                each.free -= amount
                each.held += amount
                self._note(each)
        return Charge(amount, slices)

    def settle(self, charge: Charge, cost: int) -> None:
        """End a charge."""
        with self.lock:
            if not charge.is_open:
                return
            charge.is_open = False
            for each in charge.slices:
                each.held -= charge.amount
                each.free += charge.amount - cost
                each.settled += cost
                self._note(each)

    def lacking(
        self, schema: str, lines: Sequence[Line], amount: int, now: datetime
    ) -> list[tuple[Line, int]]:
        """Return what a call wants of each budget beyond what is free."""
        at = clock()
        with self.lock:
            free = {
                line.id: found.free if (found := self._usable(schema, line, now, at)) else 0
                for line in lines
            }
        return [(line, amount - free[line.id]) for line in lines if free[line.id] < amount]

    def prepare(self, schema: str, granted: Sequence[Granted]) -> dict[UUID, int]:
        """Open accounts for slices that are new, before their taking is final. Raises TallyFull."""
        new = [each for each in granted if each.is_new or self._of(schema, each) is None]
        tally = self._account()
        return {each.budget_id: tally.open(schema, each.slice_id) for each in new}

    def add(
        self, schema: str, lines: Iterable[Line], granted: Sequence[Granted],
        places: dict[UUID, int], since: float,
    ) -> None:  # fmt: skip
        """Take in what was granted, once that is final."""
        by_id = {line.id: line for line in lines}
        with self.lock:
            for each in granted:
                line = by_id[each.budget_id]
                if line.id in places:
                    self._begin(schema, line, each, places[line.id])
                found = self.current[schema, line.id]
                found.free += each.amount
                found.good_until = since + LEASE_S - MARGIN_S
                found.told_at = found.used_at = since
                self.poor.pop((schema, line.id), None)

    def too_poor(
        self, schema: str, lines: Sequence[Line], amount: int, *, counts: bool = True
    ) -> BudgetPeriod | None:
        """Return the period of a budget that a moment ago had less than the amount.

        Where it `counts`, that is a refusal.
        """
        at = clock()
        with self.lock:
            for line in lines:
                known = self.poor.get((schema, line.id))
                if known is not None and known.until > at and known.left < amount:
                    known.calls += counts
                    return known.period
        return None

    def note_refusal(self, schema: str, period: BudgetPeriod, left: int) -> None:
        """Remember that a budget had no more than this."""
        with self.lock:
            self.poor[schema, period.budget_id] = Poor(period, left, clock() + POOR_S)

    def refusals(self) -> list[tuple[str, UUID, int]]:
        """Return workspace, period and number of the calls that were refused unasked, once."""
        with self.lock:
            told = [
                (schema, each.period.pk, each.calls)
                for (schema, _), each in self.poor.items()
                if each.calls
            ]
            at = clock()
            self.poor = {
                key: Poor(each.period, each.left, each.until)
                for key, each in self.poor.items()
                if each.until > at
            }
        return told

    def all_slices(self) -> list[Slice]:
        """Return all, those of periods that are over too."""
        with self.lock:
            return [*self.current.values(), *self.old]

    def give_back(self, each: Slice) -> Standing:
        """Take out of a slice what it need not hold any more, and return how it stands then."""
        with self.lock:
            each.free = min(each.free, each.kept(clock()))
            is_over = each.held == 0 and each.free <= 0
            return Standing(each.id, each.period_id, each.out, each.settled, is_over)

    def heard(self, each: Slice, standing: Standing, since: float, *, is_there: bool) -> None:
        """Note that the database knows how a slice stood."""
        with self.lock:
            each.told, each.told_at = standing.settled, since
            each.good_until = since + LEASE_S - MARGIN_S
            if standing.is_over or not is_there:
                self._drop(each)

    def empty(self) -> None:
        """Let go of everything without a word, as a process does that dies."""
        with self.lock:
            if self.tally is not None:
                self.tally.leave()
            for each in [*self.current.values(), *self.old]:
                each.is_gone = True
            self.tally = None
            self.current.clear()
            self.old.clear()
            self.poor.clear()

    def _usable(self, schema: str, line: Line, now: datetime, at: float) -> Slice | None:
        found = self.current.get((schema, line.id))
        if found is None or found.ends_at <= now or found.good_until <= at:
            return None
        return found

    def _of(self, schema: str, granted: Granted) -> Slice | None:
        found = self.current.get((schema, granted.budget_id))
        return found if found is not None and found.period_id == granted.period_id else None

    def _begin(self, schema: str, line: Line, granted: Granted, place: int) -> None:
        before = self.current.get((schema, line.id))
        if before is not None and before.period_id == granted.period_id:
            self._drop(before)  # its row had gone; what was out of it counts as spent
        elif before is not None:
            self.old.append(before)
        self.current[schema, line.id] = Slice(
            schema, line, granted.slice_id, granted.period_id, granted.ends_at, place
        )

    def _account(self) -> Tally:
        with self.lock:
            if self.tally is None:
                self.tally = Tally()
            return self.tally

    def _note(self, each: Slice) -> None:
        if self.tally is not None and not each.is_gone:
            self.tally.write(each.place, each.settled, each.held)

    def _drop(self, each: Slice) -> None:
        each.is_gone = True
        if each in self.old:
            self.old.remove(each)
        if self.current.get((each.schema, each.line.id)) is each:
            del self.current[each.schema, each.line.id]
        if self.tally is not None:
            self.tally.close(each.place)


_purse = Purse()


def mine() -> Purse:
    """Return the purse of this process."""
    return _purse


def clock() -> float:
    """Return the seconds of a clock that does not stop when the machine sleeps."""
    return time.clock_gettime(CLOCK)


def _forget() -> None:
    """Begin anew in a process that was forked off: what its parent holds is not its own."""
    _purse.lock = threading.Lock()  # somebody may have held it
    _purse.empty()


os.register_at_fork(after_in_child=_forget)

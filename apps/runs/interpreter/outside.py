"""Places outside: which of a run's steps may call other services now, and which wait for a place.

A step that waits is a row like any other that waits: its run lets the worker go. What is counted,
and who is next, `dispatch.passes` knows.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import Error as DatabaseError

from apps.common.types import JSONDict
from apps.credentials import lending
from apps.dispatch import passes
from apps.dispatch.leases import Lease
from apps.dispatch.passes import Wanted
from apps.gateway.targets import router
from apps.runs.interpreter.book import Book
from apps.runs.interpreter.effects import Attempt
from apps.runs.interpreter.folding import timer_key
from apps.runs.models import NodeRun
from apps.runs.state.course import Course, Spot
from apps.runs.state.vector import Byte
from apps.tenants.database import query

logger = logging.getLogger(__name__)


@dataclass
class Passage:
    """How one attempt may pass: through which channel, if any is counted."""

    lease: Lease
    key: str
    channel: UUID | None = None
    is_taken: bool = False

    async def move(self, channel: UUID, cap: int) -> bool:
        """Go on through another channel, such as the key of a second provider, if it has room."""
        if channel != self.channel:
            wanted = Wanted(self.key, channel, cap)
            if not await query(passes.move, self.lease, wanted):
                return False
            self.channel, self.is_taken = channel, True
        return True


class Outside:
    """Takes places for the steps of a run while it is carried, and gives them back."""

    def __init__(self, book: Book, course: Course, lease: Lease) -> None:
        self._book = book
        self._course = course
        self._lease = lease
        self._under_way: dict[Spot, Passage] = {}
        self._called: set[str] = set()

    def admit(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Return the attempts that may be begun; the steps of the others wait for a place."""
        leaving = [each for each in attempts if each.type.reaches_out]
        cap = passes.cap_of_workspace() if leaving else None
        if cap is None and not self._called and not self._may_be_full(leaving):
            return list(attempts)
        ways = {each.spot: self._way(each, cap) for each in leaving}
        self._leave_queue(spot for spot, (wants, _) in ways.items() if wants is None)
        wanted = [wants for wants, _ in ways.values() if wants is not None]
        got = passes.take(self._lease, wanted) if wanted else set()
        held = {wants.key for wants in wanted} - got
        for attempt in leaving:
            wants, limits = ways[attempt.spot]
            if wants is not None and wants.key in held:
                self._wait(attempt.spot, limits)
            else:
                self._let_out(attempt, wants)
        return [each for each in attempts if self._key(each.spot) not in held]

    def come(self) -> None:
        """Make ready the waiting steps that were called."""
        waiting = {self._key(spot): spot for spot in self._course.where(Byte.WAITING)}
        if not waiting:
            return
        for key in sorted(passes.called(self._lease) & waiting.keys()):
            self._called.add(key)
            self._course.mark(waiting[key], Byte.READY)

    def give_back(self, spots: Iterable[Spot]) -> None:
        """Give back the places of steps whose attempt is over; whoever waits is called."""
        passages = [each for spot in spots if (each := self._under_way.pop(spot, None))]
        keys = [each.key for each in passages if each.is_taken]
        self._return(keys)

    def forget(self, spots: Iterable[Spot]) -> None:
        """Take steps that were given up out of the queue too."""
        self._return([self._key(spot) for spot in spots])

    def close(self) -> None:
        """Give back all that is held."""
        self.give_back(list(self._under_way))

    def _return(self, keys: Sequence[str]) -> None:
        """Give places back; while the database is away they are free when the lease ends."""
        try:
            if keys and passes.give_back(self._lease.id, keys):
                self.come()
        except DatabaseError as error:
            logger.warning("Places of run %s end with its lease: %s", self._lease.id, error)

    def _may_be_full(self, attempts: Sequence[Attempt]) -> bool:
        """Tell whether a provider or a credential says how many calls it takes at a time."""
        if any(_route_of(each) for each in attempts) and router.limits_calls():
            return True
        return any(_credential_of(each) for each in attempts) and lending.limits_calls()

    def _leave_queue(self, spots: Iterable[Spot]) -> None:
        """Take out of the queue the steps that need no place any more: the cap is gone."""
        keys = self._called & {self._key(spot) for spot in spots}
        self._called -= keys
        if keys:
            passes.give_back(self._lease.id, keys)

    def _way(self, attempt: Attempt, cap: int | None) -> tuple[Wanted | None, JSONDict]:
        """Return the place that an attempt needs, None where nothing counts it, and the limits."""
        key, route = self._key(attempt.spot), _route_of(attempt)
        credential = lending.find_stored(_credential_of(attempt))
        if credential is not None and credential.max_calls is not None:
            calls = credential.max_calls
            limits = {"workspace": cap, "credential": credential.name, "calls": calls}
            return Wanted(key, credential.pk, calls), limits
        provider = router.first_provider(route) if route else None
        if provider is None or provider.max_calls is None:
            is_counted = cap is not None and not (provider and provider.is_builtin)
            return (Wanted(key) if is_counted else None), {"workspace": cap}
        limits = {"workspace": cap, "provider": provider.name, "calls": provider.max_calls}
        return Wanted(key, provider.pk, provider.max_calls), limits

    def _let_out(self, attempt: Attempt, wants: Wanted | None) -> None:
        channel = None if wants is None else wants.channel
        passage = Passage(self._lease, self._key(attempt.spot), channel, wants is not None)
        self._under_way[attempt.spot] = passage
        attempt.go_through = passage.move

    def _wait(self, spot: Spot, limits: JSONDict) -> None:
        """Let the step wait; who is called in vain waits on, and nothing is said twice."""
        row = self._book.row(spot)
        self._course.mark(spot, Byte.WAITING)
        if row.status != NodeRun.Status.WAITING:
            row.status = NodeRun.Status.WAITING
            self._book.ledger.note("node.waiting", row, kind="place", limits=limits)

    def _key(self, spot: Spot) -> str:
        return timer_key(spot.frame, self._book.node(spot).id)


def _route_of(attempt: Attempt) -> str:
    """Return the route by which a step asks models; empty for one that asks none."""
    return str(getattr(attempt.config, "route", ""))


def _credential_of(attempt: Attempt) -> str:
    """Return the credential with which a step calls; empty for one that has none."""
    return str(getattr(attempt.config, "credential", ""))

"""Writing a run down: everything since the last time in one transaction behind the fence."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.classification.register import Entry
from apps.common import records
from apps.common.events import publish_from_loop
from apps.common.records import Rows
from apps.common.types import JSON, JSONDict
from apps.dispatch import leases, loop
from apps.dispatch import services as dispatch
from apps.dispatch.exceptions import WokenUp
from apps.dispatch.gate import RESUMED
from apps.dispatch.leases import Lease, News
from apps.dispatch.models import Ticket
from apps.dispatch.services import Alarm
from apps.runs.approvals import asking
from apps.runs.metrics import RUN_SECONDS, RUNS
from apps.runs.models import KeptResult, NodeRun, Run, Wait
from apps.runs.state import events, forgetting, withholding
from apps.runs.state.course import Spot, Stored
from apps.runs.state.events import Event
from apps.runs.state.lanes import lane_of
from apps.runs.state.parts import copies
from apps.runs.state.vector import stopped
from apps.sandbox.usage import Usage
from apps.tenants.keys import group_name

WRITTEN = (
    "status", "attempt", "input", "output", "error", "port", "started_at", "finished_at",
    "cost_usd", "tokens", "saved_usd", "cpu_ms", "peak_kb", "pinned", "logs", "input_blob",
    "output_blob",
)  # fmt: skip
KEPT = ("run", "output", "port", "cost_usd", "tokens", "expires_at")
OPEN = (NodeRun.Status.RUNNING, NodeRun.Status.WAITING, NodeRun.Status.RETRYING)
WATCHERS = "runs"  # the group of pages that show counts and lists


class Clock:
    """The database's time, read once and carried on by our monotonic clock."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._since = time.monotonic()

    def now(self) -> datetime:
        """Return the time it is for the database."""
        return self.after(0)

    def after(self, seconds: float) -> datetime:
        """Return the time it will be in so many seconds."""
        return self._at + timedelta(seconds=time.monotonic() - self._since + seconds)


@dataclass
class Child:
    """A run inside this one that is to be started, with rows whose results it takes over."""

    run: Run
    carried: Sequence[NodeRun] = ()


@dataclass
class Ledger:
    """What happened to a run and is not written yet."""

    run: Run
    lease: Lease
    clock: Clock
    rows: dict[Spot, NodeRun] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)  # keys of timers that have done their work
    waits: list[Wait] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    kept: list[KeptResult] = field(default_factory=list)  # to be used again
    dropped: list[tuple[str, str]] = field(default_factory=list)  # steps that wait no more
    changes: JSONDict = field(default_factory=dict)
    cost_usd: Decimal = Decimal(0)
    tokens: int = 0
    used: Usage = field(default_factory=Usage)
    steps: int = 0
    progress: bool = False  # a step came to its end
    since: float | None = None  # when the oldest unwritten entry was made
    _withheld: Sequence[Entry] = ()  # stored with what is written now

    def note(self, type_: str, row: NodeRun | None = None, **data: Any) -> None:
        """Add an event, and the step that it is about as it is now."""
        if self.since is None:
            self.since = time.monotonic()
        if row is None:
            self.events.append(Event(type_, data=data, at=self.clock.now()))
            return
        self.rows[spot_of(row)] = row
        event = Event(type_, row.node, row.attempt, data, self.clock.now(), row.frame)
        self.events.append(event)

    def spend(self, row: NodeRun, cost_usd: Decimal, tokens: int) -> None:
        """Add what an attempt cost to its step and to the run."""
        row.cost_usd += cost_usd
        row.tokens += tokens
        self.add_cost(cost_usd, tokens)

    def add_cost(self, cost_usd: Decimal, tokens: int) -> None:
        """Add what was spent to the run alone."""
        self.cost_usd += cost_usd
        self.tokens += tokens

    def use(self, row: NodeRun, used: Usage) -> None:
        """Add what was measured of an attempt to its step and to the run."""
        total = Usage(row.cpu_ms, row.peak_kb)
        total.add(used)
        row.cpu_ms, row.peak_kb = total.cpu_ms, total.peak_kb
        self.used.add(used)

    @property
    def age_s(self) -> float:
        """How long the oldest entry has waited to be written."""
        return 0.0 if self.since is None else time.monotonic() - self.since

    def flush(self, stored: Stored) -> News:
        """Write everything and return the news of the ticket. Raises Fenced: nothing is written."""
        with transaction.atomic():
            news = self._write(stored)
        self._clear()
        return news

    def release(
        self, stored: Stored, *, wake_seen: int, ticket: str, status: str = "", **data: Any
    ) -> None:
        """Write everything and let the run go, both or neither; perhaps in a new status.

        Raises Fenced, WokenUp; what was to be written then still is.
        """
        mark, changes = len(self.events), dict(self.changes)
        if status:
            self.changes |= {"status": status, **data}
            self.note(f"run.{status}", **data)
        try:
            with transaction.atomic():
                self._write(stored)
                parked = self.run.status == Run.Status.NEEDS_ATTENTION
                leases.release(
                    self.lease, wake_seen=wake_seen, status=ticket, needs_attention=parked
                )
        except WokenUp:
            del self.events[mark:]
            self.changes = changes
            raise
        self._clear()

    def finish(
        self,
        stored: Stored,
        status: str,
        *,
        outputs: JSON = None,
        error: JSONDict | None = None,
    ) -> None:
        """Write everything and end the run; what is open in it is cancelled. Raises Fenced.

        Raises WokenUp, and writes nothing, where a success comes after a cancel was promised.
        """
        with transaction.atomic():
            self._tell_parent()
            wanted = leases.hold(self.lease).wanted
            if wanted == Ticket.Wish.CANCEL and status == Run.Status.SUCCEEDED:
                raise WokenUp
            self._stop_open_steps()
            spent = Run.objects.values_list("cost_usd", "tokens").get(pk=self.run.pk)
            self._note_end(status, outputs, error, *spent)
            self._write(Stored(stopped(stored.state), {}))
            forgetting.plan(self.run)
            if status != Run.Status.SUCCEEDED:
                self._end_children()
            leases.finish(self.lease)
        self._clear()
        count_end(self.run)

    def _note_end(
        self, status: str, outputs: JSON, error: JSONDict | None, cost_usd: Decimal, tokens: int
    ) -> None:
        """Note that the run is over, with what it took: `cost_usd` and `tokens` were written before."""
        now = self.clock.now()
        started = self.run.started_at or self.changes.get("started_at") or now
        self.changes |= {"status": status, "outputs": outputs, "error": error, "finished_at": now}
        told: JSONDict = {"error": error} if error else {}
        self.note(
            f"run.{status}",
            ms=round((now - started).total_seconds() * 1000),
            cost_usd=str(cost_usd + self.cost_usd),
            tokens=tokens + self.tokens,
            **told,
        )

    def _stop_open_steps(self) -> None:
        """Cancel the steps that run or wait, as far as the rows know of them."""
        found = NodeRun.objects.filter(run=self.run, status__in=OPEN)
        self._cancel_open({spot_of(row): row for row in found})
        asking.cancel(Wait.objects.filter(run=self.run))

    def _cancel_open(self, stored: dict[Spot, NodeRun]) -> None:
        for _, row in sorted({**stored, **self.rows}.items()):
            if row.status in OPEN:
                self.cancel(row)

    def cancel(self, row: NodeRun) -> None:
        """Note that a step that was open ends without a result."""
        row.status, row.finished_at = NodeRun.Status.CANCELLED, self.clock.now()
        self.note("node.cancelled", row)

    def _tell_parent(self) -> None:
        """Wake the run that waits for this one.

        It comes before anything else is locked: tickets are always locked from the outer run to
        the inner, so that two that end at the same time do not wait for each other.
        """
        if self.run.parent_id is not None:
            dispatch.wake(self.run.parent_id)
            now = self.clock.now()
            Wait.objects.filter(child=self.run).open().update(
                status=Wait.Status.DECIDED, decided_at=now, updated_at=now
            )

    def _end_children(self) -> None:
        for child in self.run.children.unfinished().values_list("pk", flat=True):
            dispatch.cancel(child)

    def _write(self, stored: Stored) -> News:
        news = leases.hold(self.lease, progress=self.progress)
        self._withhold()
        self._start_children()
        self._write_waits()  # before the events: who hears of these may look at them
        told = events.append(
            self.run,
            self.events,
            self._step_rows(),
            state=stored.state,
            loops=withholding.loops_stored(stored.loops),
            plus={
                "cost_usd": self.cost_usd,
                "tokens": self.tokens,
                "steps": self.steps,
                "cpu_ms": self.used.cpu_ms or 0,
            },
            peak_kb=max((self.run.peak_kb, self.used.peak_kb), key=lambda each: each or 0),
            **self.changes,
        )
        self._keep_results()
        announce(self.run, told, status=self.changes.get("status"))
        return news

    def _withhold(self) -> None:
        """Take out of what is written what is withheld by now, and store what stood there."""
        if not withholding.is_withholding():
            return
        for row in self.rows.values():
            withholding.withhold_row(row)
        self.events = [withholding.event_stored(each) for each in self.events]
        if withholding.unstored():
            self.changes["veil_id"] = withholding.claimed(self.run)
            self._withheld = withholding.store(self.run)
        for child in self.children:
            child.run.veil_id = self.run.veil_id

    def _step_rows(self) -> Rows:
        # The step decides which row it is, not an id of an earlier writing.
        key = ("run", "frame", "place")
        return records.rows_of(NodeRun, self.rows.values(), key=key, update=WRITTEN)

    def _start_children(self) -> None:
        for child in self.children:
            child.run.seq = 0  # a writing that was taken back has numbered its events before
            child.run.save()
            ticket = dispatch.admit(
                child.run.pk, priority=RESUMED, lane=lane_of(child.run), is_step=True
            )  # what is part of something begun goes before what is not begun
            dispatch.ring_on_commit(ticket)
            told = [Event("run.queued"), *copies(child.run, child.carried)]
            announce(child.run, events.append(child.run, told), status=child.run.status)

    def _write_waits(self) -> None:
        Wait.objects.bulk_create(self.waits)
        for wait in self.waits:
            if wait.kind == Wait.Kind.APPROVAL:
                asking.ask(wait)
        if self.cleared:
            dispatch.clear_timers(self.run.pk, self.cleared)
        if self.alarms:
            dispatch.set_timers(self.run.pk, self.alarms)
        for frame, node in self.dropped:
            self._drop_wait(frame, node)

    def _keep_results(self) -> None:
        if self.kept:
            KeptResult.objects.filter(expires_at__lt=self.clock.now()).delete()
            records.write(records.rows_of(KeptResult, self.kept, key=("key",), update=KEPT))

    def _drop_wait(self, frame: str, node: str) -> None:
        waits = Wait.objects.filter(run=self.run, frame=frame, node=node)
        for child in waits.open().exclude(child=None).values_list("child", flat=True):
            dispatch.cancel(child)
        asking.cancel(waits)

    def _clear(self) -> None:
        """Forget what was written; a writing that failed keeps it for the next."""
        lists: list[list[Any]] = [
            self.events, self.alarms, self.kept, self.cleared, self.waits, self.children, self.dropped,
        ]  # fmt: skip
        for entries in lists:
            entries.clear()
        withholding.noted(self._withheld)
        self._withheld = ()
        self.rows.clear()
        self.changes.clear()
        self.cost_usd, self.tokens, self.steps = Decimal(0), 0, 0
        self.used, self.progress, self.since = Usage(), False, None


def count_end(run: Run) -> None:
    """Count a run that ended, in the figures of this process."""
    assert run.finished_at is not None
    RUNS.labels(run.status).inc()
    RUN_SECONDS.observe((run.finished_at - (run.started_at or run.finished_at)).total_seconds())


def spot_of(row: NodeRun) -> Spot:
    """Return which step a row is about."""
    return Spot(row.frame, row.place)


def stored_of(run: Run) -> Stored:
    """Return where a run is, as its row says."""
    return Stored(bytes(run.state), run.loops)


def announce(run: Run, told: Iterable[JSONDict], *, status: str | None = None) -> None:
    """Tell watchers what happened once it is committed, in order, without waiting for it."""
    told = tuple(told)
    frames = [(run.channel, events.frame(run, *told))] if told else []
    if status:
        frame = {"type": "run", "run": str(run.pk), "status": status}
        frames.append((group_name(WATCHERS), frame))
    if frames:
        transaction.on_commit(lambda: _send(frames), robust=True)


def _send(frames: list[tuple[str, JSONDict]]) -> None:
    loop.submit(_send_in_order(frames))


_order = asyncio.Lock()


async def _send_in_order(frames: list[tuple[str, JSONDict]]) -> None:
    async with _order:  # first come, first served: events overtake each other nowhere
        for group, frame in frames:
            await publish_from_loop(group, frame)

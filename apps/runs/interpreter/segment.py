"""One stretch of carrying a run, from claim to release, by one thread."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from apps.dispatch import loop, workers
from apps.dispatch import services as dispatch
from apps.dispatch.exceptions import Fenced, WokenUp
from apps.dispatch.leases import News
from apps.dispatch.models import Ticket, Timer
from apps.dispatch.services import Alarm
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.nodes.base import Effect
from apps.runs.interpreter.attention import take_up
from apps.runs.interpreter.effects import Attempt, carry_out, carry_out_pure, share_cpu
from apps.runs.interpreter.endings import RunEnds, close
from apps.runs.interpreter.folding import fold
from apps.runs.interpreter.ledger import Ledger
from apps.runs.interpreter.outside import Outside
from apps.runs.interpreter.steps import Steps
from apps.runs.models import Run
from apps.runs.state.course import Spot
from apps.runs.state.graphs import timeout_of
from apps.runs.state.outcomes import Outcome, failure_of, internal
from apps.runs.state.vector import Byte
from apps.tenants.context import current_schema
from apps.tenants.database import give_back, take
from apps.workflows.graph import Graph

BATCH = 64  # steps rendered in one feed
FLUSH_ROWS = 256
FLUSH_S = 0.1
CONCURRENT = 32  # steps of one run that reach outside at the same time
BUDGET_S, BUDGET_STEPS = 60.0, 2_000
HERE_S = 0.1
TICK_S = 1.0


class Segment:
    """Walks one run while the lease is held and there is something to do."""

    def __init__(self, run: Run, graph: Graph, ledger: Ledger, *, here: bool = False) -> None:
        """Take up a run; `here`: to its end within a moment, or not at all (`runs.here`)."""
        self.run = run
        self.ledger = ledger
        self.steps = Steps(run, graph, ledger)
        self.course = self.steps.course
        self.outside = Outside(self.steps.book, self.course, ledger.lease)
        self.inbox: SimpleQueue[Outcome | News | None] = SimpleQueue()
        self.running: dict[Spot, Future[Outcome]] = {}
        self.prepared: deque[Attempt] = deque()
        self.news = News(ledger.lease.wake, ledger.lease.wanted)
        # Up to which wake-up everything was taken in; of a run that nobody knows there is none.
        self.wake = self.news.wake if here else -1
        self.is_closed = False  # the workspace; what is outside comes to its end, nothing begins
        self._here = here
        self._until = time.monotonic() + (HERE_S if here else BUDGET_S)

    def hear(self, news: News | None) -> None:
        """Take a message of the lease's keeper; None says that the lease is lost."""
        self.inbox.put(news)

    def carry(self) -> None:
        """Go on until the run ends, waits, is paused, or others should have their turn."""
        going_on: Callable[[], None] = self._begin_and_go_on
        try:
            while True:
                try:
                    going_on()
                    return
                except RunEnds as end:
                    end.__traceback__ = None  # its frames hold the end, and the run with it
                    going_on = self._go_on
                    self._cancel_running()
                    if not self.steps.take_back(end) and self._close(end):
                        return
        except StorageAway:
            self._flush()
            raise
        finally:
            self._cancel_running()
            self.steps.rest()

    def _close(self, end: RunEnds) -> bool:
        """Write the end; False where a cancel was promised before a success was written."""
        try:
            close(self.ledger, self.steps.undoing.end(end), self.course.stored)
        except WokenUp:
            self._flush()
            return False
        return True

    def _begin_and_go_on(self) -> None:
        self._begin()
        self._go_on()

    def _go_on(self) -> None:
        try:
            while self._turn():
                pass
        except BlobUnusable as error:  # the answer of the run cannot be read
            raise RunEnds.failed(failure_of(error), "") from error

    def _begin(self) -> None:
        """Say that the run goes on, and take up what was running when its last carrier died."""
        if self.run.started_at is None:
            now = self.ledger.clock.now()
            self.ledger.changes |= {"started_at": now, "status": Run.Status.RUNNING}
            self.ledger.note("run.started")
            self._set_deadline()
        elif self.run.status != Run.Status.RUNNING:
            self.ledger.changes["status"] = Run.Status.RUNNING
            self.ledger.note("run.resumed")
        self._obey()
        take_up(self.steps)

    def _set_deadline(self) -> None:
        seconds = timeout_of(self.run)
        if seconds is not None:
            at = self.ledger.clock.after(seconds)
            self.ledger.changes["deadline_at"] = at
            self.ledger.alarms.append(Alarm("", Timer.Kind.DEADLINE, at))

    def _turn(self) -> bool:
        """Do what can be done now; False when the run was let go."""
        self._look()
        if self._may_start:
            self._start_ready()
        if self.running or (self.steps.later and self._may_start and not self._here):
            self._listen()
            return True
        if self._may_start and self.course.ready:
            return True
        return not self._let_go()

    @property
    def _may_start(self) -> bool:
        return not self._wanted and not self._is_spent

    @property
    def _wanted(self) -> str:
        """What somebody wants of the run; once it takes back what it did, cancelling it is done."""
        is_done = self.news.wanted == Ticket.Wish.CANCEL and self.steps.undoing.is_going_on
        return "" if is_done else self.news.wanted

    @property
    def _is_spent(self) -> bool:
        """Whether others should have their turn, or this process or workspace is asked to stop."""
        spent = time.monotonic() > self._until or self.steps.book.ended >= BUDGET_STEPS
        return spent or self.is_closed or workers.draining.is_set()

    def _look(self) -> None:
        """Obey wishes, and take in what woke the run."""
        self._obey()
        if self.news.wake == self.wake:
            return
        waiting = {self._named(spot): spot for spot in self.course.where(Byte.WAITING)}
        answered = self._perhaps_answered()
        self.wake = self.news.wake
        chunks = self.course.awaited_chunks()
        folded = fold(self.run, [*waiting, *answered, *chunks])
        self.ledger.cleared += folded.keys
        if folded.is_too_late and not self.steps.undoing.is_going_on:
            raise RunEnds.too_late()
        for named in sorted({*folded.decisions, *folded.retries} & waiting.keys()):
            if named in folded.decisions:
                self.steps.decisions[waiting[named]] = folded.decisions[named]
            self.course.mark(waiting[named], Byte.READY)
        self.outside.come()
        for named in folded.decisions.keys() & answered.keys():
            self.steps.decisions[answered[named]] = folded.decisions[named]
        for named in chunks:
            if named in folded.decisions:
                self.steps.end_chunk(named[0], folded.decisions[named])

    def _perhaps_answered(self) -> dict[tuple[str, str], Spot]:
        """Return the steps whose wait an earlier carrier may have seen end, without going on."""
        if self.wake >= 0 or self.run.started_at is None:
            return {}
        return {self._named(spot): spot for spot in self.course.where(Byte.READY)}

    def _named(self, spot: Spot) -> tuple[str, str]:
        return spot.frame, self.steps.book.node(spot).id

    def _obey(self) -> None:
        if self._wanted == Ticket.Wish.CANCEL:
            raise RunEnds(Run.Status.CANCELLED)

    def _start_ready(self) -> None:
        """Run all that only computes, and start what reaches outside, unless a wish comes."""
        while self.course.ready and self._may_start:
            batch = [self.course.ready.popleft() for _ in range(min(BATCH, len(self.course.ready)))]
            begun = time.thread_time()
            attempts, outcomes = self.steps.prepare(batch)
            share_cpu(attempts, begun)
            self.prepared += (each for each in attempts if each.effect != Effect.PURE)
            outcomes += [carry_out_pure(each) for each in attempts if each.effect == Effect.PURE]
            self.steps.take_in(outcomes)
            self._flush_if_due()
        self._cancel_abandoned()
        if self._may_start and not self._here:
            self.prepared += self.steps.due_again()
            self._start_prepared()

    def _start_prepared(self) -> None:
        """Commit the intent of each step, then start it: never the other way round."""
        free = CONCURRENT - len(self.running)
        next_ = [self.prepared.popleft() for _ in range(min(free, len(self.prepared)))]
        fresh = self.outside.admit(next_)
        if not fresh:
            return
        for attempt in fresh:
            self.steps.begin(attempt)
        self._flush()
        for attempt in fresh:
            future = loop.submit(carry_out(attempt))
            self.running[attempt.spot] = future
            future.add_done_callback(self._reporter(attempt))

    def _reporter(self, attempt: Attempt) -> Callable[["Future[Outcome]"], None]:
        def report(future: "Future[Outcome]") -> None:
            if future.cancelled():
                return
            error = future.exception()
            if error is None:
                self.inbox.put(future.result())
            else:
                started = attempt.started_at
                self.inbox.put(Outcome(attempt.spot, internal(error), started, 0))

        return report

    def _listen(self) -> None:
        """Wait for an outcome or for news, holding neither connection nor sandbox."""
        self.steps.rest()
        if self.ledger.since is not None:
            self._flush()
        give_back()
        messages = list(self._messages(min(TICK_S, self.steps.next_due_s())))
        outcomes = [each for each in messages if isinstance(each, Outcome)]
        if outcomes:  # what came from outside cannot be had again: it waits for the database
            take(unless=workers.draining.is_set)
        for outcome in outcomes:
            self.running.pop(outcome.spot, None)
        self.steps.take_in(outcomes)
        self.outside.give_back(outcome.spot for outcome in outcomes)
        self._cancel_abandoned()

    def _messages(self, patience_s: float) -> Iterable[Outcome | News]:
        try:
            message = self.inbox.get(timeout=patience_s)
            while True:
                if message is None:
                    raise Fenced
                if isinstance(message, News):
                    self._hear_news(message)
                yield message
                message = self.inbox.get_nowait()
        except Empty:
            return

    def _hear_news(self, news: News) -> None:
        """Take the newest news: the keeper's may be older than those of a flush."""
        self.is_closed = self.is_closed or news.is_closed
        if news.wake >= self.news.wake:
            self.news = news

    def _flush_if_due(self) -> None:
        if not self._here and (len(self.ledger.rows) >= FLUSH_ROWS or self.ledger.age_s >= FLUSH_S):
            self._flush()

    def _flush(self) -> None:
        """Write down what happened, under the ticket's lock: a wish committed before is seen."""
        self._hear_news(self.ledger.flush(self.course.stored))
        self._obey()

    def _let_go(self) -> bool:
        """End the run, or release it; False when it was woken meanwhile."""
        if self.course.is_over:
            raise RunEnds(Run.Status.SUCCEEDED, outputs=self.steps.book.answer())
        if self.news.wanted == Ticket.Wish.PAUSE:
            ticket, status = Ticket.Status.PAUSED, str(Run.Status.PAUSED)
        elif self.course.ready or self.prepared or self.steps.later:
            ticket, status = Ticket.Status.READY, ""
        else:
            ticket, status = Ticket.Status.WAITING, str(Run.Status.WAITING)
        try:
            self.ledger.release(
                self.course.stored, wake_seen=self.wake, ticket=ticket, status=status
            )
        except WokenUp:
            self._flush()
            return False
        if ticket == Ticket.Status.READY:
            dispatch.ring_quietly(self.run.pk, current_schema())
        return True

    def _cancel_abandoned(self) -> None:
        """Stop what runs, or was about to, in rounds that were given up."""
        abandoned = set(self.steps.abandoned)
        self.steps.abandoned.clear()
        self.outside.forget(abandoned)
        for spot in abandoned & self.running.keys():
            self.running.pop(spot).cancel()
        self.prepared = deque(each for each in self.prepared if each.spot not in abandoned)

    def _cancel_running(self) -> None:
        for future in self.running.values():
            future.cancel()
        self.running.clear()
        self.outside.close()

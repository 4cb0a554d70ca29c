"""The steps of a run while it is carried: preparing them, and what their ends mean for the rest."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from apps.classification.veil import lines
from apps.common.types import JSON, JSONDict
from apps.dispatch.models import Timer
from apps.dispatch.services import Alarm
from apps.nodes import registry
from apps.nodes.base import Effect, NodeError, Spawn, Suspend
from apps.runs.interpreter import caching, waiting
from apps.runs.interpreter.book import Book
from apps.runs.interpreter.effects import Attempt
from apps.runs.interpreter.endings import RunEnds
from apps.runs.interpreter.folding import timer_key
from apps.runs.interpreter.foresight import Foresight
from apps.runs.interpreter.ledger import Child, Ledger, spot_of, stored_of
from apps.runs.interpreter.loops import Loops
from apps.runs.interpreter.rendering import Ready, Rendering
from apps.runs.interpreter.retries import IN_LOOP_S, delay_before_next, time_for
from apps.runs.interpreter.undoing import Undoing
from apps.runs.interpreter.ways import Ports, Ways
from apps.runs.models import NodeRun, Run, Wait
from apps.runs.state import withholding
from apps.runs.state.children import ChildRefused, inner_run
from apps.runs.state.course import Course, Spot
from apps.runs.state.names import Names, Renderer, complete_config
from apps.runs.state.outcomes import (
    Done,
    Failure,
    Outcome,
    done,
    failure_of,
    failure_of_chunk,
    held,
    shown_config,
    storable,
)
from apps.runs.state.payloads import UNREADABLE, read_decision
from apps.runs.state.vector import Byte, Takes
from apps.sandbox.exceptions import CodeFailed
from apps.workflows.definition import MAX_STEPS
from apps.workflows.graph import Graph
from apps.workflows.marks import INPUT

Status = NodeRun.Status


class Steps:
    """Renders the configs of steps, and settles what has ended."""

    def __init__(self, run: Run, graph: Graph, ledger: Ledger) -> None:
        self.run = run
        self.ledger = ledger
        self.names = Names(run, graph)
        self.book = Book(run, self.names, ledger)
        self.decisions: dict[Spot, JSONDict] = {}
        self.later: list[tuple[float, Attempt]] = []  # tried again at a monotonic time
        self.abandoned: list[Spot] = []  # cancelled since the caller last emptied it
        self._renderer = Renderer()
        self._attempts: dict[Spot, Attempt] = {}
        self._made = run.steps
        self.loops = Loops(run, self.names, self.book, self._renderer)
        self.course = _restored(graph, self.book, self.loops, self._renderer)
        foresight = Foresight(self.course, self.names)
        self._rendering = Rendering(self.names, self.course, self.loops, foresight, self._renderer)
        self.undoing = Undoing(run, self.course, self.book, ledger)
        self._note_course()

    # Preparing

    def prepare(self, spots: Sequence[Spot]) -> tuple[list[Attempt], list[Outcome]]:
        """Return the attempts to make, and the outcomes of steps that end before they begin."""
        ready: list[Ready] = []
        attempts: list[Attempt] = []
        outcomes: list[Outcome] = []
        for spot in spots:
            try:
                ready.append(self._rendering.of(spot))
            except UNREADABLE as error:
                outcomes.append(self._unread(spot, error))
        self._rendering.render(ready)
        for each in ready:
            try:
                made = self._attempt(each.spot, each.prev, each.config)
            except UNREADABLE as error:
                made = self._unread(each.spot, error)
            attempts.append(made) if isinstance(made, Attempt) else outcomes.append(made)
        return attempts, outcomes

    def _unread(self, spot: Spot, error: Exception) -> Outcome:
        """Return the end of a step that cannot begin, because what it needs cannot be read."""
        row, now = self.book.row(spot), self.ledger.clock.now()
        row.started_at = row.started_at or now
        self._attempts.pop(spot, None)
        self._count()
        return Outcome(spot, failure_of(error), now, 0)

    def _attempt(self, spot: Spot, prev: JSON, rendered: Any) -> Attempt | Outcome:
        node, now, row = self.book.node(spot), self.ledger.clock.now(), self.book.row(spot)
        loop = self.course.loops.get(spot)
        rounds = self.loops.done(loop) if loop else None
        row.started_at = row.started_at or now
        if not spot.frame and (pin := self.run.pins.get(node.id)):
            row.pinned = True
            return Outcome(spot, Done(**pin), now, 0)
        self._count()
        if node.node.disabled:
            return Outcome(spot, held(done(prev)), now, 0)
        if rounds and self.run.chunk and not spot.frame:  # the outer run makes the output of it
            parts = {"results": rounds.results, "errors": rounds.errors}
            return Outcome(spot, held(done(parts)), now, 0)
        if isinstance(rendered, CodeFailed):
            return Outcome(spot, failure_of(rendered), now, 0)
        rendered, size = storable(rendered)  # what a step asks of the database comes from here
        withholding.learn(self.run, node.id, INPUT, rendered)
        if rounds is None:
            kept = shown_config(rendered, size)
            row.hold("input", kept.shown, kept.blob)
        type_ = registry.find(node.type)
        try:
            config = type_.config.model_validate(complete_config(node, rendered))
        except ValidationError as error:
            return Outcome(spot, failure_of(error), now, 0)
        self._attempts[spot] = Attempt(
            self.run, spot, node, type_, config, type_.effect_of(config), prev, now,
            row.attempt, read_decision(self.decisions, spot), rounds,
        )  # fmt: skip
        return caching.answer(self._attempts[spot]) or self._attempts[spot]

    def begin(self, attempt: Attempt) -> None:
        """Note the intent to make an attempt; it is started once that is written."""
        once = attempt.effect == Effect.ONCE
        self.course.mark(attempt.spot, Byte.COMMITTED if once else Byte.RUNNING)
        row = self.book.row(attempt.spot)
        row.status = Status.RUNNING
        attempt.started_at = now = self.ledger.clock.now()
        step, begun = attempt.node.node, row.started_at or now
        attempt.limit_s = time_for(step, row.attempt, begun=begun, now=now)
        self.ledger.note("node.started", row)

    def due_again(self) -> list[Attempt]:
        """Return the attempts whose delay is over."""
        now = time.monotonic()
        due = [attempt for at, attempt in self.later if at <= now]
        self.later = [each for each in self.later if each[0] > now]
        for _ in due:
            self._count()
        return due

    def next_due_s(self) -> float:
        """Return in how many seconds the next delayed attempt is due."""
        return max(0.0, min((at for at, _ in self.later), default=1e9) - time.monotonic())

    def rest(self) -> None:
        """Give back what is needed neither while waiting nor at the end."""
        self._renderer.close()

    def _count(self) -> None:
        """Count an attempt against the limit of a run."""
        self.ledger.steps += 1
        self._made += 1
        if self._made > MAX_STEPS:
            failure = Failure(
                "too_many_steps",
                f"The run made {MAX_STEPS} attempts at steps, which is the limit.",
                "Do more in one step, or split the workflow.",
            )
            raise RunEnds.failed(failure, "")

    # Taking in

    def take_in(self, outcomes: Sequence[Outcome]) -> None:
        """Write down how attempts ended, and go on to what that makes ready.

        Raises RunEnds where a step failed and nothing deals with it.
        """
        ports: Ports = {}
        fatal: RunEnds | None = None
        for outcome in outcomes:
            if self.course.byte(outcome.spot) == Byte.CANCELLED:  # its round was given up meanwhile
                self.ledger.add_cost(outcome.cost_usd, outcome.tokens)
            else:
                fatal = self._take(outcome, ports) or fatal
        self._go_on(ports, fatal)

    def _take(self, outcome: Outcome, ports: Ports) -> RunEnds | None:
        row = self.book.row(outcome.spot)
        if outcome.logs:
            row.logs = [*row.logs, *lines(storable(outcome.logs)[0])]
        self.ledger.spend(row, outcome.cost_usd, outcome.tokens)
        self.ledger.use(row, outcome.used)
        match outcome.verdict:
            case Suspend() as wanted:
                return self._suspend(row, wanted, ports)
            case Spawn() as wanted:
                return self._spawn(row, wanted, ports)
            case Done() as done:
                ports[outcome.spot] = self.book.succeed(row, outcome, done)
                self.ledger.kept += caching.kept(
                    self._attempts.get(outcome.spot), row, outcome, done
                )
            case Failure() as failure if not self._retried(row, outcome, failure):
                return self._fail(row, outcome.ms, failure, ports)
        return None

    def _fail(self, row: NodeRun, ms: int, failure: Failure, ports: Ports) -> RunEnds | None:
        """Write down a failure and let the step deal with it, or the round in which it lies.

        Where a round cannot bear it, the step that holds the round fails in turn. Returns how the
        run ends where nothing deals with it.
        """
        spot = spot_of(row)
        port = self.book.fail(row, ms, failure.as_json())
        told = {**failure.as_json(), "node": row.node, "frame": row.frame}
        while port is None and spot.frame:
            loop, index = self.course.round_of(spot)
            if loop.plan.tolerant:
                self._cancel(self.course.give_up(spot.frame))
                self.course.end_round(loop, index, told)
                return None
            self._cancel(self.course.drop(loop))
            spot = loop.spot
            port = self.book.fail(self.book.row(spot), 0, told)
        if port is None:
            return RunEnds.failed(failure, row.node)
        ports[spot] = port
        return None

    def _retried(self, row: NodeRun, outcome: Outcome, failure: Failure) -> bool:
        """Put the step down for another attempt, if its policy allows one."""
        attempt = self._attempts.get(outcome.spot)
        if attempt is not None and attempt.effect == Effect.PURE:
            attempt = None  # it is computed anew
        effect = Effect.IDEMPOTENT if attempt is None else attempt.effect
        assert row.started_at is not None
        delay = delay_before_next(
            self.book.node(outcome.spot).node, failure, effect, row.attempt,
            begun=row.started_at, now=self.ledger.clock.now(),
        )  # fmt: skip
        if delay is None:
            return False
        row.status, row.error = Status.RETRYING, failure.as_json()
        data = {"delay_s": round(delay, 3), "error": row.error}
        self.ledger.note("node.retrying", row, **data)
        row.attempt += 1
        if attempt is not None and delay < IN_LOOP_S:
            self.course.set_aside(outcome.spot)  # what a crash in the delay comes back to
            attempt.again(row.attempt)
            self.later.append((time.monotonic() + delay, attempt))
        else:
            self.course.mark(outcome.spot, Byte.WAITING)
            at = self.ledger.clock.after(max(delay, IN_LOOP_S))
            key = timer_key(row.frame, row.node)
            self.ledger.alarms.append(Alarm(key, Timer.Kind.RETRY, at))
        return True

    def _suspend(self, row: NodeRun, wanted: Suspend, ports: Ports) -> RunEnds | None:
        """Let the step wait as rows: for a time, people, a signal, or another run."""
        wait = Wait(
            run=self.run, frame=row.frame, node=row.node, kind=wanted.kind,
            expires_at=self._until(wanted), asked_at=self.ledger.clock.now(),
        )  # fmt: skip
        try:
            if wanted.kind == Wait.Kind.CHILD:
                wait.child = inner_run(self.run, self.course.key(spot_of(row)), wanted.data)
                self.ledger.children.append(Child(wait.child))
            else:
                waiting.fill(wait, wanted.data)
        except ChildRefused as refused:
            return self._fail(row, 0, refused.failure, ports)
        except NodeError as error:
            return self._fail(row, 0, failure_of(error), ports)
        waiting.withhold(wait, self.run, self.book.node(spot_of(row)).config)
        self.ledger.waits.append(wait)
        self.ledger.alarms += waiting.timers_of(wait)
        row.status = Status.WAITING
        self.course.mark(spot_of(row), Byte.WAITING)
        until = wait.expires_at and wait.expires_at.isoformat()
        self.ledger.note("node.waiting", row, kind=wait.kind, until=until, wait=str(wait.pk))
        return None

    def _until(self, wanted: Suspend) -> datetime | None:
        if wanted.until is not None:
            return datetime.fromisoformat(wanted.until)
        return None if wanted.seconds is None else self.ledger.clock.after(wanted.seconds)

    # Rounds

    def _spawn(self, row: NodeRun, wanted: Spawn, ports: Ports) -> RunEnds | None:
        """Begin the rounds that a step asks for."""
        spot = spot_of(row)
        is_first = spot not in self.course.loops
        try:
            self.loops.begin(self.course, spot, wanted, self._attempts[spot].prev)
        except NodeError as error:
            return self._fail(row, 0, failure_of(error), ports)
        if is_first:
            row.status = Status.RUNNING
            count = None if wanted.items is None else len(wanted.items)
            self.ledger.note("node.started", row, items=count)
        return None

    def end_chunk(self, frame: str, decision: JSONDict) -> None:
        """Take in how a run ended that carried a chunk of a list. Raises RunEnds."""
        found = self.course.chunk(frame)
        if found is None:
            return
        loop, index = found
        ports: Ports = {}
        fatal = None
        if decision["status"] == Run.Status.SUCCEEDED:
            self.loops.keep_chunk(loop, index, decision)
            self.course.end_round(loop, index)
        else:
            self._drop_chunks()
            self._cancel(self.course.drop(loop))
            fatal = self._fail(self.book.row(loop.spot), 0, failure_of_chunk(decision), ports)
        self._go_on(ports, fatal)

    def _drop_chunks(self) -> None:
        """Have the runs ended that carry chunks of lists."""
        for loop in self.course.loops.values():
            if loop.plan.chunked:
                node = self.book.node(loop.spot).id
                self.ledger.dropped += [(loop.path(index), node) for index in loop.open]

    # Going on

    def _go_on(self, ports: Ports, fatal: RunEnds | None) -> None:
        """Settle the steps that ended by some ports, or end the run."""
        try:
            if fatal is not None:
                raise fatal
            ways = Ways(ports, self.names, self._renderer)
        except RunEnds:
            self._mark_ended()
            raise
        for spot in ports:
            byte = Byte.FAILED if self.book.row(spot).status == Status.FAILED else Byte.DONE
            if self.course.byte(spot) != Byte.CANCELLED:
                self.course.settle(spot, byte, ways.from_step(spot))
        self._note_course()

    def _mark_ended(self) -> None:
        """Mark what ended beside a step whose failure ends the run: nothing goes on from it."""
        for spot, row in self.ledger.rows.items():
            if row.status in (Status.SUCCEEDED, Status.FAILED):
                byte = Byte.FAILED if row.status == Status.FAILED else Byte.DONE
                self.course.note_end(spot, byte)

    def _note_course(self) -> None:
        """Write down what was skipped, keep what rounds gave, and have chunks carried."""
        self.book.skip(self.course.skipped)
        self.course.skipped.clear()
        for frame in self.course.closed:
            self.loops.keep(frame)
        self.course.closed.clear()
        for loop, index in self.course.chunks:
            child, wait = self.loops.chunk(loop, index, self.course.arrived(loop.spot))
            self.ledger.children.append(child)
            self.ledger.waits.append(wait)
        self.course.chunks.clear()

    def take_back(self, end: RunEnds) -> bool:
        """Go on with what is to be taken back before the run ends; False where there is nothing."""
        if end.status not in (Run.Status.SUCCEEDED, Run.Status.NEEDS_ATTENTION):
            self._drop_chunks()
            self._cancel(self.course.stop())
        return self.undoing.next(end)

    def _cancel(self, spots: Sequence[Spot]) -> None:
        self.abandoned += spots
        self.later = [each for each in self.later if each[1].spot not in spots]
        self.book.cancel(spots)


def _restored(graph: Graph, book: Book, loops: Loops, renderer: Renderer) -> Course:
    """Return the course at the run's stored state.

    What it keeps for later must not lead back to it: memory of a run is free when its carrier ends,
    not whenever somebody looks for circles.
    """
    stored = stored_of(book.run)
    rounds = [f"{key}.{each}" for key, loop in stored.loops.items() for each in loop["open"]]
    ports = book.recall(["", *rounds]) if any(stored.state) else {}

    def takes(frame: str) -> Takes:
        inside = {spot: port for spot, port in ports.items() if spot.frame == frame}
        return Ways(inside, book.names, renderer).of(frame)

    return Course(graph, stored, takes, loops.recall)

"""The steps of a run while it is carried: preparing them, and what their ends mean for the rest."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from apps.common.types import JSON, JSONDict
from apps.dispatch.models import Timer
from apps.dispatch.services import Alarm
from apps.nodes import registry
from apps.nodes.base import Effect, Suspend
from apps.runs.effects import Attempt
from apps.runs.endings import RunEnds
from apps.runs.ledger import Ledger
from apps.runs.models import NodeRun, Run, Wait
from apps.runs.names import Names, Renderer, complete_config
from apps.runs.outcomes import (
    Done,
    Failure,
    Outcome,
    failure_of,
    preview,
    shown_config,
    storable,
)
from apps.runs.retries import IN_LOOP_S, delay_before_next
from apps.runs.vector import ERROR_PORT, Byte, Takes, Walk, leaves_by, takes_none
from apps.sandbox.exceptions import CodeFailed
from apps.workflows.graph import CompiledEdge, Graph

MAX_STEPS = 10_000
RESPOND = "core.respond"
Status = NodeRun.Status


class Steps:
    """Knows each step's row, renders configs, and settles what has ended."""

    def __init__(self, run: Run, graph: Graph, ledger: Ledger) -> None:
        self.run = run
        self.graph = graph
        self.ledger = ledger
        self.names = Names(run, graph)
        self.settled = 0  # in this segment
        self.decisions: dict[int, JSONDict] = {}
        self.later: list[tuple[float, Attempt]] = []  # tried again at a monotonic time
        self._renderer = Renderer()
        self._rows: dict[int, NodeRun] = {}
        self._attempts: dict[int, Attempt] = {}
        self._made = run.steps
        self._last: tuple[bool, datetime, int] | None = None
        self.walk = self._restored()

    def prepare(self, places: Sequence[int]) -> tuple[list[Attempt], list[Outcome]]:
        """Return the attempts to make, and the outcomes of steps that end before they begin."""
        prevs = [self.names.prev(place, self.walk.arrived(place)) for place in places]
        jobs = [
            self.names.config_job(place, prev) for place, prev in zip(places, prevs, strict=True)
        ]
        rendered = self._renderer.render(jobs, self.names.shared)
        attempts, outcomes = [], []
        for place, prev, config in zip(places, prevs, rendered, strict=True):
            made = self._attempt(place, prev, config)
            attempts.append(made) if isinstance(made, Attempt) else outcomes.append(made)
        return attempts, outcomes

    def _attempt(self, place: int, prev: JSON, rendered: Any) -> Attempt | Outcome:
        node = self.graph.nodes[place]
        now = self.ledger.clock.now()
        row = self._row(place)
        row.started_at = now
        if pin := self.run.pins.get(node.id):
            row.pinned = True
            return Outcome(place, Done(**pin), now, 0)
        self._count()
        if node.node.disabled:
            return Outcome(place, Done(prev), now, 0)
        if isinstance(rendered, CodeFailed):
            return Outcome(place, failure_of(rendered), now, 0)
        rendered, _ = storable(rendered)  # what a step asks of the database comes from here
        row.input = shown_config(rendered)
        type_ = registry.find(node.type)
        try:
            config = type_.config.model_validate(complete_config(node, rendered))
        except ValidationError as error:
            return Outcome(place, failure_of(error), now, 0)
        made = Attempt(
            self.run, place, node, type_, config, type_.effect_of(config), prev, now,
            row.attempt, self.decisions.pop(place, None),
        )  # fmt: skip
        self._attempts[place] = made
        return made

    def begin(self, attempt: Attempt) -> None:
        """Note the intent to make an attempt; it is started once that is written."""
        once = attempt.effect == Effect.ONCE
        self.walk.mark(attempt.place, Byte.COMMITTED if once else Byte.RUNNING)
        row = self._row(attempt.place)
        row.status = Status.RUNNING
        row.started_at = attempt.started_at = self.ledger.clock.now()
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

    def take_in(self, outcomes: Sequence[Outcome]) -> None:
        """Write down how attempts ended, and go on to what that makes ready.

        Raises RunEnds where a step failed and nothing deals with it.
        """
        ports: dict[int, str] = {}
        fatal: RunEnds | None = None
        for outcome in outcomes:
            row = self._row(outcome.place)
            row.logs = [*row.logs, *storable(outcome.logs)[0]]
            self.ledger.spend(row, outcome.cost_usd, outcome.tokens)
            self.ledger.use(row, outcome.used)
            match outcome.verdict:
                case Suspend():
                    self._suspend(row, outcome.verdict)
                case Done():
                    ports[outcome.place] = self._succeeded(row, outcome, outcome.verdict)
                case Failure() if not self._retried(row, outcome, outcome.verdict):
                    handled = self._failed(row, outcome, outcome.verdict)
                    if handled is None:
                        fatal = fatal or RunEnds.failed(outcome.verdict, row.node)
                    else:
                        ports[outcome.place] = handled
        if fatal is not None:
            self._mark_ended()
            raise fatal
        self._settle(ports)

    def _succeeded(self, row: NodeRun, outcome: Outcome, done: Done) -> str:
        self._end(row, Status.SUCCEEDED)
        row.output, row.port = done.output, done.port
        self.names.outputs.put(row.place, done.output)
        assert row.finished_at is not None
        self._last = max(
            self._last or (False, row.finished_at, row.place),
            (row.type == RESPOND, row.finished_at, row.place),
        )
        self.ledger.note(
            "node.succeeded",
            row,
            ms=outcome.ms,
            cost_usd=str(row.cost_usd),
            tokens=row.tokens,
            port=done.port or None,
            preview=preview(done.output),
            **({"pinned": True} if row.pinned else {}),
        )
        return done.port

    def _failed(self, row: NodeRun, outcome: Outcome, failure: Failure) -> str | None:
        """Write down a failure; return the port by which the run goes on, None where it cannot."""
        self._end(row, Status.FAILED)
        row.error = failure.as_json()
        node = self.graph.nodes[row.place].node
        if node.on_error == "branch":
            row.port, row.output = ERROR_PORT, row.error
        elif node.on_error == "default":
            row.output = node.default_output
        self.names.outputs.put(row.place, row.output)
        data = {} if node.on_error == "fail" else {"handled": node.on_error}
        self.ledger.note("node.failed", row, ms=outcome.ms, error=row.error, **data)
        return None if node.on_error == "fail" else row.port

    def _end(self, row: NodeRun, status: str) -> None:
        row.status, row.finished_at = status, self.ledger.clock.now()
        self.ledger.progress = True
        self.settled += 1

    def _retried(self, row: NodeRun, outcome: Outcome, failure: Failure) -> bool:
        """Put the step down for another attempt, if its policy allows one."""
        attempt = self._attempts.get(row.place)
        if attempt is None:
            return False
        node = self.graph.nodes[row.place].node
        delay = delay_before_next(node, failure, attempt.effect, row.attempt)
        if delay is None:
            return False
        row.status, row.error = Status.RETRYING, failure.as_json()
        data = {"delay_s": round(delay, 3), "error": row.error}
        self.ledger.note("node.retrying", row, **data)
        row.attempt += 1
        if delay < IN_LOOP_S:
            self.walk.state[row.place] = Byte.READY  # what a crash in the delay comes back to
            attempt.again(row.attempt)
            self.later.append((time.monotonic() + delay, attempt))
        else:
            self.walk.mark(row.place, Byte.WAITING)
            at = self.ledger.clock.after(delay)
            self.ledger.alarms.append(Alarm(row.node, Timer.Kind.RETRY, at))
        return True

    def _suspend(self, row: NodeRun, wanted: Suspend) -> None:
        """Let the step wait as rows: for a time, or for a person until a time."""
        approval = wanted.kind == Wait.Kind.APPROVAL
        until = self._until(wanted)
        wait = Wait(run=self.run, node=row.node, kind=wanted.kind, expires_at=until, **wanted.data)
        self.ledger.waits.append(wait)
        if until is not None:
            kind = Timer.Kind.EXPIRY if approval else Timer.Kind.DELAY
            self.ledger.alarms.append(Alarm(row.node, kind, until))
        row.status = Status.WAITING
        self.walk.mark(row.place, Byte.WAITING)
        told = {"kind": wanted.kind, "until": until and until.isoformat(), "wait": str(wait.pk)}
        self.ledger.note("node.waiting", row, **told)

    def _until(self, wanted: Suspend) -> datetime | None:
        if wanted.until is not None:
            return datetime.fromisoformat(wanted.until)
        return None if wanted.seconds is None else self.ledger.clock.after(wanted.seconds)

    def _settle(self, ports: dict[int, str]) -> None:
        takes = self._ways(ports)
        for place in ports:
            failed = self._row(place).status == Status.FAILED
            self.walk.settle(place, Byte.FAILED if failed else Byte.DONE, takes)
        self._noted(self.walk)

    def _mark_ended(self) -> None:
        """Mark what ended beside a step whose failure ends the run: nothing goes on from it."""
        for place, row in self.ledger.rows.items():
            if row.status in (Status.SUCCEEDED, Status.FAILED):
                self.walk.state[place] = Byte.FAILED if row.status == Status.FAILED else Byte.DONE

    def _ways(self, ports: dict[int, str]) -> Takes:
        """Return which edges are taken from ended steps. Raises RunEnds for a bad condition."""
        asked = [
            edge
            for place, port in ports.items()
            for edge in self.graph.nodes[place].outgoing
            if edge.when is not None and leaves_by(port, edge)
        ]
        self.names.outputs.need(edge.source for edge in asked)
        jobs = [self.names.edge_job(edge, self.names.outputs[edge.source]) for edge in asked]
        values = self._renderer.render(jobs, self.names.shared) if jobs else []
        false: set[CompiledEdge] = set()
        for edge, value in zip(asked, values, strict=True):
            if isinstance(value, CodeFailed):
                self._mark_ended()
                raise RunEnds.failed(*self._bad_condition(edge, value))
            if not value:
                false.add(edge)
        return lambda edge: (
            edge.source in ports and leaves_by(ports[edge.source], edge) and edge not in false
        )

    def _bad_condition(self, edge: CompiledEdge, error: CodeFailed) -> tuple[Failure, str]:
        target = self.graph.nodes[edge.target].title
        failure = Failure(
            "condition_failed",
            f"The condition of the edge to “{target}” failed: {error}",
            "Correct the condition, then run from here.",
        )
        return failure, self.graph.nodes[edge.source].id

    def _restored(self) -> Walk:
        """Return the walk at the run's stored state."""
        state = bytes(self.run.state)
        if not any(state):
            return self._noted(Walk(self.graph, state, takes_none))
        # Steps of an earlier version, from which the run was moved, have rows and no place.
        rows = NodeRun.objects.filter(run=self.run, place__lt=len(self.graph.nodes))
        ended = rows.filter(status__in=(Status.SUCCEEDED, Status.FAILED))
        ports = dict(ended.values_list("place", "port"))
        opened = rows.exclude(status__in=(Status.SUCCEEDED, Status.FAILED, Status.SKIPPED))
        self._rows = {row.place: row for row in opened}
        self._last = self._latest(ended.filter(status=Status.SUCCEEDED))
        return self._noted(Walk(self.graph, state, self._ways(ports)))

    def _noted(self, walk: Walk) -> Walk:
        """Write down what the walk skipped."""
        for place in walk.skipped:
            row = self._row(place)
            self._end(row, Status.SKIPPED)
            self.ledger.note("node.skipped", row)
        walk.skipped.clear()
        return walk

    def _latest(self, succeeded: Any) -> tuple[bool, datetime, int] | None:
        found = succeeded.order_by("finished_at", "place")
        row = found.filter(type=RESPOND).last() or found.last()
        return None if row is None else (row.type == RESPOND, row.finished_at, row.place)

    def answer(self) -> JSON:
        """Return the run's outputs: what `core.respond` returned, else what the last step gave."""
        if self._last is None:
            return None
        responded, _, place = self._last
        self.names.outputs.need([place])
        output = self.names.outputs[place]
        return output["body"] if responded and isinstance(output, dict) else output

    def _row(self, place: int) -> NodeRun:
        if place not in self._rows:
            node = self.graph.nodes[place]
            self._rows[place] = NodeRun(
                run=self.run, place=place, node=node.id, type=node.type, title=node.title
            )
        return self._rows[place]

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

"""The rounds of steps that hold others, while a run is carried: what they start from and give."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.nodes import registry
from apps.nodes.base import Effect, NodeError, RoundsDone, Spawn
from apps.runs.interpreter.book import ENDED, Book
from apps.runs.interpreter.effects import Attempt, carry_out_pure
from apps.runs.interpreter.ledger import Child
from apps.runs.models import NodeRun, Run, Wait
from apps.runs.state.children import named_in
from apps.runs.state.course import Course, Frame, Loop, Plan, Spot
from apps.runs.state.names import Names, Renderer, Rounds, complete_config
from apps.runs.state.payloads import UNREADABLE, read, shared_inputs
from apps.runs.state.vector import Byte
from apps.workflows.definition import MAX_STEPS
from apps.workflows.graph import Graph

FRAMES = 200  # items that one run goes through; of more, other runs carry chunks
CHUNK, CHUNKS = 100, 4  # items in one of these at most, and how many at the same time
ROOM = MAX_STEPS // 2  # steps of one run inside a list; the rest is for retries and those around
_GIVING = (Byte.DONE, Byte.FAILED)


class Loops:
    """Knows what the rounds of a run were given and what they gave."""

    def __init__(self, run: Run, names: Names, book: Book, renderer: Renderer) -> None:
        self.run = run
        self.names = names
        self.book = book
        self._renderer = renderer
        self._results: dict[str, JSON] = {}  # by frame

    def begin(self, course: Course, spot: Spot, spawn: Spawn, prev: JSON) -> None:
        """Begin the rounds that a step asks for. Raises NodeError for too many items inside."""
        before = course.loops.get(spot)
        plan = self._plan(spot, spawn, before)
        given = self._results[before.path(before.rounds[-1])] if before else prev
        self.names.rounds[course.key(spot)] = Rounds(spawn.vars, spawn.items, given)
        course.spawn(spot, plan)

    def recall(self, course: Course, loop: Loop) -> None:
        """Know again what a loop's rounds are about, after another worker carried them."""
        prev = self.names.prev(loop.spot, course.arrived(loop.spot))
        items, given = None, prev
        if loop.plan.listed:
            items = self._items(loop.spot, prev)
        elif loop.plan.first:
            before = loop.path(loop.plan.first - 1)
            self._read(loop, [before])
            given = self._results[before]
        self.names.rounds[loop.key] = Rounds(loop.plan.vars, items, given)

    def keep(self, frame: Frame) -> None:
        """Keep what a round gave: its last step's output or, of several, an object by their ids."""
        graph = frame.walk.graph
        places = [place for place in graph.sinks if frame.walk.state[place] in _GIVING]
        spots = {graph.nodes[place].id: Spot(frame.path, place) for place in places}
        self.names.outputs.need(spots.values())
        with suppress(*UNREADABLE):  # it is read again by whoever needs it
            outputs = {node: self.names.outputs[spot] for node, spot in spots.items()}
            self._results[frame.path] = _result(outputs)

    def keep_chunk(self, loop: Loop, index: int, decision: JSONDict) -> None:
        """Keep what another run gave for a chunk of the items; a blob is read when it is needed."""
        if decision["blob"] is None:
            self._results[loop.path(index)] = decision["outputs"]

    def last_round(self, loop: Loop | None) -> tuple[str, JSON] | None:
        """Return frame and result of the round after which a step is asked again."""
        if loop is None or loop.plan.listed:
            return None
        path = loop.path(loop.rounds[-1])
        self._read(loop, [path])
        return path, self._results[path]

    def done(self, loop: Loop) -> RoundsDone:
        """Return what all rounds of a step gave."""
        if loop.plan.chunked:
            return self._done_in_chunks(loop)
        self._read(loop, [loop.path(each) for each in loop.rounds if each not in loop.failed])
        results = [self._results.get(loop.path(each)) for each in loop.rounds]
        errors = [{"index": each, **loop.failed[each]} for each in sorted(loop.failed)]
        return RoundsDone(results, errors, loop.plan.first + loop.plan.count, loop.plan.vars)

    def chunk(self, loop: Loop, index: int, arrived: Sequence[Spot]) -> tuple[Child, Wait]:
        """Return the run that goes through a chunk of the items, and the wait for it.

        It begins with the step itself, and takes over what the expressions inside it name.
        """
        node = self.book.node(loop.spot)
        graph = self.names.graph("")
        wanted = {graph.index[name] for name in named_in(node) if name in graph.index}
        carried = self.book.taken_over(wanted | {spot.place for spot in arrived})
        items = self.names.rounds[loop.key].items or []
        size = loop.plan.size or CHUNK
        first = index * size
        chunk = {"node": node.id, "first": first, "count": min(size, len(items) - first)}
        run = Run(
            workflow=self.run.workflow, version_id=self.run.version_id, trigger=Run.Trigger.STEP,
            **shared_inputs(self.run), started_by_id=self.run.started_by_id, parent=self.run,
            key_id=self.run.key_id, depth=self.run.depth, root_id=self.run.root_id,
            generations=self.run.generations, keeps_payloads=self.run.keeps_payloads,
            chunk=chunk, state=_state_with(carried, loop.spot.place, len(graph.nodes)),
        )  # fmt: skip
        kind = Wait.Kind.CHILD
        wait = Wait(run=self.run, frame=loop.path(index), node=node.id, kind=kind, child=run)
        return Child(run, carried), wait

    def _plan(self, spot: Spot, spawn: Spawn, before: Loop | None) -> Plan:
        if spawn.items is None:
            first = before.plan.first + before.plan.count if before else 0
            return Plan(1, first, vars=spawn.vars)
        shared: Any = {"tolerant": spawn.tolerant, "vars": spawn.vars, "listed": True}
        at_once = min(CHUNKS, spawn.parallel)
        if self.run.chunk is not None and not spot.frame:
            parallel = max(1, spawn.parallel // at_once)
            return Plan(self.run.chunk["count"], self.run.chunk["first"], parallel, **shared)
        count, fitting = len(spawn.items), self._fitting(spot)
        if count <= FRAMES and (spot.frame or count <= fitting):
            return Plan(count, 0, spawn.parallel, **shared)
        if spot.frame:
            raise NodeError(
                "too_many_items",
                f"The list has {count} items; inside another step {FRAMES} are allowed.",
                hint="Let a workflow of its own go through the list.",
            )
        size = min(CHUNK, fitting)
        shared["size"] = size if size < CHUNK else 0
        return Plan(-(-count // size), 0, at_once, chunked=True, **shared)

    def _fitting(self, spot: Spot) -> int:
        """Return how many items one run can go through without making too many steps."""
        body = self.book.node(spot).body
        return max(1, ROOM // max(1, _most_steps(body)))

    def _items(self, spot: Spot, prev: JSON) -> Sequence[JSON]:
        """Ask a step again for the list that it goes through: it only computes."""
        node = self.book.node(spot)
        type_ = registry.find(node.type)
        jobs = self.names.config_jobs(spot, prev)
        [rendered] = self._renderer.render(jobs, self.names.shared)
        assert isinstance(rendered, dict)
        config = type_.config.model_validate(complete_config(node, rendered))
        now = self.book.ledger.clock.now()
        attempt = Attempt(self.run, spot, node, type_, config, Effect.PURE, prev, now)
        verdict = carry_out_pure(attempt).verdict
        assert isinstance(verdict, Spawn)
        return verdict.items or []

    def _done_in_chunks(self, loop: Loop) -> RoundsDone:
        missing = [loop.path(each) for each in loop.rounds if loop.path(each) not in self._results]
        waits = Wait.objects.filter(run=self.run, frame__in=missing)
        for wait in waits.select_related("child__outputs_blob"):
            if wait.child is not None:
                self._results[wait.frame] = read(wait.child.outputs, wait.child.outputs_blob)
        parts: list[Any] = [self._results[loop.path(each)] for each in loop.rounds]
        results = [result for part in parts for result in part["results"]]
        errors = [error for part in parts for error in part["errors"]]
        return RoundsDone(results, errors, len(results), loop.plan.vars)

    def _read(self, loop: Loop, paths: list[str]) -> None:
        """Read from the rows what rounds gave that another worker carried."""
        missing = [path for path in paths if path not in self._results]
        if not missing:
            return
        rows = NodeRun.objects.filter(
            run=self.run, frame__in=missing, place__in=loop.body.sinks, status__in=ENDED
        )
        outputs: dict[str, JSONDict] = {path: {} for path in missing}
        for row in rows.select_related("output_blob").order_by("place"):
            outputs[row.frame][row.node] = read(row.output, row.output_blob)
        self._results |= {path: _result(given) for path, given in outputs.items()}


def _most_steps(body: Graph | None) -> int:
    """Return how many attempts at steps one round of a body takes at most, without repeats.

    How long a list inside is turns out too late; a loop says how often it goes round.
    """
    count = 0
    for node in body.nodes if body else ():
        inside, rounds = _most_steps(node.body), node.config.get("max_rounds")
        # A loop is asked again after each of its rounds, a list after all of them.
        count += 1 + (rounds * (inside + 1) if rounds else FRAMES * inside + bool(node.body))
    return count


def _result(outputs: JSONDict) -> JSON:
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs or None


def _state_with(carried: Sequence[NodeRun], place: int, size: int) -> bytes:
    """Return the state of a run that begins at one step, with results taken over."""
    state = bytearray([Byte.SKIPPED] * size)
    for row in carried:
        state[row.place] = Byte.DONE if row.status == NodeRun.Status.SUCCEEDED else Byte.FAILED
    state[place] = Byte.READY
    return bytes(state)

"""Which steps of a version a run does, and what stands in for others.

A part of a workflow needs nothing of the interpreter: it is a state to begin at. What is taken over
or pinned is done already, what is not wanted counts as skipped without a row, and a step that runs
alone is ready although nothing led to it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from apps.classification.veil import column, resolved
from apps.common.types import JSONDict
from apps.nodes.base import Routed
from apps.nodes.catalogue import output_ports
from apps.nodes.registry import find
from apps.runs.exceptions import BadPart, NoSuchStep
from apps.runs.models import NodeRun, Run
from apps.runs.state import withholding
from apps.runs.state.children import expressions_in, named_in
from apps.runs.state.events import Event
from apps.runs.state.outcomes import Done, held, judge, preview
from apps.runs.state.vector import ERROR_PORT, Byte
from apps.workflows.graph import CompiledNode, Graph
from apps.workflows.marks import OUTPUT

ALL, FROM, ONLY, UNTIL = "all", "from", "only", "until"
MODES = (ALL, FROM, ONLY, UNTIL)
LINKED = {
    NodeRun.Status.SUCCEEDED: (Byte.DONE, "node.succeeded"),
    NodeRun.Status.FAILED: (Byte.FAILED, "node.failed"),
}
COPIED = (
    "frame", "place", "node", "type", "title", "status", "attempt", "input", "output", "error", "port",
    "started_at", "finished_at", "logs", "pinned", "input_blob_id", "output_blob_id",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """What somebody wants of a workflow: all of it, or what lies at, after or before a step.

    `pins` are outputs by the step that they stand in for; `exits` say by which port such a step is
    left, where it has several.
    """

    mode: str = ALL
    node: str = ""
    pins: JSONDict = field(default_factory=dict)
    exits: dict[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every step runs."""
        return self.mode == ALL and not self.pins

    def as_json(self) -> JSONDict | None:
        """Return what a run keeps of it; None for the whole."""
        if self.is_whole:
            return None
        return {"mode": self.mode, "node": self.node or None, "pins": sorted(self.pins)}


WHOLE = Part()


class Cut:
    """A part, seen in the graph of a version. Raises NoSuchStep and BadPart for what is not there."""

    def __init__(self, graph: Graph, part: Part) -> None:
        """Find the step, the pins, and what may run."""
        self.graph = graph
        self.part = part
        self.pinned = {_place(graph, name, "pins") for name in part.pins}
        self.place = None if part.mode == ALL else _place(graph, part.node, "node")
        if part.mode == ONLY and self.place in self.pinned:
            raise BadPart.at("pins", f"“{part.node}” is the step that is to run.")
        self.wanted = self._wanted()
        self.anew = self.wanted - self.pinned

    def _wanted(self) -> set[int]:
        """Return the places that the run is about, whatever an earlier one has done there."""
        if self.place is None:
            return set(range(len(self.graph.nodes)))
        if self.part.mode == ONLY:
            return {self.place}
        if self.part.mode == FROM:
            return after(self.graph, self.place)
        return self._up_to(self.place)

    def _up_to(self, place: int) -> set[int]:
        """Return a step and what it needs: what leads to a pin only where some of that is needed."""
        closed: set[int] = set(self.pinned)
        while True:
            wanted = _reach(place, partial(self._needed_by, closed=frozenset(closed)))
            mixed = {each for each in closed & wanted if self._upstream(each) & wanted - closed}
            if not mixed:
                return wanted
            closed -= mixed

    def _needed_by(self, place: int, closed: frozenset[int]) -> set[int]:
        if place in closed:
            return set()
        return set(before(self.graph, place)) | _named(self.graph, place)

    def _upstream(self, place: int) -> set[int]:
        return _reach(place, lambda each: before(self.graph, each)) - {place}

    @property
    def pins_on_arrival(self) -> set[int]:
        """The pinned steps that take their turn like any other: others may count on the order."""
        if self.part.mode == UNTIL:
            return {each for each in self.pinned & self.wanted if self._upstream(each) & self.anew}
        return set() if self.part.mode == ONLY else self.pinned & self.wanted

    def kept(self, rows: Iterable[NodeRun]) -> list[NodeRun]:
        """Return the rows of an earlier run whose results are taken over."""
        if self.place is None or self.part.mode == UNTIL:
            return []
        wanted = set(range(len(self.graph.nodes))) - self.wanted - self.pinned
        if self.part.mode == ONLY:
            wanted &= _reach(self.place, lambda each: before(self.graph, each))
        own = {row.place: row for row in rows if not row.frame}
        kept = [own[each] for each in sorted(own.keys() & wanted - self._undone(own.keys()))]
        return [row for row in kept if row.status in LINKED and not _broke(self.graph, row)]

    def _undone(self, begun: Collection[int]) -> set[int]:
        """Return the steps that were taken back and those that did that, with all that follows."""
        taken = {p for p, node in enumerate(self.graph.nodes) if node.undone_by in begun}
        found = (after(self.graph, each) for each in taken | self.graph.undoing)
        return set().union(*found)

    def place_pins(self, run: Run, earlier: Iterable[NodeRun], at: datetime) -> list[NodeRun]:
        """Give the run its pins; return the rows of those that are done before it begins.

        A pinned step that ran before is left by the port that it was left by then.
        """
        ports = {row.node: row.port for row in earlier if row.status in LINKED and not row.frame}
        early: list[NodeRun] = []
        for name, output in self.part.pins.items():
            place = self.graph.index[name]
            node = self.graph.nodes[place]
            port = _exit(node, self.part.exits.get(name), ports.get(name))
            output = resolved(output)
            withholding.learn(run, name, OUTPUT, output)
            made = held(judge(Routed(port, output)))
            if not isinstance(made, Done):
                raise BadPart.at("pins", f"{name}: give a JSON value of at most 32 MiB.")
            if place in self.pins_on_arrival:
                run.pins[name] = {"output": column(made.output), "port": made.port}
            else:
                early.append(_pinned_row(node, place, made, at))
        return early

    def state(self, rows: Sequence[NodeRun]) -> bytes:
        """Return the state that the run begins at, when these steps are done already."""
        state = bytearray(len(self.graph.nodes))
        if self.part.mode in (ONLY, UNTIL):
            state = bytearray(
                Byte.IDLE if place in self.wanted else Byte.SKIPPED for place in range(len(state))
            )
        for row in rows:
            state[row.place] = LINKED[NodeRun.Status(row.status)][0]
        if self.part.mode == ONLY and self.place is not None:
            state[self.place] = Byte.READY
        return bytes(state)

    def check_known(self, known: set[int], has_input: bool) -> None:
        """Raise BadPart where a step is to run alone and what it works on is not known."""
        if self.part.mode != ONLY or self.place is None:
            return
        missing = _named(self.graph, self.place) - known
        sources = before(self.graph, self.place)
        if sources and not has_input and not known.intersection(sources):
            missing |= set(sources)
        if missing:
            names = ", ".join(f"“{self.graph.nodes[each].id}”" for each in sorted(missing))
            raise BadPart.at(
                "pins", f"What {names} gives is not known. Pin it, or run up to there first."
            )


def _pinned_row(node: CompiledNode, place: int, made: Done, at: datetime) -> NodeRun:
    held = made.held()
    return NodeRun(
        place=place, node=node.id, type=node.type, title=node.title,
        output=held.shown, output_blob=held.blob,
        status=NodeRun.Status.SUCCEEDED, port=made.port, pinned=True,
        started_at=at, finished_at=at,
    )  # fmt: skip


def copies(run: Run, rows: Sequence[NodeRun]) -> tuple[Event, ...]:
    """Store rows of steps that are done already with a new run; return the events that say so."""
    made = [NodeRun(run=run, **{name: getattr(row, name) for name in COPIED}) for row in rows]
    NodeRun.objects.bulk_create(made)
    return tuple(_told(row) for row in made)


def after(graph: Graph, place: int) -> set[int]:
    """Return a step and all that comes after it."""
    return _reach(place, lambda each: [edge.target for edge in graph.nodes[each].outgoing])


def before(graph: Graph, place: int) -> list[int]:
    """Return the steps that lead directly to one."""
    return [edge.source for edge in graph.nodes[place].incoming]


def needs_inputs(graph: Graph, part: Part) -> bool:
    """Tell whether the run's own inputs matter: not where one step runs that does not name them."""
    if part.mode != ONLY:
        return True
    place = _place(graph, part.node, "node")
    named = any("input" in each.names for each in expressions_in(graph.nodes[place]))
    return place == graph.start or named


def _told(row: NodeRun) -> Event:
    """Say that a result was taken over or pinned; what it cost was paid by an earlier run."""
    how = {"pinned": True} if row.pinned else {"linked": True}
    data: JSONDict = {"ms": 0, **how, "cost_usd": "0", "tokens": 0, "port": row.port or None}
    data |= {"error": row.error} if row.error else {"preview": preview(row.output)}
    data |= {"handled": "branch"} if row.port == ERROR_PORT else {}
    return Event(LINKED[NodeRun.Status(row.status)][1], row.node, row.attempt, data)


def _reach(place: int, following: Callable[[int], Iterable[int]]) -> set[int]:
    found, stack = set(), [place]
    while stack:
        each = stack.pop()
        if each not in found:
            found.add(each)
            stack += following(each)
    return found


def _named(graph: Graph, place: int) -> set[int]:
    """Return the steps that the expressions of one name."""
    return {graph.index[name] for name in named_in(graph.nodes[place]) & graph.index.keys()}


def _place(graph: Graph, name: str, field_name: str) -> int:
    if name not in graph.index:
        inner = any(name in node.body.index for node in graph.nodes if node.body)
        why = "lies inside another step. Name that one: it runs as a whole."
        if inner:
            raise BadPart.at(field_name, f"“{name}” {why}")
        raise NoSuchStep.at(field_name, f"The run's version has no step “{name}”.")
    return graph.index[name]


def _exit(node: CompiledNode, asked: str | None, known: str | None) -> str:
    """Return the port by which a pinned step is left."""
    exits = {each.name for each in output_ports(find(node.type), node.config)}
    if asked is not None:
        if asked not in exits:
            raise BadPart.at("exits", f"“{node.id}” has: {', '.join(sorted(exits)) or 'no exit'}.")
        return asked
    if known in exits:
        return known
    if len(exits) > 1:
        raise BadPart.at(
            "exits", f"Say by which way “{node.id}” is left: {', '.join(sorted(exits))}."
        )
    return ""


def _broke(graph: Graph, row: NodeRun) -> bool:
    """Tell whether the step failed and nothing dealt with it: then it is made again."""
    on_error = graph.nodes[row.place].node.on_error
    return row.status == NodeRun.Status.FAILED and on_error == "fail"

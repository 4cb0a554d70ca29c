"""Moving a run that stands still to another version: what that means for each step, and doing it.

The run keeps its history. What finished stays finished under the version it was made with; what has
not begun follows the new one. A step of the new version that would have come before something that
has begun is passed over: the past is not made again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.common.types import JSONDict
from apps.nodes.catalogue import output_ports
from apps.nodes.registry import find
from apps.runs.models import NodeRun, Run, Wait
from apps.runs.state.graphs import graph_of_version
from apps.runs.state.parts import before
from apps.runs.state.vector import ERROR_PORT, OPEN, Byte
from apps.workflows.diff import diff
from apps.workflows.graph import Graph
from apps.workflows.models import WorkflowVersion

UNDER_WAY = frozenset({Byte.RUNNING, Byte.COMMITTED, Byte.SPAWNED})


@dataclass(frozen=True)
class Fate:
    """What a move means for one step: kept, changed, gone, new or passed_over."""

    node: str
    title: str
    meaning: str
    status: str = ""


class Move:
    """A run, and the version that it is to go on with."""

    def __init__(self, run: Run, version: WorkflowVersion) -> None:
        """Compare both graphs with where the run is."""
        self.run = run
        self.version = version
        self.old, self.new = graph_of_version(run.version_id), graph_of_version(version.pk)
        self.rows = {row.node: row for row in NodeRun.objects.filter(run=run, frame="")}
        state = bytes(run.state) or bytes(len(self.old.nodes))
        self.bytes = {node.id: Byte(state[place]) for place, node in enumerate(self.old.nodes)}
        self.diff = diff(run.version.definition, version.definition)
        self._changed = {each["id"] for each in self.diff["nodes"]["changed"]}

    @property
    def fates(self) -> list[Fate]:
        """Return what happens to each step: those of the new version in order, then what goes."""
        passed = self._passed_over()
        fates = [
            Fate(
                node.id, node.title, self._meaning(node.id, place in passed), self._status(node.id)
            )
            for place, node in enumerate(self.new.nodes)
        ]
        gone = (node for node in self.old.nodes if node.id not in self.new.index)
        return fates + [Fate(n.id, n.title, "gone", self._status(n.id)) for n in gone]

    @property
    def refusals(self) -> list[JSONDict]:
        """Return why the run cannot be moved; empty where it can."""
        return [
            {"field": node, "message": message, "code": "not_movable"}
            for node, message in self._objections()
        ]

    @property
    def state(self) -> bytes:
        """Return where the run is in the new graph."""
        state = bytearray(len(self.new.nodes))
        for place in self._passed_over():
            state[place] = Byte.SKIPPED
        for node, byte in self.bytes.items():
            if node in self.new.index:
                state[self.new.index[node]] = byte
        return bytes(state)

    def places(self) -> dict[str, int]:
        """Return the place of each step that has a row; those that go are kept at the end."""
        gone = sorted(self.rows.keys() - self.new.index.keys())
        end = len(self.new.nodes)
        return {
            **{node: self.new.index[node] for node in self.rows if node in self.new.index},
            **{node: end + count for count, node in enumerate(gone)},
        }

    def as_json(self) -> JSONDict:
        """Return the move as people judge it before it is made."""
        refusals = self.refusals
        return {
            "from": self.run.version.number,
            "to": self.version.number,
            "possible": not refusals,
            "refusals": refusals,
            "steps": [vars(fate) for fate in self.fates],
            "diff": self.diff,
        }

    def _meaning(self, node: str, is_passed_over: bool) -> str:
        if is_passed_over:
            return "passed_over"
        if node not in self.old.index:
            return "new"
        return "changed" if node in self._changed else "kept"

    def _status(self, node: str) -> str:
        return self.rows[node].status if node in self.rows else ""

    def _passed_over(self) -> set[int]:
        """Return the places of new steps that lie before something that has begun."""
        begun = [
            self.new.index[node]
            for node, byte in self.bytes.items()
            if byte not in (Byte.IDLE, Byte.SKIPPED) and node in self.new.index
        ]
        found, stack = set(), list(begun)
        while stack:
            for source in before(self.new, stack.pop()):
                if source not in found:
                    found.add(source)
                    stack.append(source)
        return {place for place in found if self.new.nodes[place].id not in self.old.index}

    def _objections(self) -> Iterator[tuple[str, str]]:
        if self.run.ending is not None:
            yield "version", "The run takes back what it did, and ends then."
        for node, byte in self.bytes.items():
            if byte in UNDER_WAY:
                yield node, f"“{node}” is under way. Wait for its end, or cancel the run."
            elif byte in OPEN and node not in self.new.index:
                yield node, f"The run waits at “{node}”, which version {self.version} lacks."
            elif node in self.new.index:
                yield from self._of_one(node, byte)

    def _of_one(self, node: str, byte: Byte) -> Iterator[tuple[str, str]]:
        old, new = (graph.nodes[graph.index[node]] for graph in (self.old, self.new))
        if byte in OPEN and old.type != new.type:
            yield node, f"The run waits at “{node}”, which is another kind of step there."
            return
        left_by = {self.rows[node].port} if node in self.rows and byte not in OPEN else set()
        lost = (left_by | self._offered(node, byte)) - _exits(self.new, node) - {"", ERROR_PORT}
        if lost:
            yield node, f"“{node}” is left by {', '.join(sorted(lost))}, which it lacks there."

    def _offered(self, node: str, byte: Byte) -> set[str]:
        """Return the ways in which a person who was asked already may let the step go on."""
        if byte != Byte.WAITING:
            return set()
        waits = Wait.objects.filter(run=self.run, frame="", node=node).approvals()
        return {action["id"] for wait in waits for action in wait.actions}


def _exits(graph: Graph, node: str) -> set[str]:
    compiled = graph.nodes[graph.index[node]]
    return {port.name for port in output_ports(find(compiled.type), compiled.config)}

"""Where a run is in one graph: a byte for each step, and which edges have been decided.

Pure logic without a database. A false edge skips; a join counts skipped parents as satisfied and
is skipped itself only if no edge that it needs can arrive any more.
"""

from collections import deque
from collections.abc import Callable, Iterator
from enum import IntEnum

from apps.workflows.graph import CompiledEdge, Graph

ERROR_PORT = "error"
Takes = Callable[[CompiledEdge], bool]


class Byte(IntEnum):
    """What is known of one step."""

    IDLE = 0
    READY = 1
    RUNNING = 2
    SPAWNED = 3  # what lies inside it is run
    WAITING = 4
    DONE = 5
    FAILED = 6
    SKIPPED = 7
    CANCELLED = 8
    COMMITTED = 9  # running, and never to be repeated without a person's word


SETTLED = frozenset({Byte.DONE, Byte.FAILED, Byte.SKIPPED, Byte.CANCELLED})
OPEN = frozenset({Byte.READY, Byte.RUNNING, Byte.SPAWNED, Byte.WAITING, Byte.COMMITTED})
_STOPPED = bytes(Byte.CANCELLED if byte in OPEN else byte for byte in range(256))


def stopped(state: bytes) -> bytes:
    """Return the state of a run whose open steps were cancelled."""
    return state.translate(_STOPPED)


def leaves_by(port: str, edge: CompiledEdge) -> bool:
    """Tell whether a step that ended by a port goes along an edge, its condition left aside.

    The empty port stands for every port but the one of errors.
    """
    return edge.port == port if port else edge.port != ERROR_PORT


def takes_none(_edge: CompiledEdge) -> bool:
    """Take no edge: what a skipped step does."""
    return False


class Walk:
    """The way of one run through its graph."""

    def __init__(self, graph: Graph, state: bytes, takes: Takes) -> None:
        """Take up a run at its stored state; `takes` tells which edges its settled steps took."""
        self.graph = graph
        self.state = bytearray(state or bytes(len(graph.nodes)))
        self.ready: deque[int] = deque()
        self.skipped: list[int] = []  # since the caller last emptied it
        self._arrived: list[list[int]] = [[] for _ in graph.nodes]
        self._closed = [0] * len(graph.nodes)
        for place in self.where(*SETTLED):
            self._leave(place, takes)
        for place, node in enumerate(graph.nodes):
            if node.undone_by is not None and self.state[node.undone_by] != Byte.IDLE:
                self._arrived[node.undone_by].append(place)
        for place, byte in enumerate(self.state):
            if byte == Byte.READY:
                self.ready.append(place)
            elif byte == Byte.IDLE:
                self._decide(place)

    @property
    def is_over(self) -> bool:
        """Whether no step is open: what is idle then will never be reached."""
        return not any(byte in OPEN for byte in self.state)

    def where(self, *bytes_: Byte) -> Iterator[int]:
        """Yield the places of the steps in one of these states."""
        return (place for place, byte in enumerate(self.state) if byte in bytes_)

    def mark(self, place: int, byte: Byte) -> None:
        """Note that a step runs, waits or, made ready, is to be started."""
        self.state[place] = byte
        if byte == Byte.READY:
            self.ready.append(place)

    def settle(self, place: int, byte: Byte, takes: Takes) -> None:
        """Note how a step ended, and which of its edges are taken; more becomes ready or skipped."""
        self.state[place] = byte
        for target in self._leave(place, takes):
            self._decide(target)

    def undo(self, place: int) -> None:
        """Make the step ready that takes back what this one did."""
        target = self.graph.nodes[place].undone_by
        assert target is not None
        self._arrived[target].append(place)
        self.mark(target, Byte.READY)

    def arrived(self, place: int) -> list[int]:
        """Return the steps whose edges were taken to this one, in that order."""
        return self._arrived[place]

    def _leave(self, place: int, takes: Takes) -> list[int]:
        targets = []
        for edge in self.graph.nodes[place].outgoing:
            self._closed[edge.target] += 1
            if takes(edge):
                self._arrived[edge.target].append(place)
            targets.append(edge.target)
        return targets

    def _decide(self, place: int) -> None:
        """Make an idle step ready, or skip it with all that can no longer be reached."""
        undecided = [place]
        while undecided:
            place = undecided.pop()
            if self.state[place] != Byte.IDLE:
                continue
            verdict = self._verdict(place)
            if verdict == Byte.READY:
                self.mark(place, Byte.READY)
            elif verdict == Byte.SKIPPED:
                self.state[place] = Byte.SKIPPED
                self.skipped.append(place)
                undecided += self._leave(place, takes_none)

    def _verdict(self, place: int) -> Byte:
        node = self.graph.nodes[place]
        if place in self.graph.roots:
            return Byte.READY
        if not node.incoming:
            return Byte.IDLE if place in self.graph.undoing else Byte.SKIPPED
        arrived, still_open = len(self._arrived[place]), len(node.incoming) - self._closed[place]
        if node.needed is None:
            if still_open:
                return Byte.IDLE
            return Byte.READY if arrived else Byte.SKIPPED
        if arrived >= node.needed:
            return Byte.READY
        return Byte.SKIPPED if arrived + still_open < node.needed else Byte.IDLE

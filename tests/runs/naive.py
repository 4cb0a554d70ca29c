"""What a graph means, told as plainly as possible: sets of facts, looked at anew until nothing changes.

Shares nothing with the engine but the compiled graph; a mistake would have to be made twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.workflows.graph import CompiledEdge, Graph


@dataclass
class Naive:
    """A run of a graph: which steps have ended, and by which port each was left."""

    graph: Graph
    is_open: Mapping[tuple[int, int], bool]  # what the condition of an edge says
    left_by: dict[int, str] = field(default_factory=dict)  # steps that ended, with their ports

    def ended(self, place: int, port: str) -> None:
        self.left_by[place] = port

    @property
    def skipped(self) -> set[int]:
        """The steps that can never begin: the least set that follows from what has ended."""
        skipped: set[int] = set()
        while True:
            more = {p for p in self._untouched() if p not in skipped and self._is_lost(p, skipped)}
            if not more:
                return skipped
            skipped |= more

    @property
    def begun_or_ready(self) -> set[int]:
        """The steps that have everything they wait for."""
        skipped = self.skipped
        places = set(range(len(self.graph.nodes))) - skipped
        return {
            place for place in places if place == self.graph.start or self._has_all(place, skipped)
        }

    def _untouched(self) -> set[int]:
        return set(range(len(self.graph.nodes))) - self.left_by.keys() - {self.graph.start}

    def _came(self, place: int) -> int:
        return sum(self._takes(edge) for edge in self.graph.nodes[place].incoming)

    def _coming(self, place: int, skipped: set[int]) -> int:
        incoming = self.graph.nodes[place].incoming
        return sum(e.source not in self.left_by and e.source not in skipped for e in incoming)

    def _has_all(self, place: int, skipped: set[int]) -> bool:
        needed = self.graph.nodes[place].needed
        if needed is None:
            return self._came(place) > 0 and self._coming(place, skipped) == 0
        return self._came(place) >= needed

    def _is_lost(self, place: int, skipped: set[int]) -> bool:
        needed = self.graph.nodes[place].needed or 1
        if self.graph.nodes[place].needed is None and self._coming(place, skipped):
            return False
        return self._came(place) + self._coming(place, skipped) < needed

    def _takes(self, edge: CompiledEdge) -> bool:
        port = self.left_by.get(edge.source)
        if port is None or not self.is_open[edge.source, edge.target]:
            return False
        return edge.port == port if port else edge.port != "error"

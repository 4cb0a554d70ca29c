"""Which edges the run takes from steps that have ended."""

from apps.runs.interpreter.endings import RunEnds
from apps.runs.state.course import Spot
from apps.runs.state.names import Names, Renderer
from apps.runs.state.outcomes import Failure
from apps.runs.state.vector import Takes, leaves_by
from apps.sandbox.exceptions import CodeFailed
from apps.workflows.graph import CompiledEdge

Ports = dict[Spot, str]


class Ways:
    """The edges that conditions close, for steps that ended by some ports."""

    def __init__(self, ports: Ports, names: Names, renderer: Renderer) -> None:
        """Evaluate the conditions, all in one feed. Raises RunEnds for one that cannot be."""
        self._ports = ports
        self._closed: set[tuple[str, int]] = set()
        asked = [
            (spot.frame, edge)
            for spot, port in ports.items()
            for edge in names.graph(spot.frame).nodes[spot.place].outgoing
            if edge.when is not None and leaves_by(port, edge)
        ]
        if not asked:
            return
        names.outputs.need(Spot(frame, edge.source) for frame, edge in asked)
        jobs = [names.edge_job(edge, frame) for frame, edge in asked]
        values = renderer.render(jobs, names.shared)
        for (frame, edge), value in zip(asked, values, strict=True):
            if isinstance(value, CodeFailed):
                raise _bad_condition(names, frame, edge, value)
            if not value:
                self._closed.add((frame, id(edge)))

    def of(self, frame: str) -> Takes:
        """Return which edges of a frame are taken."""
        ports = {spot.place: port for spot, port in self._ports.items() if spot.frame == frame}
        return lambda edge: (
            edge.source in ports
            and leaves_by(ports[edge.source], edge)
            and (frame, id(edge)) not in self._closed
        )

    def from_step(self, spot: Spot) -> Takes:
        """Return which edges of one of the steps are taken."""
        port = self._ports[spot]
        return lambda edge: leaves_by(port, edge) and (spot.frame, id(edge)) not in self._closed


def _bad_condition(names: Names, frame: str, edge: CompiledEdge, error: CodeFailed) -> RunEnds:
    nodes = names.graph(frame).nodes
    failure = Failure(
        "condition_failed",
        f"The condition of the edge to “{nodes[edge.target].title}” failed: {error}",
        "Correct the condition, then run from here.",
    )
    return RunEnds.failed(failure, nodes[edge.source].id)

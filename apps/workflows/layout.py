"""Positions for a definition that came without: layers from left to right, the same every time.

What lies in a step is laid out first; the frame around it is then one box among the others.
Positions are those of the canvas, also inside a frame.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from apps.nodes import registry
from apps.nodes.catalogue import output_ports
from apps.workflows.definition import Definition, Edge, Node
from apps.workflows.graph import live_edges, topological
from apps.workflows.nesting import DEEPEST

WIDTH, BETWEEN, GAP = 236, 84, 44
# A step's height follows from its ports, as on the canvas (static/studio/src/studio/model/ports.ts).
AROUND, ABOVE_PORTS, PORT = 68, 6, 24
LEAST_BODY = 30
# And what lies around the steps in a frame (nesting.ts); LABELS more where ports show their names.
LEFT, TOP, RIGHT, BOTTOM, LABELS = 40, 88, 40, 36, 72
LEAST_FRAME = (320, 184)

Place = tuple[float, float]


@dataclass
class Box:
    """How large a step is drawn, with the places of what lies in it: from its upper left corner."""

    width: float
    height: float
    inner: dict[str, Place] = field(default_factory=dict)


def arrange(definition: Definition) -> Definition:
    """Return the definition with a position for every node; those that have one all keep it."""
    if all(node.position is not None for node in definition.nodes):
        return definition
    places = _Layout(definition).places()
    nodes = [node.model_copy(update={"position": places[node.id]}) for node in definition.nodes]
    return definition.model_copy(update={"nodes": nodes})


def height_of(node: Node) -> int:
    """Return how high a step is drawn while nothing lies in it."""
    return AROUND + max(LEAST_BODY, ABOVE_PORTS + PORT * max(1, _outputs(node)))


def holders(definition: Definition) -> dict[str, str]:
    """Return for each step that lies in another the id of that one.

    A definition that nobody has validated yet may name one that is not there, lie in itself, or
    lie deeper than is allowed: such a step is laid out as if it lay in none.
    """
    holding = {node.id for node in definition.nodes if _holds_steps(node)}
    known = {
        n.id: n.parent for n in definition.nodes if n.parent is not None and n.parent in holding
    }
    return {each: parent for each, parent in known.items() if _depth(each, known) < DEEPEST}


class _Layout:
    """Lays out the workflow, and before that the body of each step that holds others."""

    def __init__(self, definition: Definition) -> None:
        self._edges = live_edges(definition)
        self._nodes = {node.id: node for node in definition.nodes}
        self._rows: dict[str | None, list[Node]] = {}
        holder = holders(definition)
        for node in definition.nodes:
            self._rows.setdefault(holder.get(node.id), []).append(node)
        self._boxes: dict[str, Box] = {}

    def places(self) -> dict[str, Place]:
        found: dict[str, Place] = {}
        self._put(self._row(None), (0, 0), found)
        return found

    def _put(self, row: dict[str, Place], corner: Place, found: dict[str, Place]) -> None:
        for each, (x, y) in row.items():
            found[each] = (corner[0] + x, corner[1] + y)
            self._put(self._boxes[each].inner, found[each], found)

    def _row(self, holder: str | None) -> dict[str, Place]:
        """Return the places of the steps that lie directly in one, or in none."""
        nodes = self._rows.get(holder, [])
        for node in nodes:
            self._boxes[node.id] = self._box(node)
        ids = {node.id for node in nodes}
        edges = [edge for edge in self._edges if edge.source in ids and edge.target in ids]
        return _in_layers(nodes, edges, self._boxes)

    def _box(self, node: Node) -> Box:
        if not _holds_steps(node):
            return Box(WIDTH, height_of(node))
        row = self._row(node.id)
        if not row:
            return Box(LEAST_FRAME[0], max(LEAST_FRAME[1], height_of(node)))
        least = min(x for x, _ in row.values()), min(y for _, y in row.values())
        inner = {each: (LEFT + x - least[0], TOP + y - least[1]) for each, (x, y) in row.items()}
        right = max(x + self._boxes[each].width for each, (x, _) in inner.items())
        bottom = max(y + self._boxes[each].height for each, (_, y) in inner.items())
        labels = LABELS if _outputs(node) > 1 else 0
        return Box(
            max(LEAST_FRAME[0], right + RIGHT + labels), max(LEAST_FRAME[1], bottom + BOTTOM), inner
        )


def _in_layers(nodes: list[Node], edges: list[Edge], boxes: dict[str, Box]) -> dict[str, Place]:
    order, circle = topological((node.id for node in nodes), edges)
    sources: dict[str, list[str]] = {node.id: [] for node in nodes}
    for edge in edges:
        sources[edge.target].append(edge.source)
    depth: dict[str, int] = {}
    for each in [*order, *circle]:
        depth[each] = 1 + max((depth[s] for s in sources[each] if s in depth), default=-1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        layers[depth[node.id]].append(node.id)
    middles: dict[str, float] = {}
    places: dict[str, Place] = {}
    left = 0.0
    for layer in layers:
        for each, top in _stacked(layer, sources, middles, boxes):
            middles[each] = top + boxes[each].height / 2
            places[each] = (left, round(top))
        left += max(boxes[each].width for each in layer) + BETWEEN
    return places


def _stacked(
    layer: Iterable[str],
    sources: dict[str, list[str]],
    middles: dict[str, float],
    boxes: dict[str, Box],
) -> list[tuple[str, float]]:
    """Return the steps of a layer with their tops, each as near to its parents as there is room."""

    def wanted(each: str) -> float:
        above = [middles[source] for source in sources[each] if source in middles]
        return sum(above) / len(above) if above else 0

    ordered = sorted(layer, key=wanted)
    tops: list[float] = []
    free = float("-inf")
    for each in ordered:
        tops.append(max(free, wanted(each) - boxes[each].height / 2))
        free = tops[-1] + boxes[each].height + GAP
    # Room was only made downwards: move the layer up by what that cost on average.
    pushed = [
        top + boxes[each].height / 2 - wanted(each) for each, top in zip(ordered, tops, strict=True)
    ]
    shift = sum(pushed) / len(pushed)
    return [(each, top - shift) for each, top in zip(ordered, tops, strict=True)]


def _holds_steps(node: Node) -> bool:
    try:
        return registry.find(node.type).holds_steps
    except registry.UnknownNodeType:
        return False


def _outputs(node: Node) -> int:
    try:
        ports = len(output_ports(registry.find(node.type), node.config))
    except registry.UnknownNodeType:
        ports = 1
    return ports + (node.on_error == "branch") + node.undo


def _depth(each: str, parents: dict[str, str]) -> int:
    """Return in how many others a step lies; DEEPEST for all that is deeper, or goes in a circle."""
    step, depth = parents.get(each), 0
    while step is not None and depth < DEEPEST:
        step, depth = parents.get(step), depth + 1
    return depth

"""Positions for a definition that came without: layers from left to right, the same every time."""

from apps.nodes import registry
from apps.nodes.catalogue import output_ports
from apps.workflows.definition import Definition, Node
from apps.workflows.graph import live_edges, topological

COLUMN, GAP = 320, 44
# A step's height follows from its ports, as on the canvas (static/studio/src/studio/model/ports.ts).
AROUND, ABOVE_PORTS, PORT = 68, 6, 24
LEAST_BODY = 30


def arrange(definition: Definition) -> Definition:
    """Return the definition with a position for every node; those that have one all keep it."""
    if all(node.position is not None for node in definition.nodes):
        return definition
    places = _places(definition)
    nodes = [node.model_copy(update={"position": places[node.id]}) for node in definition.nodes]
    return definition.model_copy(update={"nodes": nodes})


def height_of(node: Node) -> int:
    """Return how high a step is drawn."""
    try:
        ports = len(output_ports(registry.find(node.type), node.config))
    except registry.UnknownNodeType:
        ports = 1
    ports += node.on_error == "branch"
    return AROUND + max(LEAST_BODY, ABOVE_PORTS + PORT * max(1, ports))


def _places(definition: Definition) -> dict[str, tuple[float, float]]:
    edges = live_edges(definition)
    order, circle = topological((node.id for node in definition.nodes), edges)
    sources: dict[str, list[str]] = {node.id: [] for node in definition.nodes}
    for edge in edges:
        sources[edge.target].append(edge.source)
    depth: dict[str, int] = {}
    for each in [*order, *circle]:
        depth[each] = 1 + max((depth[s] for s in sources[each] if s in depth), default=-1)
    layers: list[list[Node]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in definition.nodes:
        layers[depth[node.id]].append(node)
    middles: dict[str, float] = {}
    places: dict[str, tuple[float, float]] = {}
    for column, layer in enumerate(layers):
        for node, top in _stacked(layer, sources, middles):
            middles[node.id] = top + height_of(node) / 2
            places[node.id] = (column * COLUMN, round(top))
    return places


def _stacked(
    layer: list[Node], sources: dict[str, list[str]], middles: dict[str, float]
) -> list[tuple[Node, float]]:
    """Return the nodes of a layer with their tops, each as near to its parents as there is room."""

    def wanted(node: Node) -> float:
        above = [middles[source] for source in sources[node.id] if source in middles]
        return sum(above) / len(above) if above else 0

    ordered = sorted(layer, key=wanted)
    tops: list[float] = []
    free = float("-inf")
    for node in ordered:
        tops.append(max(free, wanted(node) - height_of(node) / 2))
        free = tops[-1] + height_of(node) + GAP
    # Room was only made downwards: move the layer up by what that cost on average.
    pushed = [
        top + height_of(node) / 2 - wanted(node) for node, top in zip(ordered, tops, strict=True)
    ]
    shift = sum(pushed) / len(pushed)
    return [(node, top - shift) for node, top in zip(ordered, tops, strict=True)]

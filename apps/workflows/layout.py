"""Positions for a definition that came without: layers from left to right, the same every time."""

from apps.workflows.definition import Definition, Node
from apps.workflows.graph import live_edges, topological

COLUMN, ROW = 320, 140


def arrange(definition: Definition) -> Definition:
    """Return the definition with a position for every node; those that have one all keep it."""
    if all(node.position is not None for node in definition.nodes):
        return definition
    places = _places(definition)
    nodes = [node.model_copy(update={"position": places[node.id]}) for node in definition.nodes]
    return definition.model_copy(update={"nodes": nodes})


def _places(definition: Definition) -> dict[str, tuple[float, float]]:
    edges = live_edges(definition)
    order, circle = topological((node.id for node in definition.nodes), edges)
    sources: dict[str, list[str]] = {node.id: [] for node in definition.nodes}
    for edge in edges:
        sources[edge.target].append(edge.source)
    layer: dict[str, int] = {}
    for each in [*order, *circle]:
        layer[each] = 1 + max((layer[s] for s in sources[each] if s in layer), default=-1)
    rows: dict[str, float] = {}
    for depth in range(max(layer.values(), default=-1) + 1):
        members = [node for node in definition.nodes if layer[node.id] == depth]
        for row, node in enumerate(_by_parents(members, sources, rows)):
            rows[node.id] = row - (len(members) - 1) / 2
    return {
        node.id: (layer[node.id] * COLUMN, round(rows[node.id] * ROW)) for node in definition.nodes
    }


def _by_parents(
    members: list[Node], sources: dict[str, list[str]], rows: dict[str, float]
) -> list[Node]:
    """Order a layer by where its parents are, so that few edges cross."""

    def height(node: Node) -> float:
        above = [rows[source] for source in sources[node.id] if source in rows]
        return sum(above) / len(above) if above else 0

    return sorted(members, key=height)

"""What may lie inside what, and which steps may take back others."""

from collections.abc import Iterator

from apps.nodes import registry
from apps.workflows.definition import MAX_STEPS, Definition, Edge, Node
from apps.workflows.graph import inside, live_edges
from apps.workflows.problems import Problem

DEEPEST = 4
ONLY_OUTSIDE = frozenset({"core.start", "core.respond"})


def nesting(definition: Definition) -> Iterator[Problem]:
    """Yield what is wrong with the places of steps inside others, and with undo steps."""
    nodes = {node.id: node for node in definition.nodes}
    for node in definition.nodes:
        if node.parent is not None:
            yield from _inner(node, nodes)
    holding = inside(definition)
    for node in definition.nodes:
        if _holds_steps(node) and node.id not in holding:
            yield Problem(
                "nothing_inside", "Nothing lies inside this step.", "Put steps into it.", node.id
            )
    yield from _rounds(definition, holding)
    for edge in live_edges(definition):
        if nodes[edge.source].parent != nodes[edge.target].parent:
            yield Problem(
                "edge_across",
                "An edge leads into or out of a loop.",
                "Connect steps of the same loop; the loop itself has an input and an output.",
                edge.source,
                f"edge {edge.id}",
            )
    yield from _undoing(definition, nodes)


def _rounds(definition: Definition, holding: dict[str | None, list[Node]]) -> Iterator[Problem]:
    """Yield the loops whose last round no run would reach: all steps of them are made each time."""
    edges = live_edges(definition)
    branching = {each.source for each in edges if each.when or each.source_port != "out"}
    for node in definition.nodes:
        rounds, inner = node.config.get("max_rounds"), holding.get(node.id, [])
        if node.type != "flow.loop" or not isinstance(rounds, int):
            continue
        steps = len(inner) + 1  # the loop itself is one more: it is asked after each round
        if rounds * steps > MAX_STEPS and not branching & {each.id for each in inner}:
            yield Problem(
                "too_many_rounds",
                f"{rounds:,} rounds of {steps} steps, the loop among them, are more than the "
                f"{MAX_STEPS:,} of a run: it would fail on the way.",
                f"Allow at most {MAX_STEPS // steps:,}, or let a workflow of its own do a round.",
                node.id,
                "max_rounds",
                severity="warning",
            )


def _inner(node: Node, nodes: dict[str, Node]) -> Iterator[Problem]:
    around, step = [node.id], node.parent
    while step is not None and step in nodes and step not in around:
        around.append(step)
        step = nodes[step].parent
    parent = nodes.get(node.parent or "")
    if step is not None or parent is None or not _holds_steps(parent):
        yield Problem(
            "bad_parent",
            f"The step is said to lie in “{node.parent}”, in which no steps can lie.",
            "Take it out, or put it into a loop.",
            node.id,
            "parent",
        )
    elif len(around) > DEEPEST:
        yield Problem(
            "nested_too_deep",
            f"Loops may lie {DEEPEST - 1} deep inside each other.",
            "Let a workflow of its own do the inner part.",
            node.id,
            "parent",
        )
    if node.type in ONLY_OUTSIDE:
        yield Problem(
            "only_outside", "This step cannot lie inside a loop.", "Take it out.", node.id, "parent"
        )


def _holds_steps(node: Node) -> bool:
    try:
        return registry.find(node.type).holds_steps
    except registry.UnknownNodeType:
        return False


def _undoing(definition: Definition, nodes: dict[str, Node]) -> Iterator[Problem]:
    edges = live_edges(definition)
    forward = {edge.target for edge in edges if not edge.undoes}
    sources: set[str] = set()
    targets: set[str] = set()
    for edge in edges:
        if edge.undoes:
            yield from _undo(edge, nodes, forward)
            if edge.source in sources or edge.target in targets:
                yield Problem(
                    "second_undo",
                    "A step has one undo step, which takes back this one step only.",
                    "Remove one of the edges.",
                    edge.source,
                    f"edge {edge.id}",
                )
            sources.add(edge.source)
            targets.add(edge.target)


def _undo(edge: Edge, nodes: dict[str, Node], forward: set[str]) -> Iterator[Problem]:
    if nodes[edge.source].parent is not None:
        yield Problem(
            "undo_inside",
            "Inside a loop nothing can be taken back.",
            "Give the loop itself an undo step.",
            edge.source,
            f"edge {edge.id}",
        )
    if edge.target in forward:
        yield Problem(
            "undo_on_the_way",
            "This step takes back another, and the way of the workflow leads to it as well.",
            "Use two steps.",
            edge.target,
            f"edge {edge.id}",
        )

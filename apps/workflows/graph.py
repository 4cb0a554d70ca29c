"""The compiled graph: what the interpreter walks. Pure data, made once for each version."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from apps.common.types import JSONDict
from apps.nodes import registry
from apps.sandbox.expressions import (
    Expression,
    Template,
    find_templates,
    parse_expression,
    parse_template,
)
from apps.workflows.definition import Definition, Edge, Node


@dataclass(frozen=True)
class CompiledEdge:
    """An edge by the places of its nodes."""

    source: int
    port: str
    target: int
    when: Expression | None


@dataclass(frozen=True)
class CompiledNode:
    """A step with its templates parsed and its edges at hand."""

    id: str
    type: str
    title: str
    config: JSONDict
    node: Node
    templates: dict[str, Template]
    incoming: tuple[CompiledEdge, ...]
    outgoing: tuple[CompiledEdge, ...]

    @property
    def needed(self) -> int | None:
        """How many incoming edges must arrive; None for all of them."""
        join = self.node.join
        return None if join == "all" else 1 if join == "any" else join.n


@dataclass(frozen=True)
class Graph:
    """Steps in topological order."""

    nodes: tuple[CompiledNode, ...]
    start: int | None
    index: dict[str, int] = field(repr=False)

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The steps that nothing leads to."""
        return tuple(place for place, node in enumerate(self.nodes) if not node.incoming)


def live_edges(definition: Definition) -> list[Edge]:
    """Return the edges that have both ends."""
    ids = {node.id for node in definition.nodes}
    return [edge for edge in definition.edges if edge.source in ids and edge.target in ids]


def topological(ids: Iterable[str], edges: Iterable[Edge]) -> tuple[list[str], list[str]]:
    """Return the ids in an order that follows the edges, and those that lie on a cycle."""
    waiting = dict.fromkeys(ids, 0)
    following: dict[str, list[str]] = {each: [] for each in waiting}
    for edge in edges:
        waiting[edge.target] += 1
        following[edge.source].append(edge.target)
    ready = deque(each for each, count in waiting.items() if not count)
    order = []
    while ready:
        order.append(each := ready.popleft())
        for target in following[each]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    done = set(order)
    return order, [each for each in waiting if each not in done]


class Upstream:
    """Which steps come before which: a bit for each step, since sets of 5,000 would be gigabytes."""

    def __init__(self, definition: Definition) -> None:
        """Walk the graph once."""
        edges = live_edges(definition)
        self._ids = [node.id for node in definition.nodes]
        self._bit = {each: 1 << place for place, each in enumerate(self._ids)}
        direct: dict[str, list[str]] = {each: [] for each in self._ids}
        for edge in edges:
            direct[edge.target].append(edge.source)
        self._before = dict.fromkeys(self._ids, 0)
        for each in topological(self._ids, edges)[0]:
            for source in direct[each]:
                self._before[each] |= self._bit[source] | self._before[source]

    def has(self, node: str, earlier: str) -> bool:
        """Tell whether a step comes before another."""
        return bool(self._before[node] & self._bit.get(earlier, 0))

    def names(self, node: str) -> list[str]:
        """Return the ids of the steps before one."""
        return [each for each in self._ids if self.has(node, each)]


def compile_graph(definition: Definition) -> Graph:
    """Return the graph of a definition that passed validation."""
    edges = live_edges(definition)
    order, _ = topological((node.id for node in definition.nodes), edges)
    index = {each: place for place, each in enumerate(order)}
    by_id = {node.id: node for node in definition.nodes}
    compiled = [_compile_edge(edge, index) for edge in edges]
    incoming: list[list[CompiledEdge]] = [[] for _ in order]
    outgoing: list[list[CompiledEdge]] = [[] for _ in order]
    for edge in compiled:
        incoming[edge.target].append(edge)
        outgoing[edge.source].append(edge)
    nodes = tuple(
        _compile_node(by_id[each], incoming[place], outgoing[place])
        for place, each in enumerate(order)
    )
    start = next((place for place, node in enumerate(nodes) if node.type == "core.start"), None)
    return Graph(nodes, start, index)


def raw_fields(type_name: str) -> frozenset[str]:
    """Return the config fields of a type in which braces mean nothing to us."""
    return registry.find(type_name).raw_fields


def _compile_edge(edge: Edge, index: dict[str, int]) -> CompiledEdge:
    when = parse_when(edge.when) if edge.when else None
    return CompiledEdge(index[edge.source], edge.source_port, index[edge.target], when)


def parse_when(text: str) -> Expression:
    """Return an edge's condition, written with or without braces. Raises ExpressionInvalid."""
    if "{{" not in text:
        return parse_expression(text)
    template = parse_template(text.strip())
    if template.is_single:
        return template.expressions[0]
    return parse_expression(text)


def _compile_node(
    node: Node, incoming: list[CompiledEdge], outgoing: list[CompiledEdge]
) -> CompiledNode:
    type_ = registry.find(node.type)
    config = node.config
    if node.type_version < type_.version:
        config = type_.upgrade(dict(config), node.type_version)
    rendered = {key: value for key, value in config.items() if key not in type_.raw_fields}
    templates = {text: parse_template(text) for _, text in find_templates(rendered)}
    title = node.title or type_.label
    return CompiledNode(
        node.id, node.type, title, config, node, templates, tuple(incoming), tuple(outgoing)
    )

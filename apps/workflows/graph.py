"""The compiled graph: what the interpreter walks. Pure data, made once for each version."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from apps.common.types import JSON, JSONDict
from apps.nodes import registry
from apps.nodes.base import Effect
from apps.sandbox.expressions import (
    Expression,
    Template,
    find_templates,
    parse_expression,
    parse_template,
)
from apps.sandbox.feeds import Form
from apps.workflows.definition import Definition, Edge, Node

CONDITION = "{{ }}"  # stands for an edge's condition where a text is expected


@dataclass(frozen=True)
class CompiledEdge:
    """An edge by the places of its nodes."""

    source: int
    port: str
    target: int
    when: Expression | None

    @cached_property
    def form(self) -> Form:
        """The condition of an edge that has one."""
        assert self.when is not None
        return Form(CONDITION, {CONDITION: Template((self.when,), (self.when,))})


@dataclass(frozen=True)
class CompiledNode:
    """A step with its templates parsed and its edges at hand.

    `body` holds the steps that lie inside it; `undone_by` is the place of the step that takes back
    what this one did; `gives` is its output with expressions in it, where that can be foreseen.
    """

    id: str
    type: str
    title: str
    config: JSONDict
    node: Node
    templates: dict[str, Template]
    incoming: tuple[CompiledEdge, ...]
    outgoing: tuple[CompiledEdge, ...]
    body: "Graph | None" = None
    undone_by: int | None = None
    gives: JSON = None

    @property
    def needed(self) -> int | None:
        """How many incoming edges must arrive; None for all of them."""
        join = self.node.join
        return None if join == "all" else 1 if join == "any" else join.n

    @cached_property
    def form(self) -> Form:
        """The fields that are rendered before the step; the author's own code is not."""
        later = raw_fields(self.type) | round_fields(self.type)
        config = {key: value for key, value in self.config.items() if key not in later}
        return Form(config, self.templates, self.gives)

    @cached_property
    def round_form(self) -> Form:
        """The fields that are rendered after each round of what it holds."""
        later = round_fields(self.type)
        return Form({k: v for k, v in self.config.items() if k in later}, self.templates)


@dataclass(frozen=True)
class Graph:
    """Steps in topological order: those of the workflow, or those inside one step.

    A body has no `start`: it begins with every step that nothing leads to.
    """

    nodes: tuple[CompiledNode, ...]
    start: int | None
    index: dict[str, int] = field(repr=False)

    @cached_property
    def roots(self) -> frozenset[int]:
        """The places where it begins."""
        if self.start is not None:
            return frozenset({self.start})
        places = (place for place, node in enumerate(self.nodes) if not node.incoming)
        return frozenset(places) - self.undoing

    @cached_property
    def undoing(self) -> frozenset[int]:
        """The places of the steps that take back what others did."""
        return frozenset(n.undone_by for n in self.nodes if n.undone_by is not None)

    @cached_property
    def only_computes(self) -> bool:
        """Whether no step of it, nor of what lies inside, reaches outside or asks others."""
        types = (registry.find(node.type) for node in self.nodes)
        bodies = (node.body for node in self.nodes if node.body)
        return all(each.effect == Effect.PURE and not each.asks_others for each in types) and all(
            body.only_computes for body in bodies
        )

    @cached_property
    def every(self) -> tuple["CompiledNode", ...]:
        """All its steps, those that lie inside others too."""
        bodies = (node.body.every for node in self.nodes if node.body)
        return self.nodes + tuple(node for body in bodies for node in body)

    @cached_property
    def sinks(self) -> tuple[int, ...]:
        """The places after which nothing comes; what they give is what a body gives."""
        return tuple(place for place, node in enumerate(self.nodes) if not node.outgoing)


def live_edges(definition: Definition) -> list[Edge]:
    """Return the edges that have both ends."""
    ids = {node.id for node in definition.nodes}
    return [edge for edge in definition.edges if edge.source in ids and edge.target in ids]


def inside(definition: Definition) -> dict[str | None, list[Node]]:
    """Return the steps by the one that they lie in; those of the workflow itself under None."""
    found: dict[str | None, list[Node]] = {}
    for node in definition.nodes:
        found.setdefault(node.parent, []).append(node)
    return found


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
    """Which steps can be named where: a bit for each step, since sets of 5,000 would be gigabytes.

    A step knows what comes before it and, where it lies in another, what comes before that one.
    After its rounds a step that holds others knows these, too.
    """

    def __init__(self, definition: Definition) -> None:
        """Walk the graph once."""
        edges = live_edges(definition)
        self._ids = [node.id for node in definition.nodes]
        self._bit = {each: 1 << place for place, each in enumerate(self._ids)}
        self._inside = dict.fromkeys(self._ids, 0)
        parents = {node.id: node.parent for node in definition.nodes if node.parent in self._bit}
        direct: dict[str, list[str]] = {each: [] for each in self._ids}
        for edge in edges:
            direct[edge.target].append(edge.source)
        ways = [*edges, *(Edge(source=p, target=each) for each, p in parents.items() if p)]
        self._before = dict.fromkeys(self._ids, 0)
        for each in topological(self._ids, ways)[0]:
            for source in direct[each]:
                self._before[each] |= self._bit[source] | self._before[source]
            if parent := parents.get(each):
                self._before[each] |= self._before[parent]
                self._inside[parent] |= self._bit[each]

    def has(self, node: str, earlier: str, *, after_rounds: bool = False) -> bool:
        """Tell whether a step can name another."""
        known = self._before[node] | (self._inside[node] if after_rounds else 0)
        return bool(known & self._bit.get(earlier, 0))

    def names(self, node: str) -> list[str]:
        """Return the ids of the steps before one."""
        return [each for each in self._ids if self.has(node, each)]


def compile_graph(definition: Definition) -> Graph:
    """Return the graph of a definition that passed validation."""
    return _Compiler(definition).graph(None)


class _Compiler:
    """Makes the graph of the workflow, and inside it those of the bodies."""

    def __init__(self, definition: Definition) -> None:
        self._edges = live_edges(definition)
        self._inside = inside(definition)

    def graph(self, parent: str | None) -> Graph:
        nodes = {node.id: node for node in self._inside.get(parent, [])}
        edges = [edge for edge in self._edges if edge.source in nodes and edge.target in nodes]
        order, _ = topological(nodes, edges)
        index = {each: place for place, each in enumerate(order)}
        undone_by = {edge.source: index[edge.target] for edge in edges if edge.undoes}
        incoming: list[list[CompiledEdge]] = [[] for _ in order]
        outgoing: list[list[CompiledEdge]] = [[] for _ in order]
        for edge in edges:
            if not edge.undoes:
                compiled = _compile_edge(edge, index)
                incoming[compiled.target].append(compiled)
                outgoing[compiled.source].append(compiled)
        compiled_nodes = tuple(
            self._node(nodes[each], incoming[place], outgoing[place], undone_by.get(each))
            for place, each in enumerate(order)
        )
        start = next((n.id for n in compiled_nodes if n.type == "core.start"), None)
        return Graph(compiled_nodes, None if start is None else index[start], index)

    def _node(
        self,
        node: Node,
        incoming: list[CompiledEdge],
        outgoing: list[CompiledEdge],
        undone_by: int | None,
    ) -> CompiledNode:
        type_ = registry.find(node.type)
        config = node.config
        if node.type_version < type_.version:
            config = type_.upgrade(dict(config), node.type_version)
        rendered = {key: value for key, value in config.items() if key not in type_.raw_fields}
        templates = {text: parse_template(text) for _, text in find_templates(rendered)}
        return CompiledNode(
            node.id, node.type, node.title or type_.label, config, node, templates,
            tuple(incoming), tuple(outgoing),
            self.graph(node.id) if node.id in self._inside else None, undone_by,
            None if node.disabled else type_.foresee(config),
        )  # fmt: skip


def raw_fields(type_name: str) -> frozenset[str]:
    """Return the config fields of a type in which braces mean nothing to us."""
    return registry.find(type_name).raw_fields


def _compile_edge(edge: Edge, index: dict[str, int]) -> CompiledEdge:
    when = parse_when(edge.when) if edge.when else None
    return CompiledEdge(index[edge.source], edge.source_port, index[edge.target], when)


def round_fields(type_name: str) -> frozenset[str]:
    """Return the config fields of a type that are rendered after each round of what it holds."""
    return registry.find(type_name).round_fields


def parse_when(text: str) -> Expression:
    """Return an edge's condition, written with or without braces. Raises ExpressionInvalid."""
    if "{{" not in text:
        return parse_expression(text)
    template = parse_template(text.strip())
    if template.is_single:
        return template.expressions[0]
    return parse_expression(text)

"""Judging a definition.

A draft may have problems, a published version may not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from apps.common.types import JSONDict
from apps.nodes import registry
from apps.nodes.catalogue import output_ports
from apps.sandbox.exceptions import ExpressionInvalid
from apps.sandbox.expressions import Expression, find_templates, parse_template
from apps.workflows import credentials
from apps.workflows.definition import UNDO_PORT, Definition, Edge, Node
from apps.workflows.graph import Upstream, live_edges, parse_when, topological
from apps.workflows.nesting import nesting
from apps.workflows.problems import Problem
from apps.workflows.settings import problems_of

ERROR_PORT = "error"
ABOUT_THE_PLACE = frozenset({"unknown_step", "no_round", "no_item"})


@dataclass(frozen=True)
class _Place:
    """What the rest of the graph means for a step: what comes before it, how many lead to it.

    `inputs` are the fields of the start form; None where the start takes whatever it is given.
    """

    upstream: Upstream
    incoming: Counter[str]
    inputs: list[str] | None = None
    parents: Mapping[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()  # steps that go through a list

    @classmethod
    def of(cls, definition: Definition) -> "_Place":
        """Look at the graph once, for all its steps."""
        incoming = Counter(edge.target for edge in live_edges(definition))
        parents = {node.id: node.parent for node in definition.nodes if node.parent}
        listed = frozenset(node.id for node in definition.nodes if node.type == "flow.each")
        upstream = Upstream(definition)
        return cls(upstream, incoming, _form_fields(definition), parents, listed)

    def around(self, node_id: str, *, own: bool) -> list[str]:
        """Return the steps in which a step lies, from the nearest; with `own` itself first."""
        found = [node_id] if own else []
        step = self.parents.get(node_id)
        while step is not None and step not in found:
            found.append(step)
            step = self.parents.get(step)
        return found


def _form_fields(definition: Definition) -> list[str] | None:
    start = next((node for node in definition.nodes if node.type == "core.start"), None)
    fields = start.config.get("fields") if start else None
    if not isinstance(fields, list):
        return None
    return [str(each.get("name", "")) for each in fields if isinstance(each, dict)] or None


def validate(definition: Definition) -> list[Problem]:
    """Return every problem of a definition; only errors keep it from being published."""
    found = [*_shape(definition), *nesting(definition), *problems_of(definition)]
    found += credentials.problems_of(definition)
    place = _Place.of(definition)
    nodes = {node.id: node for node in definition.nodes}
    for node in definition.nodes:
        found += _node(node, place)
    for edge in live_edges(definition):
        found += _edge(edge, nodes, place)
    return found


def errors(definition: Definition) -> list[Problem]:
    """Return the problems that keep a definition from being published or run."""
    return [problem for problem in validate(definition) if problem.severity == "error"]


def check_text(text: str, definition: Definition | None, node_id: str) -> list[Problem]:
    """Return what is wrong with a text with expressions, in its place where that is known."""
    known = definition and any(node.id == node_id for node in definition.nodes)
    if definition is None or not known:
        definition, node_id = Definition(nodes=[Node(id="here", type="here")]), "here"
        place = _Place(Upstream(definition), Counter())
        found = _template("here", "", text, place)
        return [each for each in found if each.code not in ABOUT_THE_PLACE]
    return list(_template(node_id, "", text, _Place.of(definition)))


def _shape(definition: Definition) -> Iterator[Problem]:
    ids = {node.id for node in definition.nodes}
    starts = [node for node in definition.nodes if node.type == "core.start"]
    if not definition.nodes:
        yield Problem("empty", "The workflow has no steps.", "Add a start step.")
        return
    if not starts:
        yield Problem("no_start", "The workflow has no start.", "Add a step of the type Start.")
    for extra in starts[1:]:
        yield Problem("second_start", "There is a second start.", "Keep one of them.", extra.id)
    for edge in definition.edges:
        for end in (edge.source, edge.target):
            if end not in ids:
                yield Problem(
                    "dangling_edge",
                    f"An edge leads to “{end}”, which is not there.",
                    "Remove the edge.",
                    field=edge.id,
                )
    edges = live_edges(definition)
    _, circle = topological(ids, edges)
    for node_id in sorted(circle):
        yield Problem(
            "cycle",
            "This step lies on or behind a circle.",
            "Remove the edge that leads back.",
            node_id,
        )
    yield from _unreachable(definition, starts, edges)


def _unreachable(
    definition: Definition, starts: list[Node], edges: list[Edge]
) -> Iterator[Problem]:
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    reached, stack = set(), [node.id for node in starts]
    while stack:
        each = stack.pop()
        if each not in reached:
            reached.add(each)
            stack += following.get(each, [])
    for node in definition.nodes:
        if starts and node.parent is None and node.id not in reached:
            yield Problem(
                "unreachable",
                "Nothing leads from the start to this step.",
                "Connect it or remove it.",
                node.id,
                severity="warning",
            )


def _node(node: Node, place: _Place) -> Iterator[Problem]:
    try:
        type_ = registry.find(node.type)
    except registry.UnknownNodeType as error:
        nearest = (
            f"Did you mean {' or '.join(error.nearest)}?"
            if error.nearest
            else "Choose one of the palette."
        )
        yield Problem("unknown_type", str(error), nearest, node.id, "type")
        return
    if node.type_version > type_.version:
        yield Problem(
            "newer_type",
            f"{node.type} has no version {node.type_version} here.",
            f"Use version {type_.version}.",
            node.id,
            "type_version",
        )
    if type_.unfinished:
        fix = "Put a step that does the work in its place, or remove it."
        yield Problem("placeholder", type_.unfinished, fix, node.id)
    rendered = {key: value for key, value in node.config.items() if key not in type_.raw_fields}
    yield from _needed(node, type_)
    yield from _config(node, type_, rendered)
    for path, text in find_templates(rendered):
        after = path[0] in type_.round_fields
        yield from _template(node.id, ".".join(map(str, path)), text, place, after_rounds=after)


def _needed(node: Node, type_: type[registry.AnyNode]) -> Iterator[Problem]:
    for name in type_.needed:
        if node.config.get(name) in (None, "", []):
            title = type_.config.model_fields[name].title or name.replace("_", " ").capitalize()
            fix = "Fill it in, or remove the step."
            yield Problem("empty_field", f"{title} is empty.", fix, node.id, name)


def _config(node: Node, type_: type[registry.AnyNode], rendered: JSONDict) -> Iterator[Problem]:
    """Judge the config by the type's own model; a field that is an expression is judged when it runs."""
    try:
        type_.config.model_validate(node.config)
    except ValidationError as error:
        open_paths = [path for path, _ in find_templates(rendered)]
        for detail in error.errors():
            place = tuple(detail["loc"])
            if any(place[: len(path)] == path for path in open_paths):
                continue
            field = ".".join(str(part) for part in place)
            message = detail["msg"].removeprefix("Value error, ")
            fix = (
                "Remove the field." if detail["type"] == "extra_forbidden" else "Correct the field."
            )
            yield Problem("bad_config", f"{field or type_.label}: {message}", fix, node.id, field)


def _template(
    node_id: str, field: str, text: str, place: _Place, *, after_rounds: bool = False
) -> Iterator[Problem]:
    try:
        template = parse_template(text)
    except ExpressionInvalid as error:
        yield Problem(
            "bad_expression",
            f"{error.message} (character {error.position + 1})",
            error.hint,
            node_id,
            field,
        )
        return
    for expression in template.expressions:
        yield from _names(node_id, field, expression, place, after_rounds=after_rounds)
        yield from _round_names(node_id, field, expression, place, own=after_rounds)


def _round_names(
    node_id: str, field: str, expression: Expression, place: _Place, *, own: bool
) -> Iterator[Problem]:
    """Judge the names that have a meaning only in the rounds of a step."""
    around = place.around(node_id, own=own)
    if not around and expression.names & {"index", "vars"}:
        yield Problem(
            "no_round",
            "“index” and “vars” mean something only inside a loop.",
            "Put the step into a loop, or write another name.",
            node_id,
            field,
        )
    if "item" in expression.names and not place.listed & set(around):
        yield Problem(
            "no_item",
            "“item” means something only inside a step that goes through a list.",
            "Put the step into a For each, or write another name.",
            node_id,
            field,
        )


def _names(
    node_id: str,
    field: str,
    expression: Expression,
    place: _Place,
    *,
    own: bool = False,
    after_rounds: bool = False,
) -> Iterator[Problem]:
    """Judge the names of an expression; on an edge the step it leaves (`own`) may be named too."""
    for named in sorted(expression.nodes):
        known = place.upstream.has(node_id, named, after_rounds=after_rounds)
        if known or (own and named == node_id):
            continue
        near = ", ".join(place.upstream.names(node_id)[:10]) or "none"
        yield Problem(
            "unknown_step",
            f"“{named}” does not come before this step.",
            f"Steps before it: {near}.",
            node_id,
            field,
        )
    for named in sorted(expression.inputs - set(place.inputs or expression.inputs)):
        listed = ", ".join(place.inputs or [])
        yield Problem(
            "unknown_input",
            f"The start form has no field “{named}”.",
            f"Its fields: {listed}. Write one of them, or add the field to the start step.",
            node_id,
            field,
        )
    if "prev" in expression.names and place.incoming[node_id] > 1 and not (own or after_rounds):
        yield Problem(
            "ambiguous_prev",
            "“prev” is not one step here: several lead to this one.",
            "Write nodes.<id>.output.",
            node_id,
            field,
        )


def _edge(edge: Edge, nodes: dict[str, Node], place: _Place) -> Iterator[Problem]:
    yield from _ports(edge, nodes[edge.source], nodes[edge.target])
    if edge.when:
        try:
            condition = parse_when(edge.when)
        except ExpressionInvalid as error:
            yield Problem(
                "bad_expression", error.message, error.hint, edge.source, f"edge {edge.id}"
            )
        else:
            yield from _names(edge.source, f"edge {edge.id}", condition, place, own=True)
            yield from _round_names(edge.source, f"edge {edge.id}", condition, place, own=False)


def _ports(edge: Edge, source: Node, target: Node) -> Iterator[Problem]:
    try:
        outputs = {port.name for port in output_ports(registry.find(source.type), source.config)}
        inputs = {port.name for port in registry.find(target.type).inputs}
    except registry.UnknownNodeType:
        return  # reported with the node
    if source.on_error == "branch":
        outputs.add(ERROR_PORT)
    if source.undo:
        outputs.add(UNDO_PORT)
    if edge.source_port not in outputs:
        listed = ", ".join(sorted(outputs)) or "none"
        yield Problem(
            "unknown_port",
            f"“{edge.source_port}” is not an output of this step.",
            f"Outputs: {listed}.",
            source.id,
            f"edge {edge.id}",
        )
    if edge.target_port not in inputs:
        listed = ", ".join(sorted(inputs)) or "none"
        yield Problem(
            "unknown_port",
            f"“{edge.target_port}” is not an input of this step.",
            f"Inputs: {listed}.",
            target.id,
            f"edge {edge.id}",
        )

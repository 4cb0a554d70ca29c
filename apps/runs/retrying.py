"""Repeating a run, or a part of it: which results are taken over, and which keys change."""

from collections.abc import Iterable

from django.utils import timezone

from apps.common.types import JSON
from apps.runs.models import NodeRun, Run
from apps.runs.state.graphs import graph_of
from apps.runs.state.parts import ALL, UNTIL, Cut, Part, after
from apps.runs.state.vector import Byte
from apps.workflows.graph import Graph


def where_it_stopped(run: Run) -> str:
    """Return the step at which a retry begins unless told otherwise.

    Where a round failed that is the step around it: rounds are not begun in their middle.
    """
    graph = graph_of(run)
    failed = (run.error or {}).get("node") or ""
    around = (node.id for node in graph.nodes if node.id == failed or _holds(node.body, failed))
    return next(around, graph.nodes[graph.start or 0].id)


def _holds(body: Graph | None, node_id: str) -> bool:
    """Tell whether a step lies in a body, or in one further inside."""
    if body is None:
        return False
    return node_id in body.index or any(_holds(node.body, node_id) for node in body.nodes)


def repeated(run: Run, part: Part, edited: JSON) -> tuple[Run, list[NodeRun]]:
    """Return the new run, not saved yet, and the rows of steps that are done in it already.

    `edited` stands in for what the step gets; where the run begins at its start, for its inputs.
    Raises NoSuchStep, BadPart.
    """
    graph = graph_of(run)
    cut = Cut(graph, part)
    # Of a run that was answered from cache, the steps are those of the run that made the result.
    earlier = list(NodeRun.objects.filter(run=run.cached_from or run, frame=""))
    new = Run(
        workflow=run.workflow, version=run.version, retry_of=run, part=part.as_json(),
        keeps_payloads=run.keeps_payloads,
    )  # fmt: skip
    rows = [*cut.kept(earlier), *cut.place_pins(new, earlier, timezone.now())]
    passed = {row.place for row in earlier if row.status == NodeRun.Status.SKIPPED}
    cut.check_known({row.place for row in rows} | passed, edited is not None)
    from_start = part.mode in (ALL, UNTIL) or cut.place == graph.start
    new.state = cut.state(rows)
    is_given = from_start and isinstance(edited, dict)
    new.inputs = edited if is_given else run.inputs
    new.inputs_blob = None if is_given else run.inputs_blob
    if edited is not None and not from_start:
        new.edited = {"node": part.node, "prev": edited}
    if part.mode not in (ALL, UNTIL):  # else it is a first run of its own, with keys of its own
        new.trigger, new.root_id = Run.Trigger.RETRY, run.root_id
        anew = {place for place, byte in enumerate(new.state) if byte in (Byte.IDLE, Byte.READY)}
        changed = _changed(cut, graph, earlier, is_edited=edited is not None)
        names = [graph.nodes[place].id for place in anew & changed - cut.pinned]
        known = run.generations
        new.generations = {**known, **{each: known.get(each, 0) + 1 for each in names}}
    return new, rows


def _changed(cut: Cut, graph: Graph, earlier: Iterable[NodeRun], *, is_edited: bool) -> set[int]:
    """Return the steps of which running them once more is another act, with another key.

    A changed input makes it one, for the step and for all that follow from it; and so does a
    success that is deliberately repeated, or that was taken back.
    """
    changed = {row.place for row in earlier if row.status == NodeRun.Status.SUCCEEDED}
    if is_edited and cut.place is not None:
        changed |= after(graph, cut.place)
    for place in cut.pinned:
        changed |= after(graph, place)
    return changed

"""Repeating a run, or a part of it: which results are taken over, and which keys change."""

from collections.abc import Iterable

from django.utils import timezone

from apps.common.types import JSON
from apps.runs.graphs import graph_of
from apps.runs.models import NodeRun, Run
from apps.runs.parts import ALL, UNTIL, Cut, Part, after
from apps.workflows.graph import Graph


def where_it_stopped(run: Run) -> str:
    """Return the step at which a retry begins unless told otherwise."""
    graph = graph_of(run)
    return (run.error or {}).get("node") or graph.nodes[graph.start or 0].id


def repeated(run: Run, part: Part, edited: JSON) -> tuple[Run, list[NodeRun]]:
    """Return the new run, not saved yet, and the rows of steps that are done in it already.

    `edited` stands in for what the step gets; where the run begins at its start, for its inputs.
    Raises NoSuchStep, BadPart.
    """
    graph = graph_of(run)
    cut = Cut(graph, part)
    earlier = list(NodeRun.objects.filter(run=run))
    new = Run(workflow=run.workflow, version=run.version, retry_of=run, part=part.as_json())
    rows = [*cut.kept(earlier), *cut.place_pins(new, earlier, timezone.now())]
    passed = {row.place for row in earlier if row.status == NodeRun.Status.SKIPPED}
    cut.check_known({row.place for row in rows} | passed, edited is not None)
    from_start = part.mode in (ALL, UNTIL) or cut.place == graph.start
    new.state = cut.state(rows)
    new.inputs = edited if from_start and isinstance(edited, dict) else run.inputs
    if edited is not None and not from_start:
        new.edited = {"node": part.node, "prev": edited}
    if part.mode not in (ALL, UNTIL):  # else it is a first run of its own, with keys of its own
        new.trigger, new.root_id = Run.Trigger.RETRY, run.root_id
        new.generations = _generations(run, cut, graph, earlier, is_edited=edited is not None)
    return new, rows


def _generations(
    run: Run, cut: Cut, graph: Graph, earlier: Iterable[NodeRun], *, is_edited: bool
) -> dict[str, int]:
    """Return how often each step was deliberately run anew.

    A changed input is a different act, for the step and for all that follow from it; and so is a
    step that had succeeded and is to run once more.
    """
    changed = {row.place for row in earlier if row.status == NodeRun.Status.SUCCEEDED}
    if is_edited and cut.place is not None:
        changed |= after(graph, cut.place)
    for place in cut.pinned:
        changed |= after(graph, place)
    names = [graph.nodes[place].id for place in cut.anew & changed]
    return {**run.generations, **{each: run.generations.get(each, 0) + 1 for each in names}}

"""Repeating a run from one of its steps: which results are taken over, and which keys change."""

from collections.abc import Sequence

from apps.common.types import JSON
from apps.runs.events import Event
from apps.runs.exceptions import NoSuchStep
from apps.runs.graphs import graph_of
from apps.runs.models import NodeRun, Run
from apps.runs.outcomes import preview
from apps.runs.vector import Byte
from apps.workflows.graph import Graph

LINKED = {
    NodeRun.Status.SUCCEEDED: (Byte.DONE, "node.succeeded"),
    NodeRun.Status.FAILED: (Byte.FAILED, "node.failed"),
}


def repeated(run: Run, from_node: str | None, edited: JSON) -> tuple[Run, list[NodeRun]]:
    """Return the new run, not saved yet, and the rows of the steps whose results it takes over.

    Without a step it begins where the run failed, or at its start. Raises NoSuchStep.
    """
    graph = graph_of(run)
    node = from_node or (run.error or {}).get("node") or graph.nodes[graph.start or 0].id
    if node not in graph.index:
        raise NoSuchStep(f"The run's version has no step “{node}”.")
    place = graph.index[node]
    undone = _undone(graph, run)
    anew = {graph.nodes[each].id for each in _from(graph, place, *undone)}
    at_start = place == graph.start
    kept = [
        row
        for row in NodeRun.objects.filter(run=run, frame="", status__in=LINKED)
        if row.node not in anew and not _broke(graph, row)
    ]
    # A changed input is a different act, for this step and for all that follow from it; and so is
    # doing again what was taken back.
    changed = _from(graph, *([] if edited is None else [place]), *undone)
    again = {graph.nodes[each].id for each in changed}
    generations = {**run.generations, **{e: run.generations.get(e, 0) + 1 for e in again}}
    new = Run(
        workflow=run.workflow, version=run.version, trigger=Run.Trigger.RETRY, retry_of=run,
        root_id=run.root_id, generations=generations,
        inputs=edited if at_start and isinstance(edited, dict) else run.inputs,
        edited=None if at_start or edited is None else {"node": node, "prev": edited},
        state=_state(graph, kept),
    )  # fmt: skip
    return new, kept


def link(run: Run, rows: Sequence[NodeRun]) -> tuple[Event, ...]:
    """Copy the rows of taken-over steps to a new run; return the events that say so."""
    copies = [
        NodeRun(
            run=run, place=row.place, node=row.node, type=row.type, title=row.title,
            status=row.status, attempt=row.attempt, input=row.input, output=row.output,
            error=row.error, port=row.port, started_at=row.started_at,
            finished_at=row.finished_at, logs=row.logs,
        )
        for row in rows
    ]  # fmt: skip
    NodeRun.objects.bulk_create(copies)
    return tuple(_told(row) for row in copies)


def _told(row: NodeRun) -> Event:
    """Say that a result was taken over; what it cost was paid by the earlier run."""
    data = {"ms": 0, "linked": True, "cost_usd": "0", "tokens": 0, "port": row.port or None}
    data |= {"error": row.error} if row.error else {"preview": preview(row.output)}
    return Event(LINKED[NodeRun.Status(row.status)][1], row.node, row.attempt, data)


def _undone(graph: Graph, run: Run) -> list[int]:
    """Return the steps that were taken back, and those that took them back."""
    taken = {
        node.undone_by: place
        for place, node in enumerate(graph.nodes)
        if node.undone_by is not None
    }
    rows = NodeRun.objects.filter(run=run, frame="", place__in=taken)
    return [
        each for place in rows.values_list("place", flat=True) for each in (place, taken[place])
    ]


def _from(graph: Graph, *places: int) -> set[int]:
    """Return some steps and all that comes after them."""
    found, stack = set(), list(places)
    while stack:
        each = stack.pop()
        if each not in found:
            found.add(each)
            stack += [edge.target for edge in graph.nodes[each].outgoing]
    return found


def _broke(graph: Graph, row: NodeRun) -> bool:
    """Tell whether the step failed and nothing dealt with it: then it is made again."""
    on_error = graph.nodes[row.place].node.on_error
    return row.status == NodeRun.Status.FAILED and on_error == "fail"


def _state(graph: Graph, rows: Sequence[NodeRun]) -> bytes:
    state = bytearray(len(graph.nodes))
    for row in rows:
        state[row.place] = LINKED[NodeRun.Status(row.status)][0]
    return bytes(state)

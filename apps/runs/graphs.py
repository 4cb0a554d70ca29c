"""Compiled graphs, kept by the hash of what they were made from."""

import threading
from collections import OrderedDict
from uuid import UUID

from apps.runs.models import Run
from apps.workflows.definition import parse
from apps.workflows.graph import Graph, compile_graph
from apps.workflows.models import WorkflowVersion

KEPT = 64
ENGINES = frozenset({1})  # whose meaning of definitions this interpreter knows

_lock = threading.Lock()
_graphs: OrderedDict[str, Graph] = OrderedDict()


class UnknownEngine(LookupError):
    """The version was made for an engine that this one does not know."""


def graph_of(run: Run) -> Graph:
    """Return the graph that a run walks. Raises UnknownEngine, UnknownNodeType."""
    return graph_of_version(run.version_id)


def graph_of_version(version_id: UUID) -> Graph:
    """Return the graph of a version. Raises UnknownEngine, UnknownNodeType.

    Two workspaces with equal definitions share one: it holds nothing but the definition.
    """
    versions = WorkflowVersion.objects.filter(pk=version_id)
    sha256, engine = versions.values_list("sha256", "engine").get()
    if engine not in ENGINES:
        raise UnknownEngine(UnknownEngine.__doc__)
    with _lock:
        graph = _graphs.pop(sha256, None)
    if graph is None:
        graph = compile_graph(parse(versions.values_list("definition", flat=True).get()))
    with _lock:
        _graphs[sha256] = graph
        while len(_graphs) > KEPT:
            _graphs.popitem(last=False)
    return graph


def timeout_of(run: Run) -> float | None:
    """Return how long the version lets a run take, in seconds; None: as long as it takes."""
    settings = WorkflowVersion.objects.values_list("definition__settings", flat=True)
    wanted = (settings.get(pk=run.version_id) or {}).get("timeout_s")
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or wanted <= 0:
        return None
    return float(wanted)

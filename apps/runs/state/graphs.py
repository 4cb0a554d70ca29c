"""What follows from a version alone, kept in the process by the hash of its definition.

To start and to carry most runs nobody reads a definition. Two workspaces with equal definitions
share what is made of them: it holds nothing else.
"""

from uuid import UUID

from apps.common.derived import Derived
from apps.common.types import JSONDict
from apps.runs.models import Run
from apps.workflows.definition import parse
from apps.workflows.graph import Graph, compile_graph
from apps.workflows.models import WorkflowVersion

ENGINES = frozenset({1})  # whose meaning of definitions this interpreter knows


class UnknownEngine(LookupError):
    """The version was made for an engine that this one does not know."""


_graphs = Derived[Graph](64)
_settings = Derived[JSONDict](500)


def graph_of(run: Run) -> Graph:
    """Return the graph that a run walks. Raises UnknownEngine, UnknownNodeType."""
    return _graph(run.version)


def graph_of_version(version_id: UUID) -> Graph:
    """Return the graph of a version. Raises UnknownEngine, UnknownNodeType."""
    return _graph(WorkflowVersion.objects.defer("definition").get(pk=version_id))


def settings_of(version: WorkflowVersion) -> JSONDict:
    """Return the settings of a version's workflow."""
    return _settings.get(version.sha256, lambda: version.definition.get("settings") or {})


def timeout_of(run: Run) -> float | None:
    """Return how long the version lets a run take, in seconds; None: as long as it takes."""
    wanted = settings_of(run.version).get("timeout_s")
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or wanted <= 0:
        return None
    return float(wanted)


def _graph(version: WorkflowVersion) -> Graph:
    if version.engine not in ENGINES:
        raise UnknownEngine(UnknownEngine.__doc__)
    return _graphs.get(version.sha256, lambda: compile_graph(parse(version.definition)))

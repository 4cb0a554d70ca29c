"""What the names of expressions mean in a run, and rendering with them in the sandbox."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from apps.common.types import JSON, JSONDict
from apps.files.models import Blob
from apps.runs import payloads
from apps.runs.models import NodeRun, Run
from apps.sandbox.exceptions import CodeFailed, LimitExceeded
from apps.sandbox.expressions import Expression, Template
from apps.sandbox.services import Job, Segment, segment
from apps.tenants.context import current_schema
from apps.workflows.graph import CompiledEdge, CompiledNode, Graph, raw_fields

HELD = 64 << 20  # bytes of large outputs that a run that is carried holds in memory
TEXT = "{{ }}"  # stands for an edge's condition where the sandbox expects a text


class Outputs:
    """What the steps of a run gave, read from the database when it is first asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[int, JSON] = {}
        self._large: dict[int, int] = {}  # places of outputs that are blobs, with their sizes

    def put(self, place: int, output: JSON, blob: Blob | None = None) -> None:
        """Keep what a step has just given."""
        self._known[place] = output
        if blob is not None:
            self._large[place] = blob.size

    def need(self, places: Iterable[int]) -> None:
        """Read what is not known yet, in one query. What cannot be read raises when it is taken."""
        wanted = set(places)
        missing = wanted - self._known.keys()
        if not missing:
            return
        self._make_room(wanted)
        rows = NodeRun.objects.filter(run=self._run, place__in=missing)
        self._known.update(dict.fromkeys(missing))  # a step without a row gave nothing
        for row in rows.select_related("output_blob").only("place", "output", "output_blob"):
            self.put(
                row.place, payloads.read_or_error(row.output, row.output_blob), row.output_blob
            )

    def _make_room(self, wanted: set[int]) -> None:
        """Forget large outputs that are not wanted now, oldest first: they can be read again."""
        for place in [each for each in self._large if each not in wanted]:
            if sum(self._large.values()) <= HELD:
                return
            del self._known[place], self._large[place]

    def __getitem__(self, place: int) -> JSON:
        value = self._known[place]
        if isinstance(value, payloads.UNREADABLE):
            del self._known[place]  # the next look may find it
            raise value
        return value


class Names:
    """The names of one run, and jobs for the sandbox made with them."""

    def __init__(self, run: Run, graph: Graph) -> None:
        self._run = run
        self._graph = graph
        self.outputs = Outputs(run)
        self.shared: JSONDict = {
            "input": run.inputs,
            "vars": {},
            "run": {"id": str(run.pk), "trigger": run.trigger},
            "workflow": {"id": str(run.workflow_id), "name": run.workflow.name},
        }

    def prev(self, place: int, arrived: Sequence[int]) -> JSON:
        """Return the output of the one step that led here; of several, an object by their ids."""
        node = self._graph.nodes[place]
        if self._run.edited and self._run.edited["node"] == node.id:
            return self._run.edited["prev"]
        self.outputs.need(arrived)
        if len(arrived) == 1:
            return self.outputs[arrived[0]]
        return {self._graph.nodes[each].id: self.outputs[each] for each in arrived} or None

    def config_job(self, place: int, prev: JSON) -> Job:
        """Return the job that renders a step's config; the author's own code stays as it is."""
        node = self._graph.nodes[place]
        raw = raw_fields(node.type)
        config = {key: value for key, value in node.config.items() if key not in raw}
        return self._job(config, node.templates, prev)

    def edge_job(self, edge: CompiledEdge, output: JSON) -> Job:
        """Return the job that evaluates an edge's condition; `prev` is what its source gave."""
        assert edge.when is not None
        return self._job(TEXT, {TEXT: Template((edge.when,), (edge.when,))}, output)

    def _job(self, value: JSON, templates: dict[str, Template], prev: JSON) -> Job:
        named = self._named(e for template in templates.values() for e in template.expressions)
        places = {name: self._graph.index[name] for name in named}
        self.outputs.need(places.values())
        nodes = {name: self.outputs[place] for name, place in places.items()}
        return Job(value, templates, prev, nodes)

    def _named(self, expressions: Iterable[Expression]) -> list[str]:
        """Return the steps that expressions name; one that was taken out meanwhile is left out."""
        named = {name for expression in expressions for name in expression.nodes}
        return sorted(named & self._graph.index.keys())


class Renderer:
    """Renders jobs in one sandbox session, opened at need and given back before any waiting."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._session: Segment | None = None

    def render(self, jobs: Sequence[Job], names: JSONDict) -> list[JSON | CodeFailed]:
        """Return a value or an error for each job."""
        if not any(job.templates for job in jobs):
            return [job.value for job in jobs]
        try:
            return self._open().render_all(jobs, names)
        except CodeFailed as error:
            if isinstance(error, LimitExceeded):
                self.close()  # its memory is full or its worker is gone
            if len(jobs) == 1:
                return [error]
        # One of them broke the feed for all: let each have its own.
        return [made for job in jobs for made in self.render([job], names)]

    def close(self) -> None:
        """Give the session back; a session never outlives its stretch of work."""
        self._session = None
        self._stack.close()

    def _open(self) -> Segment:
        if self._session is None:
            self._session = self._stack.enter_context(segment(current_schema()))
        return self._session


def complete_config(node: CompiledNode, rendered: JSONDict) -> JSONDict:
    """Return a rendered config with the fields that are never rendered."""
    return {**node.config, **rendered}

"""What the names of expressions mean in a run, and rendering with them in the sandbox."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.files.models import Blob
from apps.runs.models import NodeRun, Run
from apps.runs.state.course import Spot
from apps.runs.state.payloads import UNREADABLE, read_or_error
from apps.sandbox.exceptions import CodeFailed, LimitExceeded
from apps.sandbox.feeds import Form, Given, Job, Rendered, answered
from apps.sandbox.services import Segment, segment
from apps.tenants.context import current_schema
from apps.workflows.graph import CompiledEdge, CompiledNode, Graph

HELD = 64 << 20  # bytes of large outputs that a run that is carried holds in memory


class Outputs:
    """What the steps of a run gave, read from the database when it is first asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[Spot, JSON] = {}
        self._large: dict[Spot, int] = {}  # outputs that are blobs, with their sizes

    def put(self, spot: Spot, output: JSON, blob: Blob | None = None) -> None:
        """Keep what a step has just given."""
        self._known[spot] = output
        if blob is not None:
            self._large[spot] = blob.size

    def need(self, spots: Iterable[Spot]) -> None:
        """Read what is not known yet, in one query. What cannot be read raises when it is taken."""
        wanted = set(spots)
        missing = {spot for spot in wanted if spot not in self._known}
        if not missing:
            return
        self._make_room(wanted)
        rows = NodeRun.objects.filter(
            run=self._run,
            frame__in={spot.frame for spot in missing},
            place__in={spot.place for spot in missing},
        )
        self._known.update(dict.fromkeys(missing))  # a step without a row gave nothing
        fields = ("frame", "place", "output", "output_blob")
        for row in rows.select_related("output_blob").only(*fields):
            if (spot := Spot(row.frame, row.place)) in missing:
                self.put(spot, read_or_error(row.output, row.output_blob), row.output_blob)

    def _make_room(self, wanted: set[Spot]) -> None:
        """Forget large outputs that are not wanted now, oldest first: they can be read again."""
        for spot in [each for each in self._large if each not in wanted]:
            if sum(self._large.values()) <= HELD:
                return
            del self._known[spot], self._large[spot]

    def __getitem__(self, spot: Spot) -> JSON:
        value = self._known[spot]
        if isinstance(value, UNREADABLE):
            del self._known[spot]  # the next look may find it
            raise value
        return value

    def is_known(self, spot: Spot, output: JSON) -> bool:
        """Tell whether a step is known to have given this."""
        return spot in self._known and self._known[spot] == output


@dataclass
class Rounds:
    """What the names of expressions mean in the rounds of one step.

    `items` are those of a list that is gone through; else each round starts from what was `given`:
    by the round before, or to the step itself.
    """

    vars: JSONDict
    items: Sequence[JSON] | None = None
    given: JSON = None


class Names:
    """The names of one run, and jobs for the sandbox made with them."""

    def __init__(self, run: Run, graph: Graph) -> None:
        self._run = run
        self._graph = graph
        self.outputs = Outputs(run)
        self.rounds: dict[str, Rounds] = {}  # by the key of their loop
        self.shared: JSONDict = {
            "input": run.inputs,
            "run": {"id": str(run.pk), "trigger": run.trigger},
            "workflow": {"id": str(run.workflow_id), "name": run.workflow.name},
        }
        self._scopes: dict[str, list[tuple[str, Graph]]] = {"": [("", graph)]}

    def prev(self, spot: Spot, arrived: Sequence[Spot]) -> JSON:
        """Return the output of the one step that led here; of several, an object by their ids.

        Where a round begins it is the round's item, or what the round before gave.
        """
        graph = self.graph(spot.frame)
        if self.is_edited(spot):
            return self._run.edited and self._run.edited["prev"]
        if not arrived and spot.frame:
            return self._entry(spot.frame)
        self.outputs.need(arrived)
        if len(arrived) == 1:
            return self.outputs[arrived[0]]
        return {graph.nodes[each.place].id: self.outputs[each] for each in arrived} or None

    def is_edited(self, spot: Spot) -> bool:
        """Tell whether a person put something in place of the step's input."""
        edited = self._run.edited
        return edited is not None and Spot("", self._graph.index[edited["node"]]) == spot

    def config_jobs(
        self, spot: Spot, prev: JSON, after: tuple[str, JSON] | None = None
    ) -> list[Job]:
        """Return the jobs that render a step's config; the author's own code stays as it is.

        What is about a round is rendered only `after` one, given by its frame and its result, with
        the names that were known in it.
        """
        node = self.graph(spot.frame).nodes[spot.place]
        jobs = [self._job(node.form, prev, spot.frame)]
        if after is not None:
            jobs.append(self._job(node.round_form, after[1], after[0]))
        return jobs

    def job_ahead(self, spot: Spot, prev: Given, given: Mapping[Spot, Given]) -> Job:
        """Return the job of a step whose inputs other jobs of the same feed are still to give.

        Raises KeyError where it names a step that has not ended and that none of them is about.
        """
        node = self.graph(spot.frame).nodes[spot.place]
        return self._job(node.form, prev, spot.frame, given=given)

    def named_ahead(self, spot: Spot, given: Mapping[Spot, Given]) -> list[Spot]:
        """Return which of the steps that others are to give a step names."""
        named = self.graph(spot.frame).nodes[spot.place].form.nodes
        return [each for each in self._named(named, spot.frame).values() if each in given]

    def edge_job(self, edge: CompiledEdge, frame: str) -> Job:
        """Return the job that evaluates an edge's condition; `prev` is what its source gave."""
        return self._job(edge.form, self.outputs[Spot(frame, edge.source)], frame)

    def graph(self, frame: str) -> Graph:
        """Return the graph that is walked in a frame."""
        return self.scopes(frame)[0][1]

    def scopes(self, frame: str) -> list[tuple[str, Graph]]:
        """Return the frames whose steps can be named in one, with their graphs: itself first."""
        if frame not in self._scopes:
            outer, _, last = frame.rpartition("/")
            around = self.scopes(outer)
            graph = around[0][1]
            body = graph.nodes[graph.index[last.rpartition(".")[0]]].body
            assert body is not None
            self._scopes[frame] = [(frame, body), *around]
        return self._scopes[frame]

    def _entry(self, frame: str) -> JSON:
        key, _, index = frame.rpartition(".")
        rounds = self.rounds[key]
        return rounds.given if rounds.items is None else rounds.items[int(index)]

    def _own(self, prev: Any, frame: str) -> JSONDict:
        """Return the names that differ from frame to frame."""
        own: JSONDict = {"prev": prev, "item": None, "index": None, "vars": {}}
        for path, _ in reversed(self.scopes(frame)[:-1]):
            key, _, index = path.rpartition(".")
            rounds = self.rounds[key]
            own["index"] = int(index)
            own["vars"] = {**own["vars"], **rounds.vars}
            own["item"] = None if rounds.items is None else rounds.items[int(index)]
        return own

    def _job(
        self, form: Form, prev: Any, frame: str, *, given: Mapping[Spot, Given] | None = None
    ) -> Job:
        named = self._named(form.nodes, frame)
        if given is None:
            self.outputs.need(named.values())
        nodes = {
            name: (given or {}).get(spot) or self.outputs[spot] for name, spot in named.items()
        }
        return Job(form, self._own(prev, frame), nodes)

    def _named(self, names: Iterable[str], frame: str) -> dict[str, Spot]:
        """Return where the named steps are; one that was taken out meanwhile is left out."""
        found = {}
        for name in names:
            for path, graph in self.scopes(frame):
                if name in graph.index:
                    found[name] = Spot(path, graph.index[name])
                    break
        return found


class Renderer:
    """Renders jobs in one sandbox session, opened at need and given back before any waiting."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._session: Segment | None = None

    def render(self, jobs: Sequence[Job], names: JSONDict) -> list[Any]:
        """Return a value or an error for each job."""
        plain = [answered(job, names) for job in jobs]
        asked = [job for job, made in zip(jobs, plain, strict=True) if made is None]
        left = iter(self.render_all(asked, names))
        return [(made or next(left)).value for made in plain]

    def render_all(self, jobs: Sequence[Job], names: JSONDict, ahead: int = 0) -> list[Rendered]:
        """Render jobs; the last so many are only tried, and left out where the feed fails."""
        if not jobs:
            return []
        try:
            return self._open().render_all(jobs, names)
        except CodeFailed as error:
            if isinstance(error, LimitExceeded):
                self.close()  # its memory is full or its worker is gone
            if len(jobs) == 1:
                return [Rendered(error)]
        # One of them broke the feed for all: let each have its own.
        alone = jobs[: len(jobs) - ahead]
        return [made for job in alone for made in self.render_all([job], names)]

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

"""The rows of a run's steps while it is carried, and what is written of how they ended."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from apps.classification.veil import column, masked, resolved
from apps.common.types import JSON, JSONDict
from apps.runs.interpreter.folding import timer_key
from apps.runs.interpreter.ledger import Ledger, spot_of
from apps.runs.models import NodeRun, Run
from apps.runs.state.course import Spot
from apps.runs.state.names import Names
from apps.runs.state.outcomes import Done, Outcome, preview
from apps.runs.state.payloads import Kept
from apps.runs.state.vector import ERROR_PORT
from apps.workflows.graph import CompiledNode

RESPOND = "core.respond"
Status = NodeRun.Status
ENDED = (Status.SUCCEEDED, Status.FAILED)
OPEN = (Status.RUNNING, Status.WAITING, Status.RETRYING)


class Book:
    """Knows the row of each step that is or was open, and the output that the run answers with."""

    def __init__(self, run: Run, names: Names, ledger: Ledger) -> None:
        self.run = run
        self.names = names
        self.ledger = ledger
        self.ended = 0  # steps, since this worker carries the run
        self._rows: dict[Spot, NodeRun] = {}
        self._last: tuple[bool, datetime, Spot] | None = None

    def recall(self, frames: Sequence[str]) -> dict[Spot, str]:
        """Read the rows of open frames; return the ports by which their ended steps were left."""
        rows = NodeRun.objects.filter(run=self.run, frame__in=frames)
        # Steps of an earlier version, from which the run was moved, have rows and no place.
        rows = rows.exclude(frame="", place__gte=len(self.names.graph("").nodes))
        ended = rows.filter(status__in=ENDED)
        opened = rows.exclude(status__in=(*ENDED, Status.SKIPPED))
        self._rows = {spot_of(row): row for row in opened}
        self._last = self._latest(ended.filter(status=Status.SUCCEEDED, frame=""))
        ports = ended.values_list("frame", "place", "port")
        return {Spot(frame, place): port for frame, place, port in ports}

    def node(self, spot: Spot) -> CompiledNode:
        """Return the step at a spot as its version has it."""
        return self.names.graph(spot.frame).nodes[spot.place]

    def row(self, spot: Spot) -> NodeRun:
        """Return a step's row, a new one where it has none."""
        row = self._rows.get(spot)
        if row is None:
            node = self.node(spot)
            row = self._rows[spot] = NodeRun.made(
                run_id=self.run.pk, frame=spot.frame, place=spot.place,
                node=node.id, type=node.type, title=node.title,
            )  # fmt: skip
        return row

    def succeed(self, row: NodeRun, outcome: Outcome, done: Done) -> str:
        """Write down a result; return the port by which the run goes on."""
        self._end(row, Status.SUCCEEDED)
        held = done.held()
        row.hold("output", held.shown, held.blob)
        row.port = done.port
        row.saved_usd = outcome.saved_usd
        kept = {} if outcome.saved_usd is None else {"saved_usd": str(outcome.saved_usd)}
        self.names.outputs.put(outcome.spot, done.output, held.blob)
        if not row.frame:
            assert row.finished_at is not None
            self._last = max(
                self._last or (False, row.finished_at, outcome.spot),
                (row.type == RESPOND, row.finished_at, outcome.spot),
            )
        self.ledger.note(
            "node.succeeded",
            row,
            ms=outcome.ms,
            cost_usd=str(row.cost_usd),
            tokens=row.tokens,
            port=done.port or None,
            preview=_preview(done, held),
            **kept,
            **({"pinned": True} if row.pinned else {}),
        )
        return done.port

    def fail(self, row: NodeRun, ms: int, error: JSONDict) -> str | None:
        """Write down a failure; return the port by which the run goes on, None where it cannot."""
        self._end(row, Status.FAILED)
        row.error = error
        node = self.node(spot_of(row)).node
        on_error = node.on_error
        if self.run.chunk is not None and not row.frame:
            on_error = "fail"  # the outer run deals with it
        if on_error == "branch":
            row.port, row.output = ERROR_PORT, row.error
        elif on_error == "default":
            row.output = column(node.default_output)
        self.names.outputs.put(spot_of(row), resolved(row.output))
        data = {} if on_error == "fail" else {"handled": on_error}
        self.ledger.note("node.failed", row, ms=ms, error=row.error, **data)
        return None if on_error == "fail" else row.port

    def skip(self, spots: Sequence[Spot]) -> None:
        """Write down which steps will never be reached."""
        for spot in spots:
            row = self.row(spot)
            self._end(row, Status.SKIPPED)
            self.ledger.note("node.skipped", row)

    def cancel(self, spots: Sequence[Spot]) -> None:
        """Write down that open steps were given up, with all they wait for."""
        for spot in spots:
            row = self._rows.get(spot)
            if row is not None and row.status in OPEN:
                self.ledger.cancel(row)
                self.ledger.cleared.append(timer_key(row.frame, row.node))
                self.ledger.dropped.append((row.frame, row.node))

    def taken_over(self, places: set[int]) -> list[NodeRun]:
        """Return the rows of ended steps of the workflow itself, written or not."""
        stored = NodeRun.objects.filter(run=self.run, frame="", place__in=places)
        rows = {row.place: row for row in stored.filter(status__in=ENDED)}
        for spot, row in self.ledger.rows.items():
            if not spot.frame and spot.place in places and row.status in ENDED:
                rows[spot.place] = row
        return list(rows.values())

    def _latest(self, succeeded: QuerySet[NodeRun]) -> tuple[bool, datetime, Spot] | None:
        found = succeeded.order_by("finished_at", "place")
        row = found.filter(type=RESPOND).last() or found.last()
        if row is None or row.finished_at is None:
            return None
        return (row.type == RESPOND, row.finished_at, spot_of(row))

    def answer(self) -> JSON:
        """Return the run's outputs: what `core.respond` returned, else what the last step gave."""
        if self._last is None:
            return None
        responded, _, spot = self._last
        self.names.outputs.need([spot])
        output = self.names.outputs[spot]
        return output["body"] if responded and isinstance(output, dict) else output

    def _end(self, row: NodeRun, status: str) -> None:
        row.status, row.finished_at = status, self.ledger.clock.now()
        self.ledger.progress = True
        self.ended += 1


def _preview(done: Done, held: Kept) -> str:
    """Return the beginning of an output; of one that is a blob, of what may be seen of it."""
    if held.blob is None:
        return preview(held.shown)
    if isinstance(done.output, str) or not isinstance(held.shown, dict):
        return preview(masked(done.output))
    return preview(str(held.shown["preview"]))

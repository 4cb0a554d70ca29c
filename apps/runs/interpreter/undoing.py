"""Taking back what a run did, once it has failed, was cancelled or took too long.

The steps that have an undo step are taken back one by one, the last one first. The run ends as it
would have ended; what could not be taken back is named in its error.
"""

from apps.nodes.registry import UnknownNodeType
from apps.runs.interpreter.book import Book
from apps.runs.interpreter.endings import RunEnds
from apps.runs.interpreter.ledger import Ledger
from apps.runs.models import NodeRun, Run
from apps.runs.state.course import Course
from apps.runs.state.graphs import UnknownEngine, graph_of
from apps.runs.state.vector import Byte

LEFT_ALONE = frozenset({Run.Status.SUCCEEDED, Run.Status.NEEDS_ATTENTION})


class Undoing:
    """How a run will have ended, and what is still to be taken back before that."""

    def __init__(self, run: Run, course: Course, book: Book, ledger: Ledger) -> None:
        self._course = course
        self._book = book
        self._ledger = ledger
        self._ending = run.ending

    @property
    def is_going_on(self) -> bool:
        """Whether the end is decided: wishes and deadlines have no meaning any more."""
        return self._ending is not None

    def next(self, end: RunEnds) -> bool:
        """Make the next undo step ready; False where there is none and the run is over."""
        if self._ending is None:
            places = [] if end.status in LEFT_ALONE else self._places()
            if not places:
                return False
            self._ending = {"status": end.status, "error": end.error, "undo": places, "failed": []}
            steps = [self._book.names.graph("").nodes[place].id for place in places]
            self._ledger.note("run.undoing", None, status=end.status, steps=steps)
        elif end.status == Run.Status.NEEDS_ATTENTION:
            return False
        elif end.status != Run.Status.SUCCEEDED and end.error:
            self._ending["failed"].append(end.error["node"])
        if not self._ending["undo"]:
            return False
        self._course.undo(self._ending["undo"].pop(0))
        self._ledger.changes["ending"] = self._ending
        return True

    def end(self, end: RunEnds) -> RunEnds:
        """Return how the run ends."""
        if self._ending is None or end.status == Run.Status.NEEDS_ATTENTION:
            return end
        error = self._ending["error"]
        if failed := self._ending["failed"]:
            error = {**(error or {}), "not_undone": failed}
        return RunEnds(self._ending["status"], error)

    def _places(self) -> list[int]:
        """Return the places of what can be taken back, the last one that ended first."""
        walk = self._course.frames[""].walk
        undone_by = {
            place: node.undone_by
            for place, node in enumerate(walk.graph.nodes)
            if node.undone_by is not None and walk.state[node.undone_by] == Byte.IDLE
        }
        rows = self._book.taken_over(set(undone_by))
        done = [row for row in rows if row.status == NodeRun.Status.SUCCEEDED and row.finished_at]
        done.sort(key=lambda row: (row.finished_at, row.place), reverse=True)
        return [row.place for row in done]


def takes_back(run: Run) -> bool:
    """Tell whether something would have to be taken back if the run ended now."""
    try:
        graph = graph_of(run)
    except (UnknownEngine, UnknownNodeType):
        return False
    places = [place for place, node in enumerate(graph.nodes) if node.undone_by is not None]
    done = run.nodes.filter(frame="", place__in=places, status=NodeRun.Status.SUCCEEDED)
    return run.ending is None and done.exists()

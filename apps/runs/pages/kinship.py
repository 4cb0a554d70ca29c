"""Runs inside runs, as pages link them: outwards to the step that wants one, inwards to those it has."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Case, Q, QuerySet, Value, When

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.runs.models import Run, Wait


@dataclass(frozen=True)
class Outer:
    """The run around a run, and the step of it that this one is for."""

    run: Run
    node: str
    frame: str
    chunk: str  # in words, where it is a part of a list

    @property
    def address(self) -> str:
        """What opens the step on the page of its run."""
        return urlencode({"node": self.node, "frame": self.frame})


def outer_run(run: Run, *, actor: User) -> Outer | None:
    """Return the run around a run, if the actor may see it."""
    wait = Wait.objects.filter(child=run).select_related("run__workflow__folder").first()
    if wait is None or not policies.allows(actor, "view", wait.run):
        return None
    words = f"items {items_of(run.chunk)}" if run.chunk else ""
    # A chunk's frame is a round of the step; of an inner run it is the frame that the step lies in.
    return Outer(wait.run, wait.node, "" if run.chunk else wait.frame, words)


def items_of(chunk: JSONDict) -> str:
    """Return which items of a list a chunk is, as people count."""
    return f"{chunk['first'] + 1} to {chunk['first'] + chunk['count']}"


def inner_runs(run: Run, node: str, frame: str | None, *, actor: User) -> QuerySet[Run]:
    """Return the runs inside a step that the actor may see; those that failed come first."""
    if frame is None:
        return Run.objects.none()
    key = f"{frame}/{node}".lstrip("/")
    here = Q(awaited_by__frame=frame) | Q(awaited_by__frame__startswith=f"{key}.")
    inner = Run.objects.filter(here, awaited_by__run=run, awaited_by__node=node)
    failed_first = Case(When(status=Run.Status.FAILED, then=Value(0)), default=Value(1))
    seen = policies.visible(actor, inner.select_related("workflow"))
    return seen.order_by(failed_first, "created_at", "id")

"""The history of a draft: the log, cut into points that one can look at and go back to.

A point is a burst of changes: of one person, or of several who worked at the same time, up to a
pause. Points follow from the log; whoever looks first cuts what is new.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.workflows import document, drafts
from apps.workflows.attribution import credits_of
from apps.workflows.changes import Parts, parts_of
from apps.workflows.exceptions import NoLongerKept
from apps.workflows.models import Point, Workflow, WorkflowUpdate, WorkflowVersion

PAUSE = timedelta(minutes=5)
ALONE = timedelta(minutes=1)  # so long after the others somebody who begins works by themselves
LONGEST = timedelta(minutes=30)
MOST = 200  # updates of a burst
STATE_AFTER = 200  # updates from one point that carries the draft to the next that does
BATCH = 1_000
LOCK_SPACE = 4_810_237  # of advisory locks, used by nothing else
LOCK = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"


@dataclass(frozen=True)
class Row:
    """An update of the log, without what it says."""

    seq: int
    author: UUID | None
    origin: str
    at: datetime


def bursts(rows: Iterable[Row], cuts: Collection[int] = ()) -> list[list[Row]]:
    """Cut the log where people paused or changed places, and where a version was made (`cuts`)."""
    found: list[list[Row]] = []
    for row in rows:
        if not found or found[-1][-1].seq in cuts or _begins(row, found[-1]):
            found.append([])
        found[-1].append(row)
    return found


def _begins(row: Row, burst: Sequence[Row]) -> bool:
    """Tell whether an update begins a burst of its own."""
    pause = row.at - burst[-1].at
    if row.origin != burst[-1].origin or pause >= PAUSE or len(burst) >= MOST:
        return True
    is_newcomer = all(row.author != each.author for each in burst)
    return row.at - burst[0].at >= LONGEST or (is_newcomer and pause >= ALONE)


def whole_at(workflow: Workflow, seq: int) -> bytes:
    """Return the draft as it was at a number of the log. Raises NoLongerKept."""
    base, updates = _base(workflow, seq)
    rows = WorkflowUpdate.objects.filter(workflow=workflow, seq__gt=base, seq__lte=seq)
    later = [bytes(data) for data in rows.order_by("seq").values_list("data", flat=True)]
    if len(later) != seq - base:
        raise NoLongerKept
    return document.merged([*updates, *later])


def _base(workflow: Workflow, seq: int) -> tuple[int, list[bytes]]:
    """Return the nearest state that is stored, and which it is."""
    stored = workflow.points.filter(seq__lte=seq).exclude(state=None).order_by("-seq", "-first")
    found = stored.values_list("seq", "state").first()
    best: tuple[int, Any] = found or (0, None)
    if workflow.snapshot and best[0] < workflow.snapshot_seq <= seq:
        best = workflow.snapshot_seq, workflow.snapshot
    return best[0], ([] if best[1] is None else [bytes(best[1])])


def record(workflow_id: UUID) -> None:
    """Cut what the log has after the last point. Safe to do twice, and by several at once."""
    while _record_some(workflow_id):
        pass


@transaction.atomic
def _record_some(workflow_id: UUID) -> bool:
    """Record a batch; tell whether there may be more."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [LOCK_SPACE, str(workflow_id)])
    workflow = Workflow.objects.get(pk=workflow_id)
    newest = workflow.points.taking_in().defer("state").in_order().last()
    if newest is not None and newest.seq == workflow.draft_seq:
        return False
    is_open = newest is not None and not newest.is_kept and not newest.is_coarse
    start = 1 if newest is None else newest.first if is_open else newest.seq + 1
    rows = _rows(workflow, start)
    cuts = set(workflow.versions.filter(seq__gte=start).values_list("seq", flat=True))
    found = bursts(rows, cuts)
    if is_open and newest is not None and found and found[0][-1].seq == newest.seq:
        found, is_open = found[1:], False  # it is over
    _store(workflow, found, newest if is_open else None)
    return len(rows) == BATCH


def _rows(workflow: Workflow, start: int) -> list[Row]:
    values = WorkflowUpdate.objects.filter(workflow=workflow, seq__gte=start).order_by("seq")
    return [
        Row(*each) for each in values.values_list("seq", "author", "origin", "created_at")[:BATCH]
    ]


def _store(workflow: Workflow, found: Sequence[Sequence[Row]], newest: Point | None) -> None:
    """Write the bursts; the first may be more of the newest point."""
    if not found:
        return
    first = found[0][0].seq
    whole = whole_at(workflow, first - 1)
    before = parts_of(whole)
    bare = _without_state(workflow, first)
    data = _data(workflow, first, found[-1][-1].seq)
    for place, burst in enumerate(found):
        point = _point(workflow, burst, newest if place == 0 else None)
        written = [(row.author, data[row.seq]) for row in burst]
        whole, before = _describe(point, whole, before, written)
        bare += len(burst)
        if bare >= STATE_AFTER and place < len(found) - 1:  # the last one may still grow
            point.state, bare = drafts.compacted(drafts.Draft(whole)), 0
        point.save()


def _point(workflow: Workflow, burst: Sequence[Row], newest: Point | None) -> Point:
    point = newest or Point(workflow=workflow, first=burst[0].seq)
    point.seq, point.origin, point.state = burst[-1].seq, burst[-1].origin, None
    point.authors = sorted({row.author for row in burst if row.author})
    point.began_at, point.created_at = burst[0].at, burst[-1].at
    return point


def _describe(
    point: Point, whole: bytes, before: Parts, written: Sequence[tuple[UUID | None, bytes]]
) -> tuple[bytes, Parts]:
    """Set what changed; return the state after it."""
    after = document.merged([whole, *(data for _, data in written)])
    now = parts_of(after)
    found = credits_of(before, now, whole, written, point.origin)
    point.changes = [credit.as_json() for credit in found]
    return after, now


def _data(workflow: Workflow, first: int, last: int) -> dict[int, bytes]:
    rows = WorkflowUpdate.objects.filter(workflow=workflow, seq__gte=first, seq__lte=last)
    return {seq: bytes(data) for seq, data in rows.values_list("seq", "data")}


def _without_state(workflow: Workflow, first: int) -> int:
    """Return how many updates before a number follow the last point that carries the draft."""
    stored = workflow.points.filter(seq__lt=first).exclude(state=None)
    last = stored.order_by("-seq").values_list("seq", flat=True).first()
    return first - 1 - (last or 0)


def mark_published(version: WorkflowVersion) -> Point:
    """Note in the history that the draft was published; its changes end there."""
    now = timezone.now()
    return Point.objects.create(
        workflow=version.workflow, version=version, seq=version.seq, first=version.seq + 1,
        authors=[version.created_by_id] if version.created_by_id else [],
        began_at=now, created_at=now,
    )  # fmt: skip


def authors_since(workflow: Workflow, seq: int) -> set[UUID]:
    """Return who changed the draft after a number of the log, recorded or not."""
    later = workflow.points.after(seq)
    recorded = {author for authors in later.values_list("authors", flat=True) for author in authors}
    rows: Any = workflow.updates.filter(seq__gt=seq).exclude(author=None).order_by()
    return recorded | set(rows.values_list("author", flat=True).distinct())

"""The history of drafts becomes coarser with age, so that it does not grow for ever.

What is over its time keeps one point a day, after a year one a month; each then stands by its own
state, and the log below it goes. Named points and publishings stay, and who changed what is taken
over by the point that follows.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from apps.workflows import drafts, points
from apps.workflows.attribution import Credit, merged
from apps.workflows.models import Point, Workflow, WorkflowUpdate

MONTHLY_AFTER = timedelta(days=365)


def due(before: datetime) -> QuerySet[Point]:
    """Return the points that were finished before a moment and are finer than they need to be."""
    old = Point.objects.filter(created_at__lt=before)
    return old.filter(Q(is_coarse=False) | Q(pk__in=_many_in_a_month(before - MONTHLY_AFTER)))


def _many_in_a_month(before: datetime) -> QuerySet[Point]:
    """Return the plain points after which their month has another one."""
    month = TruncMonth("created_at")
    later = Point.objects.annotate(month=month).filter(
        workflow=OuterRef("workflow"), month=OuterRef("month"), seq__gt=OuterRef("seq")
    )
    plain = Point.objects.filter(created_at__lt=before, name="", version=None)
    return plain.annotate(month=month).filter(Exists(later))


def make_coarser(ids: Sequence[UUID]) -> None:
    """Thin these points out. In the transaction of the caller."""
    found = Point.objects.filter(pk__in=ids).defer("state").order_by("workflow", "seq", "first")
    for workflow_id, own in groupby(found, key=lambda point: point.workflow_id):
        _thin(Workflow.objects.get(pk=workflow_id), list(own))


def _thin(workflow: Workflow, own: Sequence[Point]) -> None:
    last = own[-1]
    reach = last.seq
    for point, following in _with_following(workflow, own):
        if following is not None and _is_absorbed(point, following):
            _absorb(following, point)
            if point.pk == last.pk:
                _stand_alone(workflow, following)
                reach = following.seq
        else:
            _stand_alone(workflow, point)
            Point.objects.filter(pk=point.pk).update(is_coarse=True)
    below = min(reach, workflow.snapshot_seq)
    WorkflowUpdate.objects.filter(workflow=workflow, seq__lte=below).delete()


def _with_following(
    workflow: Workflow, own: Sequence[Point]
) -> Iterator[tuple[Point, Point | None]]:
    """Yield the points with what follows each; a burst that may still grow follows none."""
    after = workflow.points.defer("state").in_order()
    for place, point in enumerate(own):
        later = after.filter(Q(seq__gt=point.seq) | Q(seq=point.seq, first__gt=point.first)).first()
        known = own[place + 1] if place + 1 < len(own) else None
        yield point, known if known and later and known.pk == later.pk else later


def _is_absorbed(point: Point, following: Point) -> bool:
    if point.is_kept:
        return False
    is_old = timezone.now() - point.created_at > MONTHLY_AFTER
    form = "%Y-%m" if is_old else "%Y-%m-%d"
    return point.created_at.strftime(form) == following.created_at.strftime(form)


def _absorb(following: Point, point: Point) -> None:
    """Have the later point say what both say, in the place of both."""
    both = [Credit(**each) for each in [*point.changes, *following.changes]]
    following.changes = [credit.as_json() for credit in merged(both)]
    following.authors = sorted({*point.authors, *following.authors})
    following.first, following.began_at = min(point.first, following.first), point.began_at
    Point.objects.filter(pk=point.pk).delete()
    following.save(update_fields=["changes", "authors", "first", "began_at"])


def _stand_alone(workflow: Workflow, point: Point) -> None:
    """Give a point the whole draft, before the log that makes it goes."""
    if Point.objects.filter(pk=point.pk, state=None).exists():
        draft = drafts.Draft(points.whole_at(workflow, point.seq))
        Point.objects.filter(pk=point.pk).update(state=drafts.compacted(draft))

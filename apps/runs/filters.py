"""Filters of the steps of a run and of the list of approvals; those of runs are in `searching`."""

from django.db.models import QuerySet
from django.http import QueryDict

from apps.common.errors import Invalid
from apps.common.words import one_of
from apps.runs.models import NodeRun, Wait, WaitQuerySet

MOST_NAMED = 50  # frames or steps in one question
STATES = ("open", "decided", "all")


def steps_in(queryset: QuerySet[NodeRun], params: QueryDict) -> QuerySet[NodeRun]:
    """Keep the steps of some frames, and some steps by their ids; each may be given several times.

    The empty frame is that of the workflow's own steps. Raises Invalid for more than `MOST_NAMED`.
    """
    for name in ("frame", "node"):
        wanted = params.getlist(name)
        if len(wanted) > MOST_NAMED:
            raise Invalid.at(name, f"Give it {MOST_NAMED} times at most.")
        if wanted:
            queryset = queryset.filter(**{f"{name}__in": wanted})
    return queryset


def approvals_in(queryset: WaitQuerySet, state: str) -> WaitQuerySet:
    """Keep the open or the closed approvals. Raises Invalid for another word."""
    if one_of("status", state, STATES) == "all":
        return queryset
    if state == "open":
        return queryset.open()
    return queryset.exclude(status=Wait.Status.OPEN)

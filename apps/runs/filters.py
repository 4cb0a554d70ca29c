"""Filters of the lists of runs and approvals, for the API and the pages alike."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict

from apps.common.errors import Invalid
from apps.common.moments import moment
from apps.common.words import one_of
from apps.runs.models import NodeRun, Run, Wait, WaitQuerySet

MOST_NAMED = 50  # frames or steps in one question
STATES = ("open", "decided", "all")


def filtered(queryset: QuerySet[Run], params: Mapping[str, str]) -> QuerySet[Run]:
    """Keep what the query parameters ask for: status, workflow, trigger, parent, since, until.

    `status` may name several, separated by commas. Raises Invalid naming each parameter that
    makes no sense.
    """
    wanted = {name: params.get(name, "").strip() for name in _FILTERS}
    errors = []
    for name, text in wanted.items():
        try:
            queryset = _FILTERS[name](queryset, text) if text else queryset
        except ValueError as error:
            errors.append({"field": name, "message": str(error), "code": "invalid"})
    if errors:
        raise Invalid(errors=errors)
    return queryset


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


def _by_status(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    return queryset.filter(status__in=_words(text, Run.Status.values))


def _by_trigger(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    return queryset.filter(trigger__in=_words(text, Run.Trigger.values))


def _by_workflow(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    try:
        return queryset.filter(workflow_id=UUID(text))
    except ValueError:
        raise ValueError("Give the id of a workflow.") from None


def _by_parent(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    try:
        return queryset.filter(parent_id=UUID(text))
    except ValueError:
        raise ValueError("Give the id of a run.") from None


def _since(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    return queryset.filter(created_at__gte=moment(text))


def _until(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    return queryset.filter(created_at__lt=moment(text))


def _words(text: str, known: list[str]) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not set(words) <= set(known):
        raise ValueError(f"Use one or more of {', '.join(known)}.")
    return words


_FILTERS = {
    "status": _by_status,
    "workflow": _by_workflow,
    "trigger": _by_trigger,
    "parent": _by_parent,
    "since": _since,
    "until": _until,
}
NAMES = frozenset(_FILTERS)

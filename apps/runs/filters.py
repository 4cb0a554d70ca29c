"""Filters of the lists of runs and approvals, for the API and the pages alike."""

from collections.abc import Mapping
from datetime import datetime, time
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from apps.common.errors import Invalid
from apps.runs.models import Run, Wait, WaitQuerySet

APPROVALS = ("open", "decided", "all")


def filtered(queryset: QuerySet[Run], params: Mapping[str, str]) -> QuerySet[Run]:
    """Keep what the query parameters ask for: status, workflow, trigger, since, until.

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


def approvals_in(queryset: WaitQuerySet, state: str) -> WaitQuerySet:
    """Keep the open or the closed approvals. Raises Invalid for another word."""
    if state not in APPROVALS:
        message = f"Use one of {', '.join(APPROVALS)}."
        raise Invalid(errors=[{"field": "status", "message": message, "code": "invalid"}])
    if state == "all":
        return queryset
    if state == "open":
        return queryset.open()
    return queryset.exclude(status=Wait.Status.OPEN)


def moment(text: str) -> datetime:
    """Return the time that a text names; a day begins at midnight. Raises ValueError."""
    try:
        found = parse_datetime(text)
        day = parse_date(text) if found is None else None
        found = datetime.combine(day, time.min) if day else found
        if found is None:
            raise ValueError
        return found if timezone.is_aware(found) else timezone.make_aware(found)
    except (ValueError, OverflowError):
        message = "Use a time such as 2026-01-31T08:30:00Z or a day such as 2026-01-31."
        raise ValueError(message) from None


def _by_status(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    return queryset.filter(status__in=_words(text, Run.Status.values))


def _by_trigger(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    return queryset.filter(trigger__in=_words(text, Run.Trigger.values))


def _by_workflow(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    try:
        return queryset.filter(workflow_id=UUID(text))
    except ValueError:
        raise ValueError("Give the id of a workflow.") from None


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
    "since": _since,
    "until": _until,
}

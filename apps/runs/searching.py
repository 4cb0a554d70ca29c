"""Which runs a list shows: by its filters, for the API, the pages and the views that people keep."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from apps.common.errors import Invalid
from apps.common.moments import moment
from apps.runs.models import Run

LONGEST = 200  # characters of one filter
SPANS = {
    "hour": ("last hour", timedelta(hours=1)),
    "day": ("last 24 h", timedelta(days=1)),
    "week": ("last 7 days", timedelta(days=7)),
    "month": ("last 30 days", timedelta(days=30)),
}


def filtered(queryset: QuerySet[Run], params: Mapping[str, str]) -> QuerySet[Run]:
    """Keep what the query parameters ask for: those of `NAMES`, others mean nothing here.

    `status` and `trigger` may name several, separated by commas. Raises Invalid naming each
    parameter that makes no sense.
    """
    wanted = named(params)
    errors = []
    for name, text in wanted.items():
        try:
            queryset = _FILTERS[name](queryset, text)
        except ValueError as error:
            errors.append({"field": name, "message": str(error), "code": "invalid"})
    if errors:
        raise Invalid(errors=errors)
    return queryset


def named(params: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that are set, in one order and one way of writing."""
    found = {name: params.get(name, "").strip() for name in _FILTERS}
    for name in SEVERAL:
        words = {word.strip() for word in found[name].split(",")}
        found[name] = ",".join(sorted(words)) if all(words) else found[name]
    return {name: text for name, text in found.items() if text}


def checked(params: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that are set, as `named` does. Raises Invalid for what the list refuses."""
    found = named(params)
    filtered(Run.objects.none(), found)
    for name, text in found.items():
        if len(text) > LONGEST or "\0" in text:
            raise Invalid.at(name, f"Use {LONGEST} printable characters at most.")
    return found


def _by_words(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    return queryset.annotate(text_id=Cast("pk", CharField())).filter(
        Q(workflow__name__icontains=text) | Q(text_id__icontains=text)
    )


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


def _by_time(queryset: QuerySet[Run], text: str) -> QuerySet[Run]:
    if text not in SPANS:
        raise ValueError(f"Use one of {', '.join(SPANS)}.")
    return queryset.filter(created_at__gte=timezone.now() - SPANS[text][1])


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
    "q": _by_words,
    "status": _by_status,
    "workflow": _by_workflow,
    "trigger": _by_trigger,
    "parent": _by_parent,
    "time": _by_time,
    "since": _since,
    "until": _until,
}
NAMES = frozenset(_FILTERS)
SEVERAL = ("status", "trigger")  # may name more than one

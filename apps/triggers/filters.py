"""Filters of the list of triggers, for the API and the page alike."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet

from apps.common.errors import Invalid
from apps.common.words import one_of
from apps.triggers.models import Delivery, Trigger, TriggerQuerySet

STATES = ("active", "paused", "disabled")


def filtered(queryset: TriggerQuerySet, params: Mapping[str, str]) -> TriggerQuerySet:
    """Keep what the query parameters ask for: q, kind, workflow, state.

    Raises Invalid naming the parameter that makes no sense.
    """
    kept = queryset.matching(params.get("q", ""))
    if kind := params.get("kind"):
        kept = kept.filter(kind=one_of("kind", kind, Trigger.Kind.values))
    if workflow := params.get("workflow"):
        kept = kept.filter(workflow_id=_id("workflow", workflow))
    if state := params.get("state"):
        kept = _in_state(kept, one_of("state", state, STATES))
    return kept


def with_outcome(queryset: QuerySet[Delivery], outcome: str) -> QuerySet[Delivery]:
    """Keep the deliveries of an outcome, if one is asked for. Raises Invalid."""
    if not outcome:
        return queryset
    return queryset.filter(outcome=one_of("outcome", outcome, Delivery.Outcome.values))


def _in_state(queryset: TriggerQuerySet, state: str) -> TriggerQuerySet:
    if state == "active":
        return queryset.filter(enabled=True)
    stopped = queryset.filter(enabled=False)
    return (
        stopped.exclude(paused_reason="") if state == "paused" else stopped.filter(paused_reason="")
    )


def _id(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid.at(name, "Give an id.") from None

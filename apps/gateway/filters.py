"""Filters of the ledger, for the API and the pages alike."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apps.common.errors import Invalid
from apps.common.moments import moment
from apps.common.words import one_of
from apps.gateway.models import LlmCall, LlmCallQuerySet

LONGEST = timedelta(days=400)
DAYS = ("1", "7", "90")  # that a page offers
TIMES = [("7", "last 7 days"), ("90", "last 90 days"), ("range", "from, to")]
CHOICES = {"status": LlmCall.Status.values, "cache": LlmCall.Cache.values}
IDS = {
    "run": "run_id", "workflow": "workflow_id", "key": "key_id", "member": "user_id",
    "credential": "credential_id",
}  # fmt: skip


def filtered(calls: LlmCallQuerySet, params: Any) -> LlmCallQuerySet:
    """Keep what the parameters ask for, as the API's description lists them.

    Raises Invalid naming the parameter that makes no sense.
    """
    kept = narrowed(calls.between(_moment(params, "since"), _moment(params, "until")), params)
    if text := params.get("q", "").strip():
        exactly = Q(request_id=text) | Q(error_code=text)
        kept = kept.filter(Q(model__icontains=text) | exactly)
    return kept


def narrowed(calls: LlmCallQuerySet, params: Any) -> LlmCallQuerySet:
    """Keep what all parameters but those of search and time ask for. Raises Invalid."""
    kept = calls
    for name in ("route", "provider", "model", "task", "prompt"):
        if value := params.get(name):
            kept = kept.filter(**{name: value})
    for name, choices in CHOICES.items():
        if value := params.get(name):
            kept = kept.filter(**{name: one_of(name, value, choices)})
    for name, column in IDS.items():
        if value := params.get(name):
            kept = kept.filter(**{column: _uuid(name, value)})
    return kept


def of_page(params: Any) -> dict[str, str]:
    """Return what the address of a page asks for, its choice of `time` as a period."""
    asked = {name: value for name, value in params.items() if value}
    time = asked.pop("time", "")
    if time != "range":
        asked = {name: asked[name] for name in asked if name not in ("since", "until")}
    if time in DAYS:
        asked["since"] = days_ago(int(time)).isoformat()
    return asked


def days_ago(days: int) -> datetime:
    """Return the beginning of the first of the last days, with today."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1)


def period(params: Any) -> tuple[datetime, datetime]:
    """Return the asked period; without one, this month until now. Raises Invalid."""
    until = _moment(params, "until") or timezone.now()
    month = timezone.localtime(until).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = _moment(params, "since") or month
    if since >= until:
        raise Invalid.at("since", "The period must begin before it ends.")
    if until - since > LONGEST:
        raise Invalid.at("since", f"A period has at most {LONGEST.days} days.")
    return since, until


def _moment(params: Any, name: str) -> datetime | None:
    text = params.get(name)
    try:
        return moment(text) if text else None
    except ValueError as error:
        raise Invalid.at(name, str(error)) from None


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid.at(name, f"This is not the id of a {name}.") from None

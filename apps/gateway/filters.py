"""Filters of the ledger, for the API and the pages alike."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apps.common.errors import Invalid
from apps.common.moments import moment
from apps.gateway.models import LlmCall, LlmCallQuerySet

LONGEST = timedelta(days=400)


def filtered(calls: LlmCallQuerySet, params: Any) -> LlmCallQuerySet:
    """Keep what the parameters ask for: q, route, provider, status, cache, run, key, since, until.

    Raises Invalid naming the parameter that makes no sense.
    """
    kept = calls.between(_moment(params, "since"), _moment(params, "until"))
    if text := params.get("q", "").strip():
        exactly = Q(request_id=text) | Q(error_code=text)
        kept = kept.filter(Q(model__icontains=text) | exactly)
    for name in ("route", "provider"):
        if value := params.get(name):
            kept = kept.filter(**{name: value})
    if status := params.get("status"):
        if status not in LlmCall.Status.values:
            raise Invalid.at("status", f"Use one of {', '.join(LlmCall.Status.values)}.")
        kept = kept.filter(status=status)
    if cache := params.get("cache"):
        if cache not in LlmCall.Cache.values:
            raise Invalid.at("cache", f"Use one of {', '.join(LlmCall.Cache.values)}.")
        kept = kept.filter(cache=cache)
    if run := params.get("run"):
        kept = kept.of_run(_uuid("run", run))
    if key := params.get("key"):
        kept = kept.filter(key_id=_uuid("key", key))
    return kept


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

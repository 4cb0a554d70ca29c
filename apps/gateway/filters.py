"""Filters of the ledger, for the API and the pages alike."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from apps.common.errors import Invalid
from apps.gateway.models import LlmCall, LlmCallQuerySet

LONGEST = timedelta(days=400)


def filtered(calls: LlmCallQuerySet, params: Any) -> LlmCallQuerySet:
    """Keep what the parameters ask for: route, provider, status, run, since, until.

    Raises Invalid naming the parameter that makes no sense.
    """
    kept = calls.between(moment(params, "since"), moment(params, "until"))
    for name in ("route", "provider"):
        if value := params.get(name):
            kept = kept.filter(**{name: value})
    if status := params.get("status"):
        if status not in LlmCall.Status.values:
            raise _bad("status", f"Use one of {', '.join(LlmCall.Status.values)}.")
        kept = kept.filter(status=status)
    if run := params.get("run"):
        kept = kept.of_run(_uuid(run))
    return kept


def period(params: Any) -> tuple[datetime, datetime]:
    """Return the asked period; without one, this month until now. Raises Invalid."""
    until = moment(params, "until") or timezone.now()
    month = timezone.localtime(until).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = moment(params, "since") or month
    if since >= until:
        raise _bad("since", "The period must begin before it ends.")
    if until - since > LONGEST:
        raise _bad("since", f"A period has at most {LONGEST.days} days.")
    return since, until


def moment(params: Any, name: str) -> datetime | None:
    """Return a time or the beginning of a day; None if nothing is given. Raises Invalid."""
    text = params.get(name)
    if not text:
        return None
    try:
        found = parse_datetime(text) or parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise _bad(name, "Use a day such as 2026-11-01, or a time with its zone.")
    if not isinstance(found, datetime):
        assert isinstance(found, date)
        found = datetime.combine(found, time.min)
    found = timezone.make_aware(found) if timezone.is_naive(found) else found
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise _bad(name, "This time is out of range.") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _bad("run", "This is not the id of a run.") from None


def _bad(field: str, message: str) -> Invalid:
    return Invalid(errors=[{"field": field, "message": message, "code": "invalid"}])

"""Times as people and programs write them."""

import math
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def moment(text: str) -> datetime:
    """Return the time that a text names; a day begins at midnight. Raises ValueError.

    Without a zone, the reader's counts.
    """
    try:
        found = parse_datetime(text)
        if found is None:
            day = parse_date(text)
            found = datetime.combine(day, time.min) if day else None
        if found is None:
            raise ValueError
        return (found if timezone.is_aware(found) else timezone.make_aware(found)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = "Use a time such as 2026-01-31T08:30:00Z or a day such as 2026-01-31."
        raise ValueError(message) from None


def seconds_of(text: str) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None where it asks for nothing.

    It holds seconds or a time as HTTP writes it, which may be past.
    """
    try:
        wish = float(text)
    except ValueError:
        try:
            wish = (parsedate_to_datetime(text) - timezone.now()).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(wish, 0.0) if math.isfinite(wish) else None

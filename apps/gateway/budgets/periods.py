"""Days and months of a time zone, also where clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from apps.gateway.models import Budget


def around(moment: datetime, every: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the day or month begins in which a moment lies, and when the next one does."""
    first = moment.astimezone(zone).date()
    if every == Budget.Every.MONTH:
        first = first.replace(day=1)
    return _begin(first, zone), _begin(_after(first, every), zone)


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """Return the names of all time zones, sorted."""
    return sorted(available_timezones())


def _after(day: date, every: str) -> date:
    if every == Budget.Every.DAY:
        return day + timedelta(days=1)
    return (day + timedelta(days=31)).replace(day=1)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day; where clocks skip midnight, the moment of the jump."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)

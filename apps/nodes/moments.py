"""Moments as authors write them: `2027-01-31T09:00`, `09:00`, `monday 09:00`, `weekday 09:00`."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RECURRING = re.compile(
    r"(?:next )?(?:(?P<day>[a-z]+) )?(?:at )?(?P<hour>\d{1,2}):(?P<minute>\d{2})", re.IGNORECASE
)


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"“{name}” is no time zone. Write it like Europe/Berlin or America/New_York."
        ) from None


def moment_of(text: str, zone_name: str, now: datetime) -> datetime:
    """Return the moment, in UTC, that a text means in a zone; a time of day is the next one.

    A time that the clocks skip in spring comes when they have moved on; of one that comes twice
    in autumn the first is meant. Raises ValueError.
    """
    local = zone(zone_name)
    found = RECURRING.fullmatch(text.strip())
    if found:
        return _next(found, local, now).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=local)).astimezone(UTC)


def _next(found: "re.Match[str]", local: ZoneInfo, now: datetime) -> datetime:
    days = _days(found["day"])
    at = time(int(found["hour"]), int(found["minute"]))
    today = now.astimezone(local).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        moment = datetime.combine(day, at, tzinfo=local)
        if day.weekday() in days and moment.astimezone(UTC) > now:
            return moment
    raise ValueError("There is no such time.")


def _days(word: str | None) -> range:
    """Return the days of the week that a word means."""
    match (word or "day").lower():
        case "day" | "daily" | "every":
            return range(7)
        case "weekday":
            return range(5)
        case name if name in DAYS:
            place = DAYS.index(name)
            return range(place, place + 1)
    raise ValueError(f"“{word}” is no day. Write weekday, or one from monday to sunday.")

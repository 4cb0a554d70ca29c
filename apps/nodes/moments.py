"""Moments as authors write them: `2027-01-31T09:00`, `09:00`, `monday 09:00`, a cron rule."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

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


def fire_times(rule: str, zone_name: str, now: datetime) -> Iterator[datetime]:
    """Yield the times of a cron rule after now, in UTC. Raises ValueError."""
    fields = " ".join(rule.split())
    if len(fields.split(" ")) != 5:
        raise ValueError("Give five fields: minute, hour, day, month and day of week.")
    try:
        times = CronSim(fields, now.astimezone(zone(zone_name)))
    except CronSimError as error:
        raise ValueError(f"{error}. An example is “0 9 * * MON-FRI”.") from None
    # A time of the clock that is passed twice is one fire time.
    return (at for each in times if (at := each.astimezone(UTC)) > now)


def next_fire_time(rule: str, zone_name: str, now: datetime) -> datetime:
    """Return the next time of a cron rule, in UTC. Raises ValueError, also where there is none."""
    found = next(fire_times(rule, zone_name, now), None)
    if found is None:
        raise ValueError("No day ever fits this.")
    return found


def in_words(rule: str) -> str:
    """Return what a cron rule says, such as “At 09:00 on Monday”."""
    return str(CronSim(rule, datetime(2026, 1, 1, tzinfo=UTC)).explain())


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

"""When a schedule fires. Nothing here looks at a clock or at the database.

Cron is read in the schedule's zone by the rules of Debian's cron, which `cronsim` keeps: a job at a
certain time that the clock jumps over runs right after the jump, one that the clock passes twice
runs at the first passing, and jobs of every so many minutes or hours follow the real time.
Intervals are real time too, counted from when the schedule was saved.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from uuid import UUID

from cronsim import CronSim

from apps.triggers.configs import ScheduleConfig

LAST_YEAR = 2200
SECOND = timedelta(seconds=1)


def times_after(config: ScheduleConfig, moment: datetime, *, start: datetime) -> Iterator[datetime]:
    """Yield the fire times after a moment, in UTC; an interval counts from `start`."""
    if config.at:
        return iter([config.at] if config.at > moment else [])
    if config.every_s:
        return _every(config.every_s, moment, start)
    return _cron(config, moment)


def next_times(
    config: ScheduleConfig, moment: datetime, *, start: datetime, count: int = 5
) -> list[datetime]:
    """Return the next few fire times."""
    return list(islice(times_after(config, moment, start=start), count))


def times_until(
    config: ScheduleConfig, first: datetime, last: datetime, *, start: datetime, most: int
) -> tuple[list[datetime], bool]:
    """Return the fire times from `first` to `last`, and whether older ones were left out.

    They are counted from the end, so that a long absence costs no more than a short one.
    """
    found: list[datetime] = []
    for moment in _back(config, first, last, start):
        if len(found) == most:
            return found[::-1], True
        found.append(moment)
    return found[::-1], False


def delay_of(trigger_id: UUID, moment: datetime, jitter_s: int) -> timedelta:
    """Return by how much a fire time is delayed: always the same for the same time."""
    if not jitter_s:
        return timedelta()
    digest = hashlib.sha256(f"{trigger_id}:{int(moment.timestamp())}".encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8], "big") % (jitter_s + 1))


def in_words(config: ScheduleConfig) -> str:
    """Return the rule as a sentence, such as “At 09:00 on Monday, in Europe/Berlin”."""
    if config.at:
        return f"Once, on {config.at.astimezone(config.zone):%-d %b %Y at %H:%M}, in {config.time_zone}"
    if config.every_s:
        return f"Every {_span(config.every_s)}"
    return (
        f"{CronSim(config.cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()}, in {config.time_zone}"
    )


def _cron(config: ScheduleConfig, moment: datetime) -> Iterator[datetime]:
    follows_real_time = any(part.startswith("*") for part in config.cron.split()[:2])
    turns = _in_real_time if follows_real_time else _by_the_clock
    last = moment
    for found in turns(config, moment):
        at = found.astimezone(UTC)
        if at.year > LAST_YEAR:
            return
        if at > last:  # a time of the clock that is passed twice is one fire time
            yield at
            last = at


def _by_the_clock(config: ScheduleConfig, moment: datetime) -> Iterator[datetime]:
    return iter(CronSim(config.cron, moment.astimezone(config.zone)))


def _in_real_time(config: ScheduleConfig, moment: datetime) -> Iterator[datetime]:
    """Go on in one offset until the clocks change, then in the next.

    Left to itself `cronsim` misses a turn where they change by half an hour, as on Lord Howe.
    """
    while True:
        offset = _offset(config, moment + SECOND)
        for found in CronSim(config.cron, moment.astimezone(timezone(offset))):
            if _offset(config, found) != offset:
                moment = _change(config, moment + SECOND, found) - SECOND
                break
            yield found
            moment = found


def _change(config: ScheduleConfig, low: datetime, high: datetime) -> datetime:
    """Return when the clocks of the zone change between two times."""
    low, high = low.astimezone(UTC), high.astimezone(UTC)
    before = _offset(config, low)
    while high - low > SECOND:
        middle = low + (high - low) // 2
        if _offset(config, middle) == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _offset(config: ScheduleConfig, moment: datetime) -> timedelta:
    offset = moment.astimezone(config.zone).utcoffset()
    assert offset is not None
    return offset


def _every(seconds: int, moment: datetime, start: datetime) -> Iterator[datetime]:
    turns = max(0, (moment - start) // timedelta(seconds=seconds)) + 1
    while True:
        yield start + timedelta(seconds=seconds * turns)
        turns += 1


def _back(
    config: ScheduleConfig, first: datetime, last: datetime, start: datetime
) -> Iterator[datetime]:
    """Yield the fire times from `first` to `last`, the latest one first."""
    if config.at:
        yield from [config.at] if first <= config.at <= last else []
    elif config.every_s:
        step = timedelta(seconds=config.every_s)
        for turn in range((last - start) // step, max(0, -((start - first) // step) - 1), -1):
            yield start + step * turn
    else:
        yield from _cron_back(config, first, last)


def _cron_back(config: ScheduleConfig, first: datetime, last: datetime) -> Iterator[datetime]:
    """Go back in steps of a day, forwards within each: cron's rules hold in one direction only."""
    before, upper = first - timedelta(seconds=1), last
    while upper > before:
        lower = max(before, upper - timedelta(days=1))
        between: list[datetime] = []
        for at in _cron(config, lower):
            if at > upper:
                break
            between.append(at)
        yield from reversed(between)
        upper = lower


def _span(seconds: int) -> str:
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            count = seconds // size
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"

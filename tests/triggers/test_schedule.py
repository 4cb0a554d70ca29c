"""When schedules fire, above all where clocks are changed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from apps.triggers.configs import ScheduleConfig
from apps.triggers.schedule import delay_of, in_words, next_times, times_until

START = datetime(2026, 1, 1, tzinfo=UTC)
TRIGGER = UUID("0192f5b0-0000-7000-8000-000000000001")


def local(zone: str, cron: str, after: str, count: int) -> list[str]:
    """Return the next fire times as the clock on the wall shows them, with its offset."""
    config = ScheduleConfig(cron=cron, time_zone=zone)
    found = next_times(config, datetime.fromisoformat(after), start=START, count=count)
    return [f"{moment.astimezone(config.zone):%d %H:%M%z}" for moment in found]


@pytest.mark.parametrize(
    ("zone", "after", "cron", "expected"),
    [
        # The hour from 2 to 3 is left out: a job in it runs at the jump.
        ("Europe/Berlin", "2026-03-28T12:00Z", "30 2 * * *", ["29 03:00+0200", "30 02:30+0200"]),
        ("America/New_York", "2026-03-07T12:00Z", "30 2 * * *", ["08 03:00-0400", "09 02:30-0400"]),
        # Lord Howe leaves half an hour out.
        ("Australia/Lord_Howe", "2026-10-03T00:00Z", "15 2 * * *", ["04 02:30+1100", "05 02:15+1100"]),
        # The hour from 2 to 3 comes twice: a job in it runs the first time.
        ("Europe/Berlin", "2026-10-24T12:00Z", "30 2 * * *", ["25 02:30+0200", "26 02:30+0100"]),
        ("America/New_York", "2026-10-31T12:00Z", "30 1 * * *", ["01 01:30-0400", "02 01:30-0500"]),
        ("Australia/Lord_Howe", "2026-04-04T00:00Z", "45 1 * * *", ["05 01:45+1100", "06 01:45+1030"]),
        # Jobs of every so many minutes follow the real time, forwards and back.
        ("Europe/Berlin", "2026-10-25T00:20Z", "*/30 * * * *", ["25 02:30+0200", "25 02:00+0100", "25 02:30+0100", "25 03:00+0100"]),
        ("Europe/Berlin", "2026-03-29T00:20Z", "*/30 * * * *", ["29 01:30+0100", "29 03:00+0200", "29 03:30+0200"]),
        ("America/New_York", "2026-11-01T04:40Z", "0 * * * *", ["01 01:00-0400", "01 01:00-0500", "01 02:00-0500"]),
        ("Australia/Lord_Howe", "2026-04-04T14:40Z", "*/15 * * * *", ["05 01:45+1100", "05 01:30+1030", "05 01:45+1030", "05 02:00+1030"]),
        # Other days are as usual.
        ("Europe/Berlin", "2026-07-01T00:00Z", "0 9 * * MON-FRI", ["01 09:00+0200", "02 09:00+0200", "03 09:00+0200", "06 09:00+0200"]),
    ],
)  # fmt: skip
def test_changes_of_the_clock(zone: str, after: str, cron: str, expected: list[str]) -> None:
    assert local(zone, cron, after, len(expected)) == expected


def test_a_time_that_comes_twice_is_one_fire_time_wherever_we_start() -> None:
    """Started between the two passings of 02:30, the job of this day is over."""
    between = "2026-10-25T00:45Z"  # 02:45 in summer time
    assert local("Europe/Berlin", "30 2 * * *", between, 1) == ["26 02:30+0100"]
    second = "2026-10-25T01:15Z"  # 02:15 in winter time
    assert local("Europe/Berlin", "30 2 * * *", second, 1) == ["26 02:30+0100"]


def test_intervals_are_real_time() -> None:
    config = ScheduleConfig(every_s=3600, time_zone="Europe/Berlin")
    night = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    found = next_times(config, night, start=datetime(2026, 10, 24, 23, 30, tzinfo=UTC), count=3)
    assert [f"{each:%H:%M}" for each in found] == ["00:30", "01:30", "02:30"]


def test_no_turn_is_missed_where_clocks_change_by_half_an_hour() -> None:
    config = ScheduleConfig(cron="0 */6 * * *", time_zone="Australia/Lord_Howe")
    found = next_times(config, datetime(2026, 4, 4, 6, tzinfo=UTC), start=START, count=4)
    assert [f"{each:%d %H:%M}" for each in found] == [
        "04 07:00",
        "04 13:00",
        "04 19:30",
        "05 01:30",
    ]


def test_once_is_once() -> None:
    moment = datetime(2026, 5, 1, 8, tzinfo=UTC)
    config = ScheduleConfig(at=moment)
    assert next_times(config, START, start=START) == [moment]
    assert next_times(config, moment, start=START) == []
    assert times_until(config, START, moment, start=START, most=9) == ([moment], False)


CONFIGS = st.one_of(
    st.builds(lambda every: ScheduleConfig(every_s=every), st.integers(600, 200_000)),
    st.builds(
        lambda cron, zone: ScheduleConfig(cron=cron, time_zone=zone),
        st.sampled_from(["*/15 * * * *", "30 2 * * *", "0 */6 * * *", "45 1 1 * *", "0 0 * * SUN"]),
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    ),
)
MOMENTS = st.integers(86_400, 366 * 86_400).map(lambda s: START + timedelta(seconds=s))


@settings(max_examples=60, deadline=None)
@given(config=CONFIGS, first=MOMENTS, length=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_looking_back_finds_what_looking_forward_does(
    config: ScheduleConfig, first: datetime, length: timedelta
) -> None:
    last = first + length
    upcoming = next_times(config, first - timedelta(seconds=1), start=START, count=200)
    forward = [moment for moment in upcoming if moment <= last]
    back, is_cut = times_until(config, first, last, start=START, most=10_000)
    assert not is_cut
    assert back[:200] == forward
    assert all(a < b for a, b in pairwise(back))


def test_a_long_absence_costs_no_more_than_a_short_one() -> None:
    config = ScheduleConfig(every_s=10)
    found, is_cut = times_until(config, START, START + timedelta(days=3650), start=START, most=100)
    assert (len(found), is_cut) == (100, True)
    assert found[-1] == START + timedelta(days=3650)


def test_jitter_is_the_same_each_time_and_spread() -> None:
    times = [START + timedelta(hours=n) for n in range(50)]
    delays = [delay_of(TRIGGER, each, 300).total_seconds() for each in times]
    assert delays == [delay_of(TRIGGER, each, 300).total_seconds() for each in times]
    assert len(set(delays)) > 30
    assert all(0 <= each <= 300 for each in delays)
    assert delay_of(TRIGGER, START, 0) == timedelta()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"cron": "0 9 * * MON-FRI", "time_zone": "Europe/Berlin"}, "At 09:00 on Monday through Friday, in Europe/Berlin"),
        ({"every_s": 3600}, "Every hour"),
        ({"every_s": 5400}, "Every 90 minutes"),
        ({"every_s": 61}, "Every 61 seconds"),
        ({"at": "2026-05-01T08:00:00Z", "time_zone": "Europe/Berlin"}, "Once, on 1 May 2026 at 10:00, in Europe/Berlin"),
    ],
)  # fmt: skip
def test_a_rule_in_words(config: dict[str, Any], words: str) -> None:
    assert in_words(ScheduleConfig.model_validate(config)).lower() == words.lower()


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "exactly one"),
        ({"cron": "0 9 * * *", "every_s": 60}, "exactly one"),
        ({"cron": "0 9 * *"}, "five fields"),
        ({"cron": "0 0 9 * * *"}, "five fields"),
        ({"cron": "61 9 * * *"}, "Bad minute"),
        ({"cron": "0 0 30 2 *"}, "Bad day"),
        ({"every_s": 9}, "greater than or equal to 10"),
        ({"cron": "0 9 * * *", "time_zone": "Mars/Base"}, "Europe/Berlin"),
        ({"at": "2026-05-01T08:00:00"}, "zone"),
        ({"cron": "0 9 * * *", "surprise": 1}, "not permitted"),
    ],
)
def test_what_is_no_schedule(config: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ScheduleConfig.model_validate(config)

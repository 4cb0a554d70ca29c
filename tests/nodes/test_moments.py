"""Moments in time zones, and the wait for them; what an approval's config allows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from apps.nodes.base import NodeError, Suspend
from apps.nodes.moments import fire_times, in_words, moment_of, next_fire_time
from apps.nodes.types.flow_wait import Wait, WaitConfig
from apps.nodes.types.human_approval import DEFAULT_ACTIONS, Approval, ApprovalConfig
from tests.factories.nodes import node_context

# A Saturday; Berlin is two hours ahead until the early morning of the next day.
NOW = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2027-01-31T09:00", "Europe/Berlin", "2027-01-31T08:00"),
        ("2027-07-31T09:00", "Europe/Berlin", "2027-07-31T07:00"),
        ("2027-07-31T09:00+05:30", "Europe/Berlin", "2027-07-31T03:30"),
        ("2027-07-31T09:00Z", "America/New_York", "2027-07-31T09:00"),
        ("2027-01-31", "Asia/Tokyo", "2027-01-30T15:00"),
        ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:30"),  # does not exist: an hour later
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),  # is there twice: the first
        ("14:30", "Europe/Berlin", "2026-10-24T12:30"),
        ("14:00", "Europe/Berlin", "2026-10-25T13:00"),  # now is not next, and the clocks went back
        ("weekday 09:00", "Europe/Berlin", "2026-10-26T08:00"),
        ("next weekday at 9:00", "UTC", "2026-10-26T09:00"),
        ("Saturday 11:00", "UTC", "2026-10-31T11:00"),
        ("saturday 13:00", "UTC", "2026-10-24T13:00"),
    ],
)
def test_what_is_meant(text: str, zone: str, expected: str) -> None:
    assert moment_of(text, zone, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("soon", "UTC"), ("25:00", "UTC"), ("9:75", "UTC"), ("someday 09:00", "UTC"), ("", "UTC"),
        ("09:00", "Mars/Base"), ("09:00", "../etc/passwd"), ("09:00", ""),
    ],
)  # fmt: skip
def test_what_is_none(text: str, zone: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ by what is wrong
        moment_of(text, zone, NOW)


async def test_a_step_waits_until_then() -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    config = WaitConfig(until=f"{day}T09:00", timezone="Asia/Tokyo")
    result = await Wait().run(config, node_context())
    assert isinstance(result, Suspend)
    assert result.until == f"{day}T00:00:00+00:00"


@pytest.mark.parametrize(("until", "code"), [("soon", "bad_time"), ("2999-01-01", "too_far")])
async def test_it_says_what_is_wrong(until: str, code: str) -> None:
    with pytest.raises(NodeError) as caught:
        await Wait().run(WaitConfig(until=until), node_context())
    assert caught.value.code == code


def test_an_unknown_zone_is_found_before_the_run() -> None:
    with pytest.raises(ValidationError, match="no time zone"):
        WaitConfig(until="09:00", timezone="Europe/Atlantis")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"quorum": 2, "actions": [{"id": "yes", "label": "Yes"}]}, "Mark the answers"),
        ({"order": "sequence"}, "A sequence needs assignees"),
        ({"escalate_after_h": 1}, "To escalate give both"),
        ({"escalate_to": ["owner"]}, "To escalate give both"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "the same name"),
        ({"fields": [{"name": "a", "type": "select"}]}, "has no options"),
        ({"assignees": [""]}, "Nobody is named"),
        ({"assignees": ""}, "Nobody is named"),
        ({"assignees": ["x"] * 3 + [f"u{n}@x.example" for n in range(50)]}, "at most 50"),
    ],
)
def test_what_an_approval_cannot_be(config: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ApprovalConfig.model_validate({"actions": DEFAULT_ACTIONS, **config})


async def test_what_is_to_be_edited_has_a_limit() -> None:
    with pytest.raises(NodeError, match="more than 256 KiB"):
        await Approval().run(ApprovalConfig(edit="x" * 300_000), node_context())


@pytest.mark.parametrize(
    ("rule", "zone", "expected"),
    [
        ("0 9 * * MON-FRI", "UTC", "2026-10-26T09:00"),
        ("0 9 * * MON-FRI", "Europe/Berlin", "2026-10-26T08:00"),
        ("30 14 * * *", "Europe/Berlin", "2026-10-24T12:30"),
        ("  */30   * * * * ", "UTC", "2026-10-24T12:30"),
    ],
)
def test_the_next_time_of_a_rule(rule: str, zone: str, expected: str) -> None:
    assert next_fire_time(rule, zone, NOW).isoformat() == f"{expected}:00+00:00"


def test_the_times_of_a_rule_rise_where_the_clocks_go_back() -> None:
    times = fire_times("30 2 * * *", "Europe/Berlin", NOW)
    first, second = next(times), next(times)
    assert (first.isoformat(), second - first) == ("2026-10-25T00:30:00+00:00", timedelta(hours=25))
    assert in_words("0 9 * * MON") == "At 09:00 on Monday"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("0 9 * *", "five"), ("61 * * * *", "example"), ("0 0 30 2 *", "month"),
        ("0 0 */31 * TUE#3", "No day ever"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(rule: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        WaitConfig(cron=rule)


async def test_a_wait_ends_at_the_next_time_of_its_rule() -> None:
    suspended = await Wait().run(
        WaitConfig(cron="0 9 * * *", timezone="Asia/Tokyo"), node_context()
    )
    assert isinstance(suspended, Suspend)
    assert str(suspended.until).endswith("T00:00:00+00:00")

"""Early warnings, on recordings of a server that gets slower until it fails, and of one that does not.

Each line of a recording is one request over HTTP: time of day, milliseconds to the first byte and to the
last, and whether it went well.
"""

import json
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.gateway.alarms import words_of
from apps.gateway.routes import health
from apps.gateway.routes.health import Sample
from apps.gateway.routes.trends import Warning as Decline
from apps.gateway.routes.trends import warning_of
from apps.gateway.targets import decline
from apps.notifications.models import Notification
from apps.tenants.context import current_schema

HERE = Path(__file__).parent


def recorded(name: str) -> list[Sample]:
    lines = (HERE / f"{name}.jsonl").read_text().splitlines()
    return [Sample(*json.loads(line)) for line in lines]


def warnings(samples: list[Sample]) -> list[tuple[int, Decline]]:
    """Return what was said after each sample."""
    found = ((count, warning_of(samples[:count])) for count in range(len(samples) + 1))
    return [(count, warning) for count, warning in found if warning is not None]


def test_people_are_warned_before_the_first_failure() -> None:
    samples = recorded("degradation")
    first_failure = next(place for place, each in enumerate(samples) if not each.ok)
    when, warning = warnings(samples)[0]
    assert when < first_failure
    assert warning.kind == "slower"
    assert warning.now > 1.5 * warning.before
    assert samples[100].at < warning.since < samples[when - 1].at


def test_failures_that_become_more_are_told_as_such() -> None:
    said = warnings(recorded("degradation"))
    failing = [warning for _, warning in said if warning.kind == "failing"]
    assert failing
    assert failing[-1].now > 0.2


def test_a_steady_server_warns_of_nothing() -> None:
    assert warnings(recorded("steady")) == []


def test_one_answer_that_is_late_warns_of_nothing() -> None:
    samples = recorded("steady")
    late = Sample(samples[60].at, 60_000, 60_100)
    assert warnings([*samples[:60], late, *samples[61:]]) == []


def parted(samples: list[Sample], *, whole_ms: int) -> list[Sample]:
    """Return the same, with a whole answer beside each stream."""
    return [
        each
        for sample in samples
        for each in (sample, Sample(sample.at, whole_ms, whole_ms, streamed=False))
    ]


def test_whole_answers_are_no_slow_first_words() -> None:
    """Programs that wait for whole answers come later than those that read streams."""
    streams = recorded("steady")[:80]
    whole = [Sample(streams[-1].at + n, 4_000, 4_000, streamed=False) for n in range(120)]
    assert warnings([*streams, *whole]) == []


def test_each_series_is_looked_at_by_itself() -> None:
    _, warning = warnings(parted(recorded("degradation"), whole_ms=2_000))[0]
    assert (warning.kind, warning.streams) == ("slower", True)
    steady = recorded("steady")
    slower = [
        Sample(each.at, (n := 1_000 if place < 60 else 2_500), n, streamed=False)
        for place, each in enumerate(steady)
    ]
    assert warning_of([*steady[:40], *slower[:60]]) is None
    found = warning_of([*steady[:40], *slower[:80]])
    assert found == Decline("slower", 1_000, 2_500, slower[60].at, streams=False)
    assert words_of(found).startswith("Whole answers came after 1000 ms")


@pytest.mark.django_db(transaction=True)
def test_people_are_told_once(alice: User, bob: User) -> None:
    schema, target = current_schema(), "fake/ok"
    for each in recorded("degradation")[:200]:
        health.of(schema, target).note(each)
    for _ in range(2):
        decline.watch(schema, {target, "fake/other"})
    told = Notification.objects.get(kind="model.declining", user=alice)
    assert told.title == "fake/ok is slower"
    assert "First words came after" in told.text
    assert not Notification.objects.filter(user=bob).exists()

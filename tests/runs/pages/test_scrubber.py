"""What the page of a run gives the bar that moves through its time."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.runs.models import Run, RunEvent
from apps.runs.pages import scrubber
from apps.runs.pages.scrubber import scrubber_of
from apps.runs.pages.waterfall import Axis, Waterfall, draw
from tests.factories.browsers import browser
from tests.factories.runs import Start, carry
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.scenes import asking, failing, published, started
from tests.workflows.definitions import edge

DATA = re.compile(r'<script id="run-scrubber-data" type="application/json">(.*?)</script>')
BAR = 'id="run-scrubber"'


def page_of(user: User, run: Run, **query: str) -> str:
    answer = browser(user).get(f"/runs/{run.pk}/", query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def told_by(page: str) -> Any:
    found = DATA.search(page)
    assert found
    return json.loads(found[1])


def test_every_event_of_a_run_is_a_place_to_stop_at(vera: User, bob: User) -> None:
    run = carry(started(published(bob), bob))
    page = page_of(vera, run)
    told = told_by(page)
    assert f'{BAR} aria-label="Replay" hidden>' in page  # nothing to move without a script
    assert (told["live"], told["total"]) == (False, run.seq)
    assert [stop[0] for stop in told["stops"]] == list(range(1, run.seq + 1))
    assert told["stops"][0][2:] == [-1, "queued"]
    assert told["stops"][-1][2:] == [-1, "succeeded"]
    assert [stop[2:] for stop in told["stops"] if stop[2] == 2] == [[2, "succeeded"]]
    moments = [stop[1] for stop in told["stops"]]
    assert moments == sorted(moments)
    assert (moments[0], told["axis"][0]) == (0, [0, 0])
    assert moments[-1] <= told["axis"][-1][0]
    assert {segment[2] for segment in told["segments"]} == {"ok"}


def test_bars_say_with_which_events_they_begin_and_end(vera: User, bob: User) -> None:
    run = carry(started(published(bob, failing()), bob))
    page = page_of(vera, run)
    spans = dict(run.events.filter(node="send").values_list("type", "seq"))
    assert (
        f'class="bar bad" data-begun="{spans["node.started"]}" data-ended="{spans["node.failed"]}"'
        in page
    )
    assert "No balance" not in json.dumps(told_by(page))  # words of events are not in it


def test_a_run_that_goes_on_is_live(vera: User, bob: User) -> None:
    run = carry(started(published(bob, asking()), bob))
    assert run.status == "waiting"
    page = page_of(vera, run)
    told = told_by(page)
    assert told["live"] is True
    assert told["segments"][-1][2] == "wait"
    waits = run.events.get(type="node.waiting").seq
    assert f'class="bar wait" data-begun="{waits}"  x=' in page  # open: nothing ended it


@pytest.mark.parametrize("query", [{"view": "history"}, {"bars": "cost"}, {"bars": "tokens"}])
def test_where_no_time_is_shown_there_is_nothing_to_move(
    vera: User, bob: User, query: dict[str, str]
) -> None:
    page = page_of(vera, carry(started(published(bob), bob)), **query)
    assert BAR not in page
    assert not DATA.search(page)


def test_only_what_is_shown_of_a_long_run_is_read(start: Start, vera: User) -> None:
    run = carry(start(over(each(), inside("each", transform("a"))), orders=list(range(150))))
    told = told_by(page_of(vera, run))
    assert told["total"] == run.seq > 150
    assert len(told["stops"]) < 15  # one round, and the run's own
    assert all(stop[2] in {-1, 0, 1, 2} for stop in told["stops"])


def test_the_bar_costs_no_query_for_each_event(start: Start, vera: User) -> None:
    client = browser(vera)
    client.get("/runs/")  # a session's first page writes down where it began
    counts = []
    for count in (2, 30):
        names = [f"n{place}" for place in range(count)]
        steps = [transform(each) for each in names]
        run = carry(start(graph(*steps, *(edge(a, b) for a, b in pairwise(["start", *names])))))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"/runs/{run.pk}/").status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1]


def _drawn(count: int) -> tuple[Waterfall, list[RunEvent], datetime]:
    start = timezone.now()
    events = [
        RunEvent(
            seq=place + 1, node="a", at=start + timedelta(seconds=place),
            type="node.started" if place % 2 == 0 else "node.retrying",
        )
        for place in range(count)
    ]  # fmt: skip
    end = start + timedelta(seconds=count)
    return draw([{"id": "a", "type": "x"}], {}, events, start=start, end=end), events, start


def test_of_very_many_events_each_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, events, start = _drawn(scrubber.MOST_STOPS * 2 + 2)
    told = scrubber_of(Run(seq=len(events)), drawn, events, start)
    assert told is not None
    assert len(told["stops"]) <= scrubber.MOST_STOPS
    assert (told["stops"][0][0], told["stops"][-1][0]) == (1, len(events))
    assert len(told["segments"]) == scrubber.MOST_SEGMENTS


def test_time_never_goes_back_and_ends_with_the_run() -> None:
    drawn, events, start = _drawn(4)
    events[1].at = start - timedelta(seconds=5)  # by the clock of another worker
    events[3].at = start + timedelta(hours=1)
    told = scrubber_of(Run(seq=4), drawn, events, start)
    assert told is not None
    assert [stop[1] for stop in told["stops"]] == [0, 0, 2, 4]


def test_the_axis_is_told_with_its_folded_times() -> None:
    start = timezone.now()
    at = [start + timedelta(seconds=s) for s in (0, 1, 3601, 3602)]
    axis = Axis(start, at[3], [(at[0], at[1]), (at[2], at[3])])
    assert axis.points() == [(0, 0), (1, 41), (3601, 56), (3602, 97)]

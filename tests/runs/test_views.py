"""The pages of runs: list, waterfall, step panel, and what may be done about a run."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.runs.models import Run
from apps.runs.waterfall import Axis, clock
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.views import boot
from tests.factories.browsers import browser
from tests.factories.runs import carry
from tests.runs.scenes import failing, published, started


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return published(bob, name="Greeting <b>")


@pytest.fixture
def done(workflow: Workflow, bob: User) -> Run:
    return carry(started(workflow, bob))


@pytest.fixture
def failed(bob: User) -> Run:
    run = carry(started(published(bob, failing(), name="Refunds"), bob))
    assert run.status == "failed"
    return run


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_the_list_says_where_each_run_is(vera: User, done: Run, failed: Run) -> None:
    page = browser(vera).get("/runs/")
    text = text_of(page)
    assert "Greeting &lt;b&gt;" in text
    assert [line.run.pk for line in page.context["lines"]] == [failed.pk, done.pk]
    failed_line, done_line = page.context["lines"]
    assert (done_line.segments, done_line.where) == (["ok"] * 3, "3 steps")
    assert failed_line.segments == ["ok", "bad", "skipped"]
    assert failed_line.where.startswith("Send: ")
    assert page.context["counts"] == [("failed", 1), ("succeeded", 1)]


def test_the_list_filters_by_its_address(vera: User, done: Run, failed: Run) -> None:
    client = browser(vera)

    def found(**query: str) -> list[Any]:
        page = client.get("/runs/", query)
        return [line.run.pk for line in page.context["lines"]]

    assert found(q="greet") == [done.pk]
    assert found(q=str(failed.pk)[-6:]) == [failed.pk]
    assert found(q="nowhere") == []
    assert found(status="failed") == [failed.pk]
    assert found(workflow=str(failed.workflow_id)) == [failed.pk]
    assert found(time="hour") == [failed.pk, done.pk]
    assert found(until="2020-01-01") == []
    bad = client.get("/runs/?since=soon&workflow=x")
    assert (bad.status_code, b"Clear filters" in bad.content) == (422, True)
    assert "No run fits" in text_of(client.get("/runs/?q=nowhere"))


def test_an_empty_list_says_how_to_fill_it(vera: User) -> None:
    assert "Each time a workflow runs" in text_of(browser(vera).get("/runs/"))


def test_the_list_costs_the_same_for_one_and_for_many(
    vera: User, workflow: Workflow, bob: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        started(workflow, bob)
    client = browser(vera)
    with django_assert_max_num_queries(16):
        client.get("/runs/")


def test_newer_runs_wait_behind_a_row(vera: User, done: Run, workflow: Workflow, bob: User) -> None:
    client = browser(vera)
    assert "hidden" in text_of(client.get("/runs/newer/", {"than": str(done.pk)}))
    started(workflow, bob)
    assert "1 newer run." in text_of(client.get("/runs/newer/", {"than": str(done.pk)}))
    assert "hidden" in text_of(
        client.get("/runs/newer/", {"than": str(done.pk), "status": "failed"})
    )
    assert client.get("/runs/newer/?than=x").status_code == 422


def test_a_row_is_shown_as_it_is_now(vera: User, done: Run) -> None:
    row = text_of(browser(vera).get(f"/runs/{done.pk}/row/"))
    assert f'id="run-{done.pk}"' in row
    assert "data-run" not in row  # finished: nothing more to hear of it


def test_a_finished_run_over_time(vera: User, done: Run) -> None:
    page = browser(vera).get(f"/runs/{done.pk}/")
    text = text_of(page)
    assert 'data-status="succeeded"' in text
    assert [row.node for row in page.context["waterfall"].rows] == ["start", "greet", "reply"]
    assert all(row.line.bars for row in page.context["waterfall"].rows)
    assert page.context["opened"] == "reply"
    assert "Hello Ada" in text
    assert 'style="' not in text
    table = text_of(browser(vera).get(f"/runs/{done.pk}/?node=greet&output=table"))
    assert "<dt>text</dt>" in table
    for query in ("node=nowhere", "tab=nothing", "node=start&tab=tries", "node=start&tab=log"):
        assert browser(vera).get(f"/runs/{done.pk}/?{query}").status_code == 200


def test_a_failed_run_shows_what_to_do(oscar: User, vera: User, failed: Run) -> None:
    page = browser(oscar).get(f"/runs/{failed.pk}/")
    text = text_of(page)
    assert page.context["opened"] == "send"
    assert "No balance" in text
    assert "Run from here" in text
    assert [row.status for row in page.context["waterfall"].rows] == ["succeeded", "failed", ""]
    seen = text_of(browser(vera).get(f"/runs/{failed.pk}/"))
    assert "Run from here" not in seen
    assert "Run again" not in seen


def test_a_run_that_has_not_begun(vera: User, workflow: Workflow, bob: User) -> None:
    run = started(workflow, bob)
    text = text_of(browser(vera).get(f"/runs/{run.pk}/"))
    assert f'data-run="{run.pk}"' in text
    assert "has not reached this step yet" in text


def test_cancel_pause_resume(oscar: User, workflow: Workflow) -> None:
    run = started(workflow, oscar)
    client = browser(oscar)
    for verb, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        answer = client.post(f"/runs/{run.pk}/{verb}/")
        assert answer["Location"] == f"/runs/{run.pk}/"
        run.refresh_from_db()
        assert run.status == status
    too_late = client.post(f"/runs/{run.pk}/cancel/", follow=True)
    assert b"The run is over" in too_late.content


def test_retry_and_run_again_lead_to_the_new_run(oscar: User, failed: Run) -> None:
    client = browser(oscar)
    retried = client.post(f"/runs/{failed.pk}/retry/", {"from_node": "send"})
    new = Run.objects.get(retry_of=failed)
    assert (retried["Location"], new.trigger) == (f"/runs/{new.pk}/", "retry")
    again = client.post(f"/runs/{failed.pk}/again/")
    fresh = Run.objects.order_by("-created_at")[0]
    assert again["Location"] == f"/runs/{fresh.pk}/"
    assert (fresh.inputs, fresh.version_id) == (failed.inputs, failed.version_id)
    unknown = client.post(f"/runs/{failed.pk}/retry/", {"from_node": "gone"}, follow=True)
    assert b"has no step" in unknown.content


def test_viewers_change_nothing(vera: User, failed: Run) -> None:
    for verb in ("cancel", "pause", "resume", "retry", "again"):
        assert browser(vera).post(f"/runs/{failed.pk}/{verb}/").status_code == 403, verb
        assert browser(vera).get(f"/runs/{failed.pk}/{verb}/").status_code == 405, verb


def test_others_and_strangers_see_nothing(mallory: User, done: Run, beta: Tenant) -> None:
    with tenant_context(beta):
        client = browser(mallory)
        client.defaults["HTTP_HOST"] = "beta.localhost"
    for path in (f"/runs/{done.pk}/", f"/runs/{done.pk}/row/", f"/runs/{uuid7()}/", "/runs/x/"):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/runs/{done.pk}/cancel/").status_code == 404
    stranger = Client(HTTP_HOST="alpha.localhost").get(f"/runs/{done.pk}/")
    assert stranger["Location"].startswith("/accounts/login/")


def test_the_studio_knows_the_last_run(bob: User, done: Run, workflow: Workflow) -> None:
    last: Any = boot(workflow, bob)["lastRun"]
    assert (last["id"], last["status"]) == (str(done.pk), "succeeded")
    assert [each["node"] for each in last["nodes"]] == ["start", "greet", "reply"]
    assert last["nodes"][1]["output"] == {"text": "Hello Ada"}


def test_long_idle_times_are_folded() -> None:
    start = timezone.now()
    at = [start + timedelta(seconds=s) for s in (0, 1, 3601, 3602)]
    axis = Axis(start, at[3], [(at[0], at[1]), (at[2], at[3])])
    (gap,) = axis.gaps()
    assert (gap.label, gap.width) == ("1 h", 15.0)
    assert axis.x(at[2]) - axis.x(at[1]) == pytest.approx(15)
    assert axis.x(at[1]) == pytest.approx(41)
    assert axis.x(at[3]) == pytest.approx(97)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.004, "0.00 s"),
        (1.236, "1.24 s"),
        (12.34, "12.3 s"),
        (828, "13 m 48 s"),
        (7500, "2 h 5 m"),
        (172_800, "2 d"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert clock(seconds) == words

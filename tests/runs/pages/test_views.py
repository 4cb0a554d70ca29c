"""The pages of runs: list, waterfall, step panel, and what may be done about a run."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.dispatch.leases import claim
from apps.dispatch.models import Ticket
from apps.gateway.budgets.services import add_budget
from apps.runs.models import Run, RunEvent
from apps.runs.pages.waterfall import Axis, attempts_of, clock
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import publish_workflow, update_workflow
from apps.workflows.views import boot
from tests.factories.browsers import browser
from tests.factories.runs import carry
from tests.runs.interpreter.test_semantics import graph
from tests.runs.scenes import asking, failing, published, started
from tests.workflows.definitions import edge, node


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


@pytest.mark.django_db(transaction=True)  # its call is written down beside the test
def test_a_run_shows_the_budget_that_stops_what_it_pays_with_first(
    alice: User, bob: User, vera: User
) -> None:
    asks = graph(node("ai", "ai.generate", config={"prompt": "Hello"}), edge("start", "ai"))
    run = carry(started(published(bob, asks, name="Answer"), bob))
    page = browser(vera).get(f"/runs/{run.pk}/")
    assert page.context["budget"] is None
    for scope, subject, amount in (
        ("workspace", None, 50),
        ("workflow", run.workflow_id, 5),
        ("member", vera.pk, 1),  # she pays for nothing here
    ):
        add_budget(
            actor=alice, scope=scope, subject=subject, every="month", amount_usd=Decimal(amount)
        )
    text = text_of(browser(vera).get(f"/runs/{run.pk}/"))
    assert "Workflow Answer" in text
    assert "Workspace</a>" not in text


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
    client.get("/runs/")  # a session's first page writes down where it began
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


def test_bars_show_cost_or_tokens_where_that_is_asked_for(vera: User, done: Run) -> None:
    done.nodes.filter(node="greet").update(cost_usd=Decimal("0.002"), tokens=400)
    done.nodes.filter(node="reply").update(cost_usd=Decimal("0.001"), tokens=100)
    drawn = {}
    for measure in ("cost", "tokens"):
        page = browser(vera).get(f"/runs/{done.pk}/?bars={measure}&node=greet")
        assert f"?bars={measure}&amp;node=start" in text_of(page)  # other rows keep it
        drawn[measure] = {row.node: row.line for row in page.context["waterfall"].rows}
    assert [line.amount for line in drawn["cost"].values()] == ["", "$0.0020", "$0.0010"]
    assert [line.amount for line in drawn["tokens"].values()] == ["", "400", "100"]
    greet, reply = drawn["tokens"]["greet"].bars[0], drawn["tokens"]["reply"].bars[0]
    assert greet.width == pytest.approx(4 * reply.width, abs=0.1)
    assert not drawn["cost"]["start"].bars


def test_bars_of_a_run_without_models_say_so(vera: User, done: Run) -> None:
    assert "No step has cost anything." in text_of(browser(vera).get(f"/runs/{done.pk}/?bars=cost"))
    plain = browser(vera).get(f"/runs/{done.pk}/?bars=nothing")
    assert plain.context["measure"] == "time"
    assert all(row.line.bars for row in plain.context["waterfall"].rows)


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


class TestControl:
    """What people do to runs from their pages."""

    @pytest.fixture
    def unsure(self, workflow: Workflow, bob: User) -> Run:
        run = started(workflow, bob)
        Ticket.objects.filter(pk=run.pk).update(strikes=3)
        return carry(run)

    def test_a_run_that_stands_still_is_answered(
        self, oscar: User, vera: User, unsure: Run
    ) -> None:
        page = text_of(browser(oscar).get(f"/runs/{unsure.pk}/"))
        assert "keeps losing its workers" in page
        assert 'value="happened"' not in page
        assert 'name="choice"' not in text_of(browser(vera).get(f"/runs/{unsure.pk}/"))
        bad = browser(oscar).post(
            f"/runs/{unsure.pk}/settle/", {"choice": "happened", "reason": "saw it"}
        )
        assert bad.status_code == 422
        assert b"Choose one of" in bad.content
        assert b"saw it" in bad.content
        browser(oscar).post(f"/runs/{unsure.pk}/settle/", {"choice": "again"})
        assert carry(unsure).status == "succeeded"
        history = text_of(browser(vera).get(f"/runs/{unsure.pk}/?view=history"))
        assert "Oscar said “do it again”" in history

    def test_parts_are_run_again(self, oscar: User, done: Run) -> None:
        client = browser(oscar)
        page = text_of(client.get(f"/runs/{done.pk}/?node=greet"))
        for words in ("From here", "Only this", "Up to here", "Edit input", "Run again"):
            assert words in page, words
        answer = client.post(f"/runs/{done.pk}/rerun/", {"mode": "only", "node": "greet"})
        new = carry(Run.objects.get(retry_of=done))
        assert answer["Location"] == f"/runs/{new.pk}/"
        assert "Only “" in text_of(client.get(f"/runs/{new.pk}/"))
        assert f'href="/runs/{new.pk}/"' in text_of(client.get(f"/runs/{done.pk}/"))

    def test_other_inputs_are_checked_and_nothing_written_is_lost(
        self, oscar: User, done: Run
    ) -> None:
        client = browser(oscar)
        url = f"/runs/{done.pk}/rerun/"
        for sent, said in (('{"who": ', "This is no JSON"), ('{"whom": "Bo"}', "whom")):
            answer = client.post(url, {"mode": "all", "inputs": sent})
            text = answer.content.decode()
            assert (answer.status_code, said in text, escape(sent) in text) == (422, True, True)
        bad = client.post(f"{url}?node=greet", {"mode": "from", "node": "greet", "pins": "[1]"})
        assert (bad.status_code, b"outputs by the id" in bad.content) == (422, True)
        assert not Run.objects.filter(retry_of=done).exists()
        client.post(url, {"mode": "all", "inputs": '{"who": "Bo"}'})
        assert carry(Run.objects.get(retry_of=done)).outputs == "Hello Bo"

    def test_a_run_is_ended_at_once(self, oscar: User, workflow: Workflow) -> None:
        run = started(workflow, oscar)
        assert "End at once" in text_of(browser(oscar).get(f"/runs/{run.pk}/"))
        browser(oscar).post(f"/runs/{run.pk}/terminate/")
        run.refresh_from_db()
        assert run.status == "cancelled"
        assert "Ended at once by Oscar" in text_of(
            browser(oscar).get(f"/runs/{run.pk}/?view=history")
        )

    def test_a_move_is_shown_step_by_step_first(self, oscar: User, bob: User) -> None:
        workflow = published(bob, asking())
        run = carry(started(workflow, bob))
        client = browser(oscar)
        assert "Move to version" not in text_of(client.get(f"/runs/{run.pk}/"))
        definition = asking(body="Order 8")
        update_workflow(workflow, actor=bob, revision=None, changes={"definition": definition})
        workflow.refresh_from_db()
        publish_workflow(workflow, actor=bob)
        assert f'href="/runs/{run.pk}/move/2/"' in text_of(client.get(f"/runs/{run.pk}/"))
        shown = text_of(client.get(f"/runs/{run.pk}/move/2/"))
        assert "Order 8" in shown
        assert "Stays as it is" in shown
        assert client.post(f"/runs/{run.pk}/move/2/")["Location"] == f"/runs/{run.pk}/"
        assert Run.objects.get(pk=run.pk).version.number == 2
        assert client.get(f"/runs/{run.pk}/move/9/").status_code in {404, 409}

    def test_ticked_runs_are_steered_together(
        self, oscar: User, vera: User, failed: Run, done: Run
    ) -> None:
        client = browser(oscar)
        assert f'value="{failed.pk}"' in text_of(client.get("/runs/"))
        assert 'name="ids"' not in text_of(browser(vera).get("/runs/"))
        both = {"action": "cancel", "ids": [failed.pk, done.pk], "query": "q=x"}
        assert client.post("/runs/many/", both)["Location"] == "/runs/?q=x"
        page = client.post("/runs/many/", {"action": "retry", "ids": [failed.pk]}, follow=True)
        assert b"1 of 1 runs were started anew" in page.content
        for wrong in ({"action": "retry"}, {"action": "x", "ids": [done.pk]}, {"ids": "x"}):
            assert client.post("/runs/many/", wrong).status_code == 302
        assert Run.objects.count() == 3

    def test_a_lost_worker_is_shown(self, vera: User, workflow: Workflow, bob: User) -> None:
        run = started(workflow, bob)
        claim(run.pk, "somebody")
        Ticket.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00:00Z")
        page = text_of(browser(vera).get(f"/runs/{carry(run).pk}/"))
        assert "Recovered after a crash" in page
        assert "somebody" not in page

    def test_a_try_that_was_lost_ends_where_its_worker_was_last_heard(self) -> None:
        at = timezone.now()
        told = [
            RunEvent(seq=1, type="node.started", node="a", attempt=1, at=at),
            RunEvent(seq=2, type="run.recovered", at=at + timedelta(seconds=30),
                     data={"silent_s": 20.0, "nodes": ["a"]}),
            RunEvent(seq=3, type="node.started", node="a", attempt=1, at=at + timedelta(seconds=31)),
        ]  # fmt: skip
        first, second = attempts_of(told)["a"]
        assert (first.is_lost, first.end, second.number) == (True, at + timedelta(seconds=10), 2)

    def test_viewers_and_others_do_nothing(self, vera: User, done: Run) -> None:
        for verb in ("rerun", "settle", "terminate", "move/2"):
            assert browser(vera).post(f"/runs/{done.pk}/{verb}/").status_code == 403, verb
        assert browser(vera).post("/runs/many/", {"action": "cancel"}).status_code == 403

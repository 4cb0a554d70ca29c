"""Runs that stand still until a person says what happened."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.dispatch.models import Ticket, Timer
from apps.dispatch.services import Alarm, set_timers
from apps.dispatch.sweeper import sweep
from apps.runs.exceptions import BadSettlement, NothingToSettle, RunFinished
from apps.runs.interpreter import segment
from apps.runs.interpreter.advancing import advance
from apps.runs.interpreter.effects import key_of
from apps.runs.models import Run
from apps.runs.services import cancel_run, pause_run, settle_attention
from apps.tenants.context import maintenance
from apps.tenants.models import Tenant
from tests.factories.runs import Start, carry, error_of, events, step, steps
from tests.runs.interpreter.test_retries import Site, call, site
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node

__all__ = ["site"]


@pytest.fixture
def asking(start: Start, site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that leaves a run asking about the step `call`, which ran as its worker died."""

    def make(**rest: Any) -> Run:
        site.answers = [(200, {})]
        run = start(call(site, "POST", **rest))
        die_at_the_call(run, monkeypatch)
        run = carry(run)
        assert (run.status, error_of(run)["code"]) == ("needs_attention", "outcome_unknown")
        return run

    return make


def die_at_the_call(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry a run until it has said that its first step outside starts, and stop there."""

    class Killed(BaseException):
        """The process is gone."""

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(segment, "carry_out", die)
        with pytest.raises(Killed):
            advance(run.pk)
    Ticket.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00:00Z")


def test_it_happened_and_the_same_run_goes_on(asking: Any, site: Site, oscar: User) -> None:
    run = asking()
    settle_attention(run, actor=oscar, choice="happened", output={"n": 7}, reason="seen there")
    run = carry(run)
    assert (run.status, run.error, site.keys) == ("succeeded", None, [])
    assert step(run, "call").output == {"n": 7}
    entry = AuditEntry.objects.get(action="run.settled")
    assert (entry.after or {})["choice"] == "happened"
    settled = run.events.get(type="run.settled")
    assert (settled.data["by"], settled.data["reason"]) == ("Oscar", "seen there")


def test_again_is_another_act_with_another_key(asking: Any, site: Site, oscar: User) -> None:
    run = asking()
    before = key_of(run, "call")
    settle_attention(run, actor=oscar, choice="again")
    run = carry(run)
    assert (run.status, step(run, "call").attempt, len(site.keys)) == ("succeeded", 2, 1)
    assert key_of(run, "call") != before
    assert "node.retrying call" in events(run)


def test_it_failed_and_so_does_the_run(asking: Any, site: Site, oscar: User) -> None:
    run = asking()
    settle_attention(run, actor=oscar, choice="fail", reason="The bank says no.")
    run = carry(run)
    assert (run.status, steps(run)["call"], site.keys) == ("failed", "failed", [])
    assert "The bank says no." in error_of(run)["message"]
    assert not Ticket.objects.filter(pk=run.pk).exists()


@pytest.mark.parametrize(("on_error", "way"), [("continue", "after"), ("branch", "rescue")])
def test_it_failed_and_the_workflow_deals_with_that(
    start: Start, site: Site, oscar: User, monkeypatch: pytest.MonkeyPatch, on_error: str, way: str
) -> None:
    definition = graph(
        node("call", "http.request", config={"method": "POST", "url": site.origin}, on_error=on_error),
        transform("after", "went on"), transform("rescue", "rescued"),
        edge("start", "call"), edge("call", "after"), edge("call", "rescue", "error"),
    )  # fmt: skip
    if on_error != "branch":
        definition["edges"].pop()
        definition["edges"].append(edge("after", "rescue"))
    run = start(definition)
    die_at_the_call(run, monkeypatch)
    run = carry(run)
    settle_attention(run, actor=oscar, choice="fail")
    run = carry(run)
    assert (run.status, steps(run)["call"], steps(run)[way]) == ("succeeded", "failed", "succeeded")


def test_the_first_answer_counts(asking: Any, oscar: User, bob: User) -> None:
    run = asking()
    settle_attention(run, actor=oscar, choice="again")
    with pytest.raises(NothingToSettle):
        settle_attention(run, actor=bob, choice="fail")
    run = carry(run)
    with pytest.raises(RunFinished):
        settle_attention(run, actor=bob, choice="fail")
    assert AuditEntry.objects.filter(action="run.settled").count() == 1


def test_who_and_what_is_refused(asking: Any, vera: User, oscar: User) -> None:
    run = asking()
    with pytest.raises(Forbidden):
        settle_attention(run, actor=vera, choice="again")
    with pytest.raises(BadSettlement):
        settle_attention(run, actor=oscar, choice="perhaps")
    with pytest.raises(BadSettlement):
        settle_attention(run, actor=oscar, choice="happened", port="nowhere")
    with pytest.raises(BadSettlement):
        settle_attention(run, actor=oscar, choice="happened", output="x" * (33 << 20))
    run.refresh_from_db()
    assert run.status == "needs_attention"


def test_a_run_that_asks_nothing_takes_no_answer(start: Start, site: Site, oscar: User) -> None:
    site.answers = [(200, {})]
    with pytest.raises(NothingToSettle):
        settle_attention(start(call(site)), actor=oscar, choice="again")


def test_a_run_that_killed_its_workers_goes_on_once_it_is_told_to(
    start: Start, site: Site, oscar: User
) -> None:
    site.answers = [(200, {})]
    run = start(call(site))
    Ticket.objects.filter(pk=run.pk).update(strikes=3)
    run = carry(run)
    with pytest.raises(BadSettlement):
        settle_attention(run, actor=oscar, choice="happened")
    settle_attention(run, actor=oscar, choice="again")
    assert Ticket.objects.get(pk=run.pk).strikes == 0
    assert carry(run).status == "succeeded"


def test_a_run_that_killed_its_workers_can_be_given_up(
    start: Start, site: Site, oscar: User
) -> None:
    run = start(call(site))
    Ticket.objects.filter(pk=run.pk).update(strikes=3)
    run = carry(run)
    settle_attention(run, actor=oscar, choice="fail")
    assert carry(run).status == "failed"


def test_whom_somebody_wants_cancelled_asks_nothing(
    start: Start, site: Site, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(call(site, "POST"))
    die_at_the_call(run, monkeypatch)
    Ticket.objects.filter(pk=run.pk).update(wanted=Ticket.Wish.CANCEL)
    assert carry(run).status == "cancelled"


def test_a_run_that_asks_can_be_cancelled(asking: Any, oscar: User) -> None:
    run = asking()
    cancel_run(run, actor=oscar)
    assert carry(run).status == "cancelled"


@pytest.mark.parametrize(
    ("answer", "call"),
    [({"choice": "happened", "output": {}}, "succeeded"), ({"choice": "fail"}, "failed")],
)
def test_its_deadline_waits_for_the_answer(
    asking: Any, oscar: User, answer: dict[str, Any], call: str
) -> None:
    run = asking()
    set_timers(run.pk, [Alarm("", Timer.Kind.DEADLINE, run.created_at)])
    told = events(run)
    sweep()
    run = carry(run)
    ticket = Ticket.objects.get(pk=run.pk)
    assert (run.status, ticket.status, events(run)) == ("needs_attention", "paused", told)
    settle_attention(run, actor=oscar, reason="seen there", **answer)
    run = carry(run)
    assert (step(run, "call").status, run.status) == (
        call, "timed_out" if call == "succeeded" else "failed",
    )  # fmt: skip
    assert events(run).count("run.resumed") == 1


def test_one_that_its_deadline_woke_can_be_cancelled(asking: Any) -> None:
    run = asking()
    Ticket.objects.filter(pk=run.pk).update(status="ready", wanted=Ticket.Wish.CANCEL)
    assert carry(run).status == "cancelled"


def test_a_recovery_is_told(asking: Any) -> None:
    run = asking()
    told = run.events.get(type="run.recovered").data
    assert (told["fence"], told["strikes"], told["nodes"]) == (2, 1, ["call"])
    assert told["silent_s"] > 10
    assert told["lost"].startswith("w-")


def test_a_step_in_a_round_is_answered_like_any_other(
    start: Start, site: Site, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answers = [(200, {})]
    pay = node("pay", "http.request", config={"method": "POST", "url": site.origin})
    run = start(over(each(max_parallel=1), inside("each", pay)), orders=[1, 2])
    die_at_the_call(run, monkeypatch)
    run = carry(run)
    assert (error_of(run)["node"], error_of(run)["frame"]) == ("pay", "each.0")
    settle_attention(run, actor=oscar, choice="happened", output={"paid": 1})
    run = carry(run)
    assert (run.status, len(site.keys)) == ("succeeded", 1)
    assert (run.outputs or {})["results"][0] == {"paid": 1}


def test_a_step_in_a_round_that_failed_fails_what_holds_it(
    start: Start, site: Site, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay = node("pay", "http.request", config={"method": "POST", "url": site.origin})
    run = start(over(each(), inside("each", pay)), orders=[1])
    die_at_the_call(run, monkeypatch)
    run = carry(run)
    settle_attention(run, actor=oscar, choice="fail", reason="No.")
    run = carry(run)
    assert (run.status, steps(run)["each"]) == ("failed", "failed")


def test_runs_from_before_are_marked_and_told_from_paused_ones(
    asking: Any, start: Start, oscar: User, alpha: Tenant
) -> None:
    run, paused = asking(), start(graph(transform("a", 1), edge("start", "a")))
    pause_run(paused, actor=oscar)
    assert carry(paused).status == "paused"
    Ticket.objects.update(needs_attention=False)
    migration = import_module("apps.runs.migrations.0017_mark_what_needs_attention")
    for _ in range(2):
        with maintenance(alpha.schema_name), connection.cursor() as cursor:
            cursor.execute(migration.MARK)
    marked = Ticket.objects.filter(needs_attention=True)
    assert list(marked.values_list("pk", flat=True)) == [run.pk]

"""Waiting, deciding, cancelling, pausing, repeating."""

from typing import Any

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, NotFound
from apps.dispatch.exceptions import Backlogged
from apps.dispatch.models import Ticket
from apps.dispatch.sweeper import sweep
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.runs.exceptions import (
    AlreadyDecided,
    Archived,
    BadDecision,
    BadInputs,
    NoSuchStep,
    NoSuchVersion,
    NotAssigned,
    NotPaused,
    NotPublished,
    RunFinished,
    RunNotFinished,
)
from apps.runs.interpreter.effects import key_of
from apps.runs.models import Run, Wait
from apps.runs.services import (
    cancel_run,
    decide,
    find_run,
    pause_run,
    resume_run,
    retry_run,
    start_run,
)
from apps.workflows.exceptions import InBin
from apps.workflows.models import Workflow
from apps.workflows.services import (
    archive_workflow,
    create_workflow,
    delete_workflow,
    publish_workflow,
)
from tests.factories.runs import Start, carry, error_of, events, fire_timers, step, steps
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge, greeting, node


def approval(**config: Any) -> dict[str, Any]:
    """Return a graph that asks and goes on by the answer."""
    return graph(
        node("ask", "human.approval", config={"title": "Refund {{ input.x }}?", "actions": DEFAULT_ACTIONS, **config}),
        transform("yes", "{{ prev.comment }}"), transform("no"), transform("late"),
        edge("start", "ask"), edge("ask", "yes", "approved"), edge("ask", "no", "rejected"),
        edge("ask", "late", "expired"),
    )  # fmt: skip


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return create_workflow(actor=bob, name="Greeting", definition=greeting())


class TestStarting:
    def test_the_published_version_is_run(self, bob: User, workflow: Workflow) -> None:
        with pytest.raises(NotPublished):
            start_run(workflow, actor=bob, inputs={"who": "x"})
        version = publish_workflow(workflow, actor=bob)
        workflow.refresh_from_db()
        run = start_run(workflow, actor=bob, inputs={"who": "x"})
        assert (run.version, run.status, run.seq) == (version, "queued", 1)
        assert start_run(workflow, actor=bob, inputs={"who": "x"}, version=1).version == version
        with pytest.raises(NoSuchVersion):
            start_run(workflow, actor=bob, inputs={"who": "x"}, version=2)

    def test_inputs_must_fit_the_form(self, bob: User, workflow: Workflow) -> None:
        with pytest.raises(BadInputs) as caught:
            start_run(workflow, actor=bob, inputs={"whom": "x"}, version="draft")
        assert {each["field"] for each in caught.value.errors} == {"who", "whom"}
        assert not Run.objects.exists()

    def test_binned_and_archived_ones_do_not_start(self, bob: User, workflow: Workflow) -> None:
        archived = archive_workflow(workflow, actor=bob)
        with pytest.raises(Archived):
            start_run(archived, actor=bob, inputs={"who": "x"}, version="draft")
        delete_workflow(workflow, actor=bob)
        workflow.refresh_from_db()
        with pytest.raises(InBin):
            start_run(workflow, actor=bob, inputs={"who": "x"}, version="draft")

    def test_viewers_may_not(self, vera: User, workflow: Workflow) -> None:
        with pytest.raises(Forbidden):
            start_run(workflow, actor=vera, inputs={"who": "x"})

    def test_above_the_cap_runs_queue_and_past_the_backlog_they_are_refused(
        self, start: Start, settings: Settings
    ) -> None:
        settings.RUNS_PER_TENANT, settings.RUN_BACKLOG = 1, 1
        first, second = start(greeting(), who="a"), start(greeting(), who="b")
        assert Ticket.objects.get(pk=second.pk).status == Ticket.Status.PENDING
        with pytest.raises(Backlogged) as caught:
            start(greeting(), who="c")
        assert caught.value.headers["Retry-After"]
        sweep()
        assert Ticket.objects.get(pk=second.pk).status == Ticket.Status.PENDING
        carry(first)
        sweep()
        assert carry(second).outputs == "Hello b"

    def test_others_do_not_find_it(self, start: Start, mallory: User, vera: User) -> None:
        run = start(greeting(), who="a")
        assert find_run(run.pk, actor=vera) == run
        with pytest.raises(NotFound):
            find_run("0192f5b0-0000-7000-8000-000000000000", actor=vera)


class TestWaiting:
    def test_a_delay_is_a_row_and_ends_by_its_timer(self, start: Start) -> None:
        run = carry(
            start(graph(transform("a", 5), node("w", "flow.wait", config={"seconds": 3600}),
                        edge("start", "a"), edge("a", "w")))
        )  # fmt: skip
        assert (run.status, steps(run)["w"]) == ("waiting", "waiting")
        assert Ticket.objects.get(pk=run.pk).status == Ticket.Status.WAITING
        sweep()
        assert carry(run).status == "waiting"
        fire_timers(run)
        run = carry(run)
        assert (run.status, (run.outputs or {})["value"]) == ("succeeded", {"n": 5})
        assert events(run)[-5:] == [
            "node.waiting w", "run.waiting", "run.resumed", "node.succeeded w", "run.succeeded",
        ]  # fmt: skip

    def test_a_decision_is_taken_once(self, start: Start, oscar: User, bob: User) -> None:
        run = carry(start(approval(), x=9))
        wait = Wait.objects.get(run=run)
        assert (wait.title, run.status) == ("Refund 9?", "waiting")
        decide(wait, actor=oscar, decision="approved", comment="fine")
        with pytest.raises(AlreadyDecided):
            decide(wait, actor=bob, decision="rejected")
        run = carry(run)
        assert run.outputs == {"n": "fine"}
        assert (step(run, "ask").output or {})["decided_by"] == "Oscar"
        assert steps(run)["no"] == steps(run)["late"] == "skipped"
        assert AuditEntry.objects.filter(action="approval.decided").count() == 1

    def test_without_an_answer_it_expires(self, start: Start, oscar: User) -> None:
        run = carry(start(approval(expires_after_s=60), x=1))
        fire_timers(run)
        run = carry(run)
        assert steps(run)["late"] == "succeeded"
        with pytest.raises(AlreadyDecided):
            decide(Wait.objects.get(run=run), actor=oscar, decision="approved")

    def test_a_decision_beats_a_timer_that_was_not_heard_yet(
        self, start: Start, oscar: User
    ) -> None:
        run = carry(start(approval(expires_after_s=60), x=1))
        fire_timers(run)
        decide(Wait.objects.get(run=run), actor=oscar, decision="rejected")
        assert steps(carry(run))["no"] == "succeeded"

    def test_who_may_decide(self, start: Start, oscar: User, vera: User, bob: User) -> None:
        run = carry(start(approval(assignees=["builder"], require_reason=True), x=1))
        wait = Wait.objects.get(run=run)
        with pytest.raises(Forbidden):
            decide(wait, actor=vera, decision="approved", comment="x")
        with pytest.raises(NotAssigned):
            decide(wait, actor=oscar, decision="approved", comment="x")
        with pytest.raises(BadDecision):
            decide(wait, actor=bob, decision="approved")
        with pytest.raises(BadDecision):
            decide(wait, actor=bob, decision="maybe", comment="x")
        assert set(Wait.objects.assigned_to(bob)) == {wait}
        assert not Wait.objects.assigned_to(oscar).exists()
        decide(wait, actor=bob, decision="approved", comment="x")

    def test_the_deadline_of_a_run_ends_it(self, start: Start) -> None:
        definition = approval() | {"settings": {"timeout_s": 60}}
        run = carry(start(definition, x=1))
        assert run.deadline_at is not None
        fire_timers(run)
        run = carry(run)
        assert (run.status, error_of(run)["code"]) == ("timed_out", "timed_out")
        assert Wait.objects.get(run=run).status == Wait.Status.CANCELLED


class TestSteering:
    def test_a_run_that_nobody_carries_is_cancelled_at_once(self, start: Start, bob: User) -> None:
        run = carry(start(approval(), x=1))
        cancel_run(run, actor=bob)
        assert carry(run).status == "cancelled"
        assert Wait.objects.get(run=run).status == Wait.Status.CANCELLED
        with pytest.raises(RunFinished):
            cancel_run(run, actor=bob)

    def test_a_queued_run_is_cancelled_before_it_starts(self, start: Start, bob: User) -> None:
        run = start(greeting(), who="x")
        cancel_run(run, actor=bob)
        assert events(carry(run)) == ["run.queued", "run.cancelling", "run.cancelled"]

    def test_pause_and_resume(self, start: Start, bob: User, oscar: User) -> None:
        run = carry(start(approval(), x=1))
        pause_run(run, actor=bob)
        decide(Wait.objects.get(run=run), actor=oscar, decision="approved")
        sweep()
        assert carry(run).status == "paused"
        resume_run(run, actor=bob)
        assert carry(run).status == "succeeded"
        with pytest.raises(RunFinished):
            resume_run(run, actor=bob)

    def test_only_a_paused_run_resumes(self, start: Start, bob: User) -> None:
        run = start(greeting(), who="x")
        with pytest.raises(NotPaused):
            resume_run(run, actor=bob)

    @pytest.mark.parametrize("act", [cancel_run, pause_run, resume_run, retry_run])
    def test_viewers_may_not(self, start: Start, vera: User, act: Any) -> None:
        run = start(greeting(), who="x")
        with pytest.raises(Forbidden):
            act(run, actor=vera)


class TestRepeating:
    def test_binned_and_archived_ones_are_not_repeated(self, start: Start, bob: User) -> None:
        run = carry(start(greeting(), who="x"))
        archive_workflow(run.workflow, actor=bob)
        with pytest.raises(Archived):
            retry_run(Run.objects.get(pk=run.pk), actor=bob)
        delete_workflow(run.workflow, actor=bob)
        with pytest.raises(InBin):
            retry_run(Run.objects.get(pk=run.pk), actor=bob)

    def test_what_succeeded_is_taken_over(self, start: Start, bob: User) -> None:
        run = carry(start(graph(transform("a", 5), code("b", "inputs['x']"), transform("c"),
                                edge("start", "a"), edge("a", "b"), edge("b", "c"))))  # fmt: skip
        assert run.status == "failed"
        again = carry(retry_run(run, actor=bob))
        assert (again.retry_of, again.root_id, again.trigger) == (run, run.root_id, "retry")
        assert events(again)[:4] == [
            "run.queued", "node.succeeded start", "node.succeeded a", "run.started",
        ]  # fmt: skip
        assert key_of(again, "b") == key_of(run, "b")
        assert carry(run).status == "failed"

    def test_an_edited_input_replaces_prev_and_changes_keys(self, start: Start, bob: User) -> None:
        run = carry(start(graph(transform("a", 5), transform("b", "{{ prev.n + 1 }}"), transform("c", "{{ prev.n * 2 }}"),
                                edge("start", "a"), edge("a", "b"), edge("b", "c"))))  # fmt: skip
        again = carry(retry_run(run, actor=bob, from_node="b", inputs={"n": 10}))
        assert again.outputs == {"n": 22}
        assert key_of(again, "b") != key_of(run, "b")
        assert key_of(again, "c") != key_of(run, "c")
        assert key_of(again, "a") == key_of(run, "a")

    def test_from_the_start_with_other_inputs(self, start: Start, bob: User) -> None:
        run = carry(start(greeting(), who="Ada"))
        again = carry(retry_run(run, actor=bob, from_node="start", inputs={"who": "Bo"}))
        assert again.outputs == "Hello Bo"
        with pytest.raises(BadInputs):
            retry_run(run, actor=bob, from_node="start", inputs={"whom": "Bo"})

    def test_what_cannot_be_repeated(self, start: Start, bob: User) -> None:
        run = start(greeting(), who="Ada")
        with pytest.raises(RunNotFinished):
            retry_run(run, actor=bob)
        with pytest.raises(NoSuchStep):
            retry_run(carry(run), actor=bob, from_node="nowhere")

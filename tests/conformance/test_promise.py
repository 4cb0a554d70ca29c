"""What every engine must do, told by services, rows and events alone."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.notifications.models import Notification
from apps.runs import services
from apps.runs.exceptions import AlreadyDecided, NotPaused, RunFinished
from apps.runs.models import Run, Wait
from apps.workflows.services import create_workflow, publish_workflow
from tests.conformance.conftest import Begin
from tests.conformance.engines import Driver
from tests.factories.runs import error_of, events, steps
from tests.runs.interpreter.test_semantics import graph, transform, when
from tests.simulation.effects import Target
from tests.workflows.definitions import edge, node


def act(name: str, effect: str = "keyed", **rest: Any) -> JSONDict:
    return node(name, "sim.effect", config={"effect": effect}, **rest)


def wait() -> JSONDict:
    return graph(node("w", "flow.wait", config={"seconds": 3600}), act("a"), edge("start", "w"),
                 edge("w", "a"))  # fmt: skip


def question(**config: Any) -> JSONDict:
    ask = node("ask", "human.approval", config={"title": "?", "actions": DEFAULT_ACTIONS, **config})
    return graph(ask, act("yes"), act("no"), edge("start", "ask"), edge("ask", "yes", "approved"),
                 edge("ask", "no", "rejected"))  # fmt: skip


def fresh(run: Run) -> Run:
    run.refresh_from_db()
    return run


def test_a_run_comes_to_its_end(driver: Driver, begin: Begin, target: Target) -> None:
    run = begin(graph(act("a"), transform("b"), edge("start", "a"), edge("a", "b")))
    driver.work()
    assert (fresh(run).status, run.outputs) == ("succeeded", {"n": 1})
    assert len(target.calls) == 1


def test_one_key_starts_one_run(driver: Driver, begin: Begin, bob: User) -> None:
    first = begin(wait(), dedupe_key="order-7")
    again = services.start_run(
        first.workflow, actor=bob, inputs={}, version="draft", dedupe_key="order-7"
    )
    driver.work()
    assert (again.pk, Run.objects.count()) == (first.pk, 1)


def test_skips_and_joins(driver: Driver, begin: Begin) -> None:
    run = begin(
        graph(
            when("if", True), transform("yes"), transform("no"), transform("all"),
            transform("any", join="any"), transform("two", join={"n": 2}),
            edge("start", "if"), edge("if", "yes", "true"), edge("if", "no", "false"),
            edge("yes", "all"), edge("no", "all"), edge("yes", "any"), edge("no", "any"),
            edge("yes", "two"), edge("no", "two"),
        )
    )  # fmt: skip
    driver.work()
    assert steps(run) == {
        "start": "succeeded", "if": "succeeded", "yes": "succeeded", "no": "skipped",
        "all": "succeeded", "any": "succeeded", "two": "skipped",
    }  # fmt: skip


def test_rounds(driver: Driver, begin: Begin, target: Target) -> None:
    each = node("each", "flow.each", config={"items": [1, 2, 3], "max_parallel": 2})
    run = begin(graph(each, act("a", parent="each"), edge("start", "each")))
    driver.work()
    assert fresh(run).status == "succeeded"
    assert len({call.key for call in target.calls}) == len(target.calls) == 3


def test_a_retry_waits_and_keeps_its_key(driver: Driver, begin: Begin, target: Target) -> None:
    policy = {"max_attempts": 20, "initial_s": 3600, "max_s": 3600}
    run = begin(graph(act("a", retry=policy), edge("start", "a")))
    target.is_kind, target.dice = False, Sure(refuses=True)
    driver.work()
    assert fresh(run).status == "waiting"
    target.dice = Sure(refuses=False)
    driver.work()
    assert fresh(run).status == "waiting", "it is not time yet"
    driver.time_passes()
    assert fresh(run).status == "succeeded"
    assert [call.attempt for call in target.calls] == [1, 2]
    assert len({call.key for call in target.calls}) == 1


class Sure(Random):
    """Dice that always fall the same way: the target has the call, and refuses for a while or not."""

    def __init__(self, *, refuses: bool) -> None:
        super().__init__()
        self._falls = iter([0.85, 0.0]) if refuses else iter([0.0])

    def random(self) -> float:
        return next(self._falls)


def test_a_wait_ends_in_time(driver: Driver, begin: Begin, target: Target) -> None:
    run = begin(wait())
    driver.work()
    driver.work()
    assert (fresh(run).status, target.calls) == ("waiting", [])
    driver.time_passes()
    assert fresh(run).status == "succeeded"


def test_a_question_is_answered_once(driver: Driver, begin: Begin, oscar: User) -> None:
    run = begin(question())
    driver.work()
    asked = Wait.objects.get(run=run)
    services.decide(asked, actor=oscar, decision="rejected")
    with pytest.raises(AlreadyDecided):
        services.decide(asked, actor=oscar, decision="approved")
    driver.work()
    assert steps(run) | {"yes": "skipped", "no": "succeeded"} == steps(run)


def test_nobody_answers(driver: Driver, begin: Begin, target: Target) -> None:
    run = begin(question(expires_after_s=60))
    driver.work()
    driver.time_passes()
    assert (fresh(run).status, target.calls) == ("succeeded", [])


def test_who_is_asked_next_is_reminded_too(
    driver: Driver, begin: Begin, alice: User, oscar: User
) -> None:
    """The one reminder of the first is over: an answer has to have the question looked after."""
    in_turn = [alice.email, oscar.email]
    run = begin(question(assignees=in_turn, order="sequence", remind_every_h=4, reminders=1))
    driver.work()
    asked = Wait.objects.filter(run=run)
    for user in (alice, oscar):
        asked.update(asked_at=timezone.now() - timedelta(hours=5))
        driver.time_passes()
        told = Notification.objects.filter(kind="approval.reminder", user=user)
        assert told.count() == 1
        services.decide(asked.get(), actor=user, decision="approved")
    driver.work()
    assert fresh(run).status == "succeeded"


def test_wake_ups_for_nothing_change_nothing(driver: Driver, begin: Begin) -> None:
    run = begin(wait())
    driver.work()
    before = events(run)
    for _ in range(3):
        driver.engine.wake(run.pk)
    driver.work()
    assert [each for each in events(run) if each.startswith("node.")] == [
        each for each in before if each.startswith("node.")
    ]
    assert fresh(run).status == "waiting"


def test_nothing_starts_after_a_cancel(
    driver: Driver, begin: Begin, bob: User, target: Target
) -> None:
    run = begin(wait())
    driver.work()
    services.cancel_run(run, actor=bob)
    driver.time_passes()
    assert (fresh(run).status, target.calls) == ("cancelled", [])
    with pytest.raises(RunFinished):
        services.cancel_run(run, actor=bob)


def test_a_run_is_cancelled_before_it_begins(driver: Driver, begin: Begin, bob: User) -> None:
    run = begin(wait())
    services.cancel_run(run, actor=bob)
    driver.work()
    assert (fresh(run).status, steps(run)) == ("cancelled", {})


def test_what_was_done_is_taken_back(
    driver: Driver, begin: Begin, bob: User, target: Target
) -> None:
    later = node("w", "flow.wait", config={"seconds": 3600})
    run = begin(graph(act("a", undo=True), act("back"), later, edge("start", "a"),
                      edge("a", "back", "undo"), edge("a", "w")))  # fmt: skip
    driver.work()
    services.cancel_run(run, actor=bob)
    driver.work()
    assert fresh(run).status == "cancelled"
    assert [call.node for call in target.calls] == ["a", "back"]


def test_a_paused_run_stands_still(driver: Driver, begin: Begin, bob: User, target: Target) -> None:
    run = begin(wait())
    driver.work()
    services.pause_run(run, actor=bob)
    driver.time_passes()
    assert (fresh(run).status, target.calls) == ("paused", [])
    services.resume_run(run, actor=bob)
    driver.work()
    assert (fresh(run).status, len(target.calls)) == ("succeeded", 1)
    with pytest.raises(RunFinished):
        services.resume_run(run, actor=bob)


def test_only_what_is_paused_is_resumed(driver: Driver, begin: Begin, bob: User) -> None:
    run = begin(wait())
    with pytest.raises(NotPaused):
        services.resume_run(run, actor=bob)


def test_an_answer_to_a_paused_run_is_kept(
    driver: Driver, begin: Begin, bob: User, oscar: User
) -> None:
    run = begin(question())
    driver.work()
    services.pause_run(run, actor=bob)
    services.decide(Wait.objects.get(run=run), actor=oscar, decision="approved")
    driver.work()
    assert fresh(run).status == "paused"
    services.resume_run(run, actor=bob)
    driver.work()
    assert steps(run) | {"yes": "succeeded"} == steps(run)


def test_what_came_while_a_run_was_being_paused_is_kept(
    driver: Driver, begin: Begin, bob: User
) -> None:
    run = begin(wait())
    driver.work()
    driver.engine.ask(run.pk, "pause")
    driver.time_passes()
    assert fresh(run).status == "paused"
    services.resume_run(run, actor=bob)
    driver.work()
    assert fresh(run).status == "succeeded"


def test_a_run_is_ended_at_once(driver: Driver, begin: Begin, bob: User) -> None:
    run = begin(wait())
    driver.work()
    services.terminate_run(run, actor=bob)
    driver.time_passes()
    assert fresh(run).status == "cancelled"


@pytest.mark.parametrize("effect", ["idempotent", "keyed"])
def test_what_may_be_repeated_is(driver: Driver, begin: Begin, target: Target, effect: str) -> None:
    run = begin(graph(act("a", effect), edge("start", "a")))
    driver.die_in_a_step()
    driver.work()
    assert fresh(run).status == "succeeded"
    assert "run.recovered" in events(run)
    assert len({call.key for call in target.calls}) == 1


@pytest.mark.parametrize(
    ("choice", "calls", "status"),
    [("happened", 0, "succeeded"), ("again", 1, "succeeded"), ("fail", 0, "failed")],
)
def test_what_must_not_be_repeated_asks_a_person(
    driver: Driver, begin: Begin, target: Target, bob: User, choice: str, calls: int, status: str
) -> None:
    run = begin(graph(act("a", "once"), edge("start", "a")))
    driver.die_in_a_step()
    driver.work()
    assert (fresh(run).status, target.calls) == ("needs_attention", [])
    services.settle_attention(run, actor=bob, choice=choice, output={"answer": "done"})
    driver.work()
    assert (fresh(run).status, len(target.calls)) == (status, calls)


def inner(bob: User) -> JSONDict:
    child = create_workflow(actor=bob, name="Inner", definition=wait_only())
    publish_workflow(child, actor=bob)
    config = {"workflow": str(child.pk), "inputs": {}}
    return graph(node("run", "flow.run", config=config), edge("start", "run"))


def wait_only() -> JSONDict:
    return graph(node("w", "flow.wait", config={"seconds": 3600}), edge("start", "w"))


def test_the_end_of_an_inner_run_wakes_the_outer(driver: Driver, begin: Begin, bob: User) -> None:
    run = begin(inner(bob))
    driver.work()
    assert (fresh(run).status, Run.objects.get(parent=run).status) == ("waiting", "waiting")
    driver.time_passes()
    assert (fresh(run).status, Run.objects.get(parent=run).status) == ("succeeded", "succeeded")


def test_an_inner_run_ends_with_the_outer(driver: Driver, begin: Begin, bob: User) -> None:
    run = begin(inner(bob))
    driver.work()
    services.cancel_run(run, actor=bob)
    driver.work()
    assert (fresh(run).status, Run.objects.get(parent=run).status) == ("cancelled", "cancelled")


def test_a_run_takes_no_longer_than_it_may(driver: Driver, begin: Begin, target: Target) -> None:
    run = begin({**wait(), "settings": {"timeout_s": 60}})
    driver.work()
    driver.time_passes()
    assert (fresh(run).status, error_of(run)["code"]) == ("timed_out", "timed_out")
    assert target.calls == []

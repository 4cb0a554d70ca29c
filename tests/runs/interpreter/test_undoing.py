"""Undo steps: what a run did is taken back when it ends badly."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.runs.models import Run, Wait
from apps.runs.services import cancel_run, decide, retry_run
from apps.workflows.exceptions import HasProblems
from tests.factories.runs import Start, carry, error_of, events, step, steps
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node


def undo(source: str, target: str) -> dict[str, Any]:
    return edge(source, target, "undo")


def order(last: dict[str, Any]) -> dict[str, Any]:
    """Reserve, then pay, then a last step; both of the first can be taken back."""
    return graph(
        transform("reserve", "room 7", undo=True), transform("pay", "90 EUR", undo=True), last,
        transform("free", "{{ 'freed ' + prev.n }}"), transform("refund", "{{ 'back ' + prev.n }}"),
        transform("tell", "{{ prev.n + '!' }}"),
        edge("start", "reserve"), edge("reserve", "pay"), edge("pay", last["id"]),
        undo("reserve", "free"), undo("pay", "refund"), edge("refund", "tell"),
    )  # fmt: skip


BAD = transform("bad", "{{ input.lost }}")
ASK = node("ask", "human.approval", config={"title": "Well?"})


def ended(run: Run) -> list[str]:
    told = [each.split() for each in events(run)]
    return [each[1] for each in told if each[0] == "node.succeeded"]


def test_nothing_is_taken_back_from_a_run_that_goes_well(start: Start) -> None:
    run = carry(start(order(transform("good"))))
    assert run.status == "succeeded"
    assert set(steps(run)) == {"start", "reserve", "pay", "good"}


def test_a_failure_takes_back_the_last_thing_first(start: Start) -> None:
    run = carry(start(order(BAD)))
    assert run.status == "failed"
    assert error_of(run)["node"] == "bad"
    assert ended(run) == ["start", "reserve", "pay", "refund", "tell", "free"]
    assert (step(run, "tell").output, step(run, "free").output) == (
        {"n": "back 90 EUR!"}, {"n": "freed room 7"},
    )  # fmt: skip
    assert "run.undoing" in events(run)


def test_cancelling_takes_back(start: Start, bob: User) -> None:
    run = carry(start(order(ASK)))
    assert run.status == "waiting"
    cancel_run(run, actor=bob)
    run = carry(run)
    assert (run.status, run.error) == ("cancelled", None)
    assert ended(run)[-3:] == ["refund", "tell", "free"]
    assert not Wait.objects.open().exists()


def test_what_cannot_be_taken_back_is_named_and_the_rest_goes_on(start: Start) -> None:
    definition = order(BAD)
    refund = next(each for each in definition["nodes"] if each["id"] == "refund")
    refund["config"]["fields"][0]["value"] = "{{ prev.lost }}"
    run = carry(start(definition))
    assert run.status == "failed"
    assert (error_of(run)["node"], error_of(run)["not_undone"]) == ("bad", ["refund"])
    assert steps(run)["free"] == "succeeded"


def test_what_is_taken_back_may_wait(start: Start, oscar: User) -> None:
    definition = order(BAD)
    definition["nodes"] = [each for each in definition["nodes"] if each["id"] != "refund"]
    definition["nodes"].append(node("refund", "human.approval", config={"title": "Refund?"}))
    definition["edges"] = [each for each in definition["edges"] if each["source"] != "refund"]
    definition["edges"].append(edge("refund", "tell", "approved"))
    run = carry(start(definition))
    assert run.status == "waiting"
    decide(Wait.objects.get(run=run), actor=oscar, decision="rejected")
    run = carry(run)
    assert (run.status, steps(run)["tell"], steps(run)["free"]) == (
        "failed",
        "skipped",
        "succeeded",
    )


def test_a_retry_does_again_what_was_taken_back(start: Start, bob: User) -> None:
    run = carry(start(order(BAD)))
    again = retry_run(run, actor=bob)
    assert not again.nodes.filter(node__in=["reserve", "pay", "free", "refund"]).exists()
    assert (again.generations["reserve"], again.generations["pay"]) == (1, 1)
    assert ended(carry(again))[:3] == ["start", "reserve", "pay"]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ([edge("start", "free")], "undo_on_the_way"),
        ([undo("pay", "free")], "second_undo"),
        ([undo("start", "tell")], "unknown_port"),
    ],
)
def test_undo_steps_are_judged(start: Start, extra: list[dict[str, Any]], code: str) -> None:
    definition = order(BAD)
    definition["edges"] += extra
    with pytest.raises(HasProblems) as refused:
        start(definition)
    assert code in {each["code"] for each in refused.value.errors}

"""Letting a run that stands still go on with a newer version of its workflow."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.common.types import JSONDict
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.runs.exceptions import NoSuchVersion, NotMovable
from apps.runs.models import Run, Wait
from apps.runs.services import decide, move_run, pause_run, preview_move, resume_run, start_run
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow, publish_workflow, update_workflow
from tests.factories.runs import carry, events, step, steps
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge, node


def asking(*more: JSONDict, first: str = "a", **config: Any) -> JSONDict:
    """Return start, a sum, a question, and what follows from a yes."""
    question = {"title": "Go on?", "actions": DEFAULT_ACTIONS, **config}
    return graph(
        transform(first, 5), node("ask", "human.approval", config=question),
        edge("start", first), edge(first, "ask"), *more,
    )  # fmt: skip


def then(name: str, value: Any) -> tuple[JSONDict, JSONDict]:
    return transform(name, value), edge("ask", name, "approved")


@pytest.fixture
def workflow(bob: User) -> Workflow:
    made = create_workflow(actor=bob, name="Asks", definition=asking(*then("b", 1)))
    publish_workflow(made, actor=bob)
    made.refresh_from_db()
    return made


@pytest.fixture
def waiting(workflow: Workflow, bob: User) -> Run:
    run = carry(start_run(workflow, actor=bob, inputs={}))
    assert run.status == "waiting"
    return run


def publish(workflow: Workflow, actor: User, definition: JSONDict) -> None:
    workflow.refresh_from_db()
    update_workflow(workflow, actor=actor, revision=None, changes={"definition": definition})
    workflow.refresh_from_db()
    publish_workflow(workflow, actor=actor)


def test_what_comes_next_is_the_new_version(waiting: Run, workflow: Workflow, bob: User) -> None:
    publish(workflow, bob, asking(*then("b", 2), *then("c", 3)))
    fates = {fate.node: fate.meaning for fate in preview_move(waiting, actor=bob, version=2).fates}
    assert fates == {"start": "kept", "a": "kept", "ask": "kept", "b": "changed", "c": "new"}
    waiting.refresh_from_db()
    assert waiting.version.number == 1
    run = carry(move_run(waiting, actor=bob, version=2))
    assert (run.status, run.version.number) == ("waiting", 2)
    decide(Wait.objects.get(run=run), actor=bob, decision="approved")
    run = carry(run)
    assert run.status == "succeeded"
    assert (step(run, "b").output, step(run, "c").output) == ({"n": 2}, {"n": 3})
    assert events(run).count("node.succeeded a") == 1
    entry = AuditEntry.objects.get(action="run.moved")
    assert (entry.before, entry.after) == ({"version": 1}, {"version": 2})
    told = run.events.get(type="run.moved").data
    assert (told["from"], told["to"], told["steps"]) == (1, 2, {"b": "changed", "c": "new"})


def test_the_past_is_not_made_again(waiting: Run, workflow: Workflow, bob: User) -> None:
    early = transform("early"), edge("start", "early"), edge("early", "a")
    publish(workflow, bob, asking(*early, *then("b", 2)))
    run = carry(move_run(waiting, actor=bob, version=2))
    decide(Wait.objects.get(run=run), actor=bob, decision="approved")
    run = carry(run)
    assert "early" not in steps(run)
    assert step(run, "b").output == {"n": 2}


def test_what_is_gone_stays_in_the_history(waiting: Run, workflow: Workflow, bob: User) -> None:
    publish(workflow, bob, asking(*then("b", 2), first="z"))
    fates = {fate.node: fate for fate in preview_move(waiting, actor=bob, version=2).fates}
    assert (fates["a"].meaning, fates["a"].status) == ("gone", "succeeded")
    assert fates["z"].meaning == "passed_over"
    run = carry(move_run(waiting, actor=bob, version=2))
    decide(Wait.objects.get(run=run), actor=bob, decision="approved")
    run = carry(run)
    assert (run.status, steps(run)["a"]) == ("succeeded", "succeeded")


def test_a_paused_run_stays_paused(waiting: Run, workflow: Workflow, bob: User) -> None:
    publish(workflow, bob, asking(*then("b", 2)))
    pause_run(waiting, actor=bob)
    run = carry(move_run(waiting, actor=bob, version=2))
    assert run.status == "paused"
    resume_run(run, actor=bob)
    assert carry(run).status == "waiting"


OTHER = node("ask", "flow.wait", config={"seconds": 5})
MAYBE = [{"id": "maybe", "label": "Maybe", "style": "primary"}]


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (graph(transform("a", 5), edge("start", "a")), "lacks"),
        (graph(transform("a", 5), OTHER, edge("start", "a"), edge("a", "ask")), "another kind"),
        (asking(actions=MAYBE), "approved, rejected"),
    ],
)
def test_what_cannot_be_carried_over_is_refused(
    waiting: Run, workflow: Workflow, bob: User, definition: JSONDict, said: str
) -> None:
    publish(workflow, bob, definition)
    move = preview_move(waiting, actor=bob, version=2)
    assert said in move.refusals[0]["message"]
    assert move.as_json()["possible"] is False
    before = list(waiting.events.values_list("seq", flat=True))
    with pytest.raises(NotMovable):
        move_run(waiting, actor=bob, version=2)
    waiting.refresh_from_db()
    assert (waiting.version.number, waiting.status) == (1, "waiting")
    assert list(waiting.events.values_list("seq", flat=True)) == before


def test_who_may_and_whereto(waiting: Run, workflow: Workflow, bob: User, vera: User) -> None:
    publish(workflow, bob, asking(*then("b", 2)))
    with pytest.raises(Forbidden):
        move_run(waiting, actor=vera, version=2)
    with pytest.raises(NoSuchVersion):
        move_run(waiting, actor=bob, version=9)
    with pytest.raises(NotMovable):
        move_run(waiting, actor=bob, version=1)
    finished = carry(start_run(workflow, actor=bob, inputs={}))
    decide(Wait.objects.get(run=finished), actor=bob, decision="rejected")
    with pytest.raises(NotMovable):
        preview_move(carry(finished), actor=bob, version=2)

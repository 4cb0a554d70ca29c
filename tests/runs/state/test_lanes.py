"""Workflows of which only so many runs may go on, seen from runs inside others."""

from typing import Any

from apps.accounts.models import User
from apps.dispatch.models import Ticket
from apps.dispatch.sweeper import sweep
from apps.runs.models import Run
from apps.workflows.models import Workflow
from apps.workflows.services import publish_workflow, update_workflow
from tests.factories.runs import Start, carry, carry_family, family
from tests.runs.interpreter.test_inner_runs import calls
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import transform
from tests.runs.scenes import published, started
from tests.workflows.definitions import greeting

ONE_AT_A_TIME = {"max_concurrent_runs": 1}


def by_turns(run: Run) -> Run:
    """Carry a run and those inside it, and let in by the sweep who is held, until all is done."""
    for _ in range(20):
        run = carry_family(run)
        if run.is_finished:
            break
        sweep()
    return run


def status(run: Run) -> str:
    return Ticket.objects.get(pk=run.pk).status


def test_an_inner_run_waits_for_its_turn_in_the_lane(start: Start, bob: User) -> None:
    workflow = published(bob, greeting() | {"settings": ONE_AT_A_TIME})
    other = started(workflow, bob)
    run = carry(start(calls(workflow), who="Ada"))
    [_, child] = family(run)
    assert (status(other), status(child)) == ("ready", "held")
    carry(other)
    sweep()
    assert status(child) == "ready"
    assert by_turns(run).status == "succeeded"


def test_what_is_part_of_something_begun_goes_before_what_is_not(start: Start, bob: User) -> None:
    workflow = published(bob, greeting() | {"settings": ONE_AT_A_TIME})
    running, queued = started(workflow, bob), started(workflow, bob)
    [_, child] = family(carry(start(calls(workflow), who="Ada")))
    carry(running)
    sweep()
    assert (status(child), status(queued)) == ("ready", "held")


def test_a_run_and_its_chunks_do_not_wait_for_each_other(start: Start) -> None:
    listed: dict[str, Any] = over(each(), inside("each", transform("a", "{{ item + 1 }}")))
    run = start(listed | {"settings": ONE_AT_A_TIME}, orders=list(range(250)))
    run = by_turns(run)
    assert run.status == "succeeded", run.error
    assert [one["n"] for one in (run.outputs or {})["results"]] == list(range(1, 251))
    assert len(family(run)) > 2


def test_a_run_and_the_same_workflow_inside_it_do_not_wait_for_each_other(bob: User) -> None:
    workflow = published(bob, greeting() | {"settings": ONE_AT_A_TIME})
    definition = calls(workflow, version=1) | {"settings": ONE_AT_A_TIME}
    update_workflow(workflow, actor=bob, revision=None, changes={"definition": definition})
    publish_workflow(Workflow.objects.get(pk=workflow.pk), actor=bob)
    runs = [started(Workflow.objects.get(pk=workflow.pk), bob) for _ in range(3)]
    for _ in range(3):  # each lets the next one in
        runs = [by_turns(each) for each in runs]
    assert [each.status for each in runs] == ["succeeded"] * 3
    assert {each.workflow for each in family(runs[0])} == {workflow}
    assert not Ticket.objects.exists()

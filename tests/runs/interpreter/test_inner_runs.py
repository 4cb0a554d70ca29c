"""Runs inside runs: a workflow that a step runs, and long lists in chunks."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.runs.interpreter.effects import key_of
from apps.runs.last import last_run_of
from apps.runs.models import NodeRun, Run, Wait
from apps.runs.services import cancel_run, retry_run
from apps.workflows.models import Workflow
from apps.workflows.services import delete_workflow, publish_workflow, update_workflow
from tests.factories.runs import Start, carry, carry_family, error_of, family, step
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.scenes import asking, failing, published
from tests.workflows.definitions import edge, node


@pytest.fixture
def greeting(bob: User) -> Workflow:
    return published(bob)


def calling(workflow: Workflow, **config: Any) -> dict[str, Any]:
    config = {"workflow": str(workflow.pk), "inputs": {"who": "{{ input.who }}"}, **config}
    return node("call", "flow.run", config=config)


def calls(workflow: Workflow, **config: Any) -> dict[str, Any]:
    return graph(
        calling(workflow, **config),
        transform("after", "{{ prev.outputs }}"),
        edge("start", "call"),
        edge("call", "after"),
    )


class TestWorkflowInside:
    def test_its_outputs_are_the_steps(self, start: Start, greeting: Workflow) -> None:
        run = carry(start(calls(greeting), who="Ada"))
        assert run.status == "waiting"
        [_, child] = family(run)
        assert (child.trigger, child.depth, child.parent) == ("step", 1, run)
        assert child.version == greeting.published_version
        run = carry_family(run)
        assert (run.status, run.outputs) == ("succeeded", {"n": "Hello Ada"})
        assert (step(run, "call").output or {})["run"] == str(child.pk)

    def test_its_failure_is_the_steps(self, start: Start, bob: User) -> None:
        run = carry_family(start(calls(published(bob, failing())), who="Ada"))
        assert run.status == "failed"
        assert error_of(run)["code"] == "child_failed"
        assert "No balance" in error_of(run)["message"]

    def test_cancelling_the_outer_cancels_the_inner(self, start: Start, bob: User) -> None:
        run = carry_family(start(calls(published(bob, asking())), who="Ada"))
        [_, child] = family(run)
        assert (run.status, child.status) == ("waiting", "waiting")
        cancel_run(run, actor=bob)
        run = carry_family(run)
        assert [each.status for each in family(run)] == ["cancelled", "cancelled"]
        assert not Wait.objects.open().exists()

    def test_cancelling_the_inner_fails_the_step(self, start: Start, bob: User) -> None:
        run = carry_family(start(calls(published(bob, asking())), who="Ada"))
        cancel_run(family(run)[1], actor=bob)
        assert error_of(carry_family(run))["code"] == "child_failed"

    def test_inputs_that_do_not_fit_fail_the_step(self, start: Start, greeting: Workflow) -> None:
        run = carry(start(calls(greeting, inputs={}), who="Ada"))
        assert run.status == "failed"
        assert error_of(run)["code"] == "bad_inputs"
        assert "who" in error_of(run)["message"]

    def test_one_that_is_gone_fails_the_step(
        self, start: Start, bob: User, greeting: Workflow
    ) -> None:
        definition = calls(greeting)
        delete_workflow(greeting, actor=bob)
        assert error_of(carry(start(definition, who="Ada")))["code"] == "in_bin"

    def test_one_that_the_person_may_not_see_fails_the_step(self, start: Start) -> None:
        nowhere = node("call", "flow.run", config={"workflow": "somewhere", "inputs": {}})
        run = carry(start(graph(nowhere, edge("start", "call"))))
        assert error_of(run)["code"] == "no_such_workflow"

    def test_one_that_runs_itself_ends(self, start: Start, bob: User) -> None:
        workflow = published(bob)
        definition = calls(workflow)
        again = published(bob, definition, "Itself")
        definition["nodes"][1]["config"]["workflow"] = str(again.pk)
        update_workflow(again, actor=bob, revision=None, changes={"definition": definition})
        again.refresh_from_db()
        publish_workflow(again, actor=bob)
        run = carry_family(start(definition, who="Ada"))
        assert run.status == "failed"
        assert len(family(run)) == 9
        deepest = family(run)[-1]
        assert error_of(deepest)["code"] == "too_deep"

    def test_a_retry_keeps_the_keys_of_the_inner_run(self, start: Start, bob: User) -> None:
        run = carry_family(start(calls(published(bob, failing())), who="Ada"))
        again = carry_family(retry_run(run, actor=bob))
        assert key_of(family(run)[1], "send") == key_of(family(again)[1], "send")

    def test_in_every_round_of_a_list(self, start: Start, greeting: Workflow) -> None:
        call = calling(greeting, inputs={"who": "{{ item }}"})
        run = carry_family(start(over(each(), inside("each", call)), orders=["Ada", "Bob"]))
        assert run.status == "succeeded", run.error
        said = [one["outputs"] for one in (run.outputs or {})["results"]]
        assert said == ["Hello Ada", "Hello Bob"]
        keys = {child.root_id for child in family(run)[1:]}
        assert len(keys) == 2


class TestChunks:
    def test_the_studio_shows_the_whole_run(self, start: Start, bob: User) -> None:
        part = over(each(), inside("each", transform("a")))
        run = carry_family(start(part, orders=list(range(250))))
        told = last_run_of(run.workflow, bob)
        assert told is not None
        assert told["id"] == str(run.pk)

    def test_a_long_list_is_carried_by_other_runs(self, start: Start) -> None:
        inner = inside("each", transform("a", "{{ item + nodes.before.output.n }}"))
        definition = graph(
            transform("before", 1000), transform("unused", 1), each("each", "{{ prev.n }}"), inner,
            transform("list", "{{ [n for n in range(250)] }}"),
            edge("start", "before"), edge("before", "unused"), edge("unused", "list"),
            edge("list", "each"),
        )  # fmt: skip
        run = carry_family(start(definition))
        assert run.status == "succeeded", run.error
        outputs = run.outputs or {}
        assert [one["n"] for one in outputs["results"]] == [1000 + n for n in range(250)]
        assert outputs["count"] == 250
        chunks = family(run)[1:]
        assert [each.chunk for each in chunks] == [
            {"node": "each", "first": 0, "count": 100},
            {"node": "each", "first": 100, "count": 100},
            {"node": "each", "first": 200, "count": 50},
        ]
        assert frames_of(chunks[2]) == [f"each.{n}" for n in range(200, 250)]
        assert not chunks[0].nodes.filter(node="unused").exists()

    def test_errors_keep_their_number(self, start: Start) -> None:
        definition = over(
            each(on_item_error="null"), inside("each", transform("a", "{{ 1 // (item - 230) }}"))
        )
        run = carry_family(start(definition, orders=list(range(240))))
        assert run.status == "succeeded", run.error
        assert [each["index"] for each in (run.outputs or {})["errors"]] == [230]
        assert (run.outputs or {})["results"][230] is None

    def test_one_item_that_fails_ends_the_other_chunks(self, start: Start) -> None:
        ask = inside("each", node("ask", "human.approval", config={"title": "Well?"}))
        bad = inside("each", transform("bad", "{{ 1 // (item - 105) }}"))
        definition = over(each(max_parallel=50), ask, bad)
        run = carry_family(start(definition, orders=list(range(250))))
        assert run.status == "failed"
        assert error_of(run)["code"] == "expression_failed"
        assert {child.status for child in family(run)[1:]} <= {"failed", "cancelled"}
        assert not Wait.objects.open().exists()

    def test_inside_another_step_a_list_is_bounded(self, start: Start) -> None:
        definition = over(
            each("outer"),
            inside("outer", each("inner", "{{ item }}")),
            inside("inner", transform("a")),
        )
        run = carry(start(definition, orders=[list(range(201))]))
        assert error_of(run)["code"] == "too_many_items"


def frames_of(run: Run) -> list[str]:
    rows = NodeRun.objects.filter(run=run, node="a").values_list("frame", flat=True)
    return sorted(rows, key=lambda frame: int(frame.split(".")[1]))

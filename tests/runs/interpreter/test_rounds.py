"""Steps that hold others: lists that are gone through, loops, and what fails inside them."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.runs.last import last_run_of
from apps.runs.models import NodeRun, Run, Wait
from apps.runs.services import cancel_run, decide, retry_run
from tests.factories.runs import (
    Start,
    carry,
    carry_family,
    error_of,
    events,
    fire_timers,
    step,
    steps,
)
from tests.faults.auditor import audit_run
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge, node

ORDERS = "{{ input.orders }}"


def each(name: str = "each", items: Any = ORDERS, **config: Any) -> dict[str, Any]:
    return node(name, "flow.each", config={"items": items, **config})


def loop(name: str = "loop", **config: Any) -> dict[str, Any]:
    return node(name, "flow.loop", config={"max_rounds": 10, **config})


def inside(parent: str, part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "parent": parent}


def over(*parts: dict[str, Any]) -> dict[str, Any]:
    """Start, then the first step; the others lie inside it or come with their own edges."""
    return graph(*parts, edge("start", parts[0]["id"]))


def frames(run: Run, name: str) -> list[str]:
    rows = NodeRun.objects.filter(run=run, node=name, status="succeeded")
    return sorted(rows.values_list("frame", flat=True))


class TestForEach:
    def test_results_keep_the_order(self, start: Start) -> None:
        run = carry(
            start(
                over(each(), inside("each", transform("a", "{{ item * 10 + index }}"))),
                orders=[3, 1, 2],
            )
        )
        assert run.status == "succeeded", run.error
        results = [{"n": 30}, {"n": 11}, {"n": 22}]
        assert run.outputs == {"results": results, "count": 3, "errors": []}
        assert frames(run, "a") == ["each.0", "each.1", "each.2"]
        assert run.loops == {}

    def test_of_nothing(self, start: Start) -> None:
        run = carry(start(over(each(), inside("each", transform("a"))), orders=[]))
        assert run.outputs == {"results": [], "count": 0, "errors": []}

    @pytest.mark.parametrize("orders", [7, None, {"a": 1}, "text"])
    def test_of_what_is_no_list(self, start: Start, orders: Any) -> None:
        run = carry(start(over(each(), inside("each", transform("a"))), orders=orders))
        assert error_of(run)["code"] == "not_a_list"

    def test_inner_steps_see_what_came_before_outside_and_inside(self, start: Start) -> None:
        run = carry(
            start(
                graph(
                    transform("before", 5), each(),
                    inside("each", transform("a", "{{ item + nodes.before.output.n }}")),
                    inside("each", transform("b", "{{ prev.n * nodes.a.output.n }}")),
                    edge("start", "before"), edge("before", "each"), edge("a", "b"),
                ),
                orders=[1, 2],
            )
        )  # fmt: skip
        assert [each["n"] for each in (run.outputs or {})["results"]] == [36, 49]

    def test_of_several_last_steps_a_result_is_an_object(self, start: Start) -> None:
        run = carry(
            start(over(each(), inside("each", transform("a", 1)), inside("each", transform("b", 2))),
                  orders=[0])
        )  # fmt: skip
        assert (run.outputs or {})["results"] == [{"a": {"n": 1}, "b": {"n": 2}}]

    def test_a_branch_that_is_not_taken_gives_nothing(self, start: Start) -> None:
        run = carry(
            start(
                over(
                    each(),
                    inside("each", transform("a", "{{ item }}")),
                    inside("each", transform("big", "big")),
                    inside("each", transform("small", "small")),
                    edge("a", "big", when="prev.n > 1"),
                    edge("a", "small", when="prev.n <= 1"),
                ),
                orders=[1, 2],
            )
        )
        assert [each["n"] for each in (run.outputs or {})["results"]] == ["small", "big"]

    def test_an_item_that_fails_fails_the_step_and_the_run(self, start: Start) -> None:
        run = carry(start(over(each(max_parallel=1), inside("each", transform("a", "{{ 6 // item }}"))),
                          orders=[1, 0, 2]))  # fmt: skip
        assert run.status == "failed"
        assert error_of(run)["node"] == "a"
        assert steps_at(run, "") == {"start": "succeeded", "each": "failed"}
        assert steps_at(run, "each.1") == {"a": "failed"}
        assert steps_at(run, "each.2") == {}

    def test_an_item_that_fails_takes_the_steps_own_way_out(self, start: Start) -> None:
        handled = {**each(max_parallel=1), "on_error": "branch"}
        run = carry(
            start(
                over(handled, inside("each", transform("a", "{{ 6 // item }}")),
                     transform("sorry", "{{ prev.node }}"), edge("each", "sorry", "error")),
                orders=[0],
            )
        )  # fmt: skip
        assert (run.status, run.outputs) == ("succeeded", {"n": "a"})

    @pytest.mark.parametrize(
        ("policy", "results"),
        [("null", [{"n": 6}, None, {"n": 3}]), ("drop", [{"n": 6}, {"n": 3}])],
    )
    def test_items_may_fail_alone(self, start: Start, policy: str, results: list[Any]) -> None:
        run = carry(
            start(
                over(each(on_item_error=policy), inside("each", transform("a", "{{ 6 // item }}"))),
                orders=[1, 0, 2],
            )
        )
        assert run.status == "succeeded"
        outputs = run.outputs or {}
        assert (outputs["results"], outputs["count"]) == (results, 3)
        [error] = outputs["errors"]
        assert (error["index"], error["node"], error["code"]) == (1, "a", "expression_failed")

    def test_what_runs_beside_in_a_round_that_fails_is_given_up(self, start: Start) -> None:
        run = carry(
            start(
                over(
                    each(on_item_error="null"),
                    inside("each", code("slow", "sum(range(10))")),
                    inside("each", transform("bad", "{{ item.lost }}")),
                    inside("each", transform("after", 1)),
                    edge("slow", "after"),
                ),
                orders=[{}],
            )
        )
        assert run.status == "succeeded"
        assert "after" not in steps_at(run, "each.0")

    def test_steps_that_reach_outside_run_side_by_side_up_to_the_limit(self, start: Start) -> None:
        run = carry(
            start(over(each(max_parallel=2), inside("each", code("a", "1"))), orders=[0] * 5)
        )
        assert run.status == "succeeded"
        told = [each.split()[0] for each in events(run) if each.endswith(" a")]
        running = most = 0
        for type_ in told:
            running += {"node.started": 1, "node.succeeded": -1}[type_]
            most = max(most, running)
        assert most == 2

    def test_inside_another(self, start: Start) -> None:
        run = carry(
            start(
                over(
                    each("outer"),
                    inside("outer", each("inner", "{{ item }}")),
                    inside("inner", transform("a", "{{ item * 2 }}")),
                ),
                orders=[[1, 2], [], [3]],
            )
        )
        assert run.status == "succeeded", run.error
        results = [[each["n"] for each in one["results"]] for one in (run.outputs or {})["results"]]
        assert results == [[2, 4], [], [6]]
        assert frames(run, "a") == ["outer.0/inner.0", "outer.0/inner.1", "outer.2/inner.0"]


class TestLoop:
    def test_until_something_holds(self, start: Start) -> None:
        counting = loop(
            variables=[{"name": "n", "value": "{{ input.n }}"}],
            update=[{"name": "n", "value": "{{ prev.n }}"}],
            until="{{ prev.n >= 8 }}",
        )
        run = carry(start(over(counting, inside("loop", transform("a", "{{ vars.n * 2 }}"))), n=1))
        assert run.status == "succeeded", run.error
        assert run.outputs == {"result": {"n": 8}, "rounds": 3, "vars": {"n": 8}}
        assert frames(run, "a") == ["loop.0", "loop.1", "loop.2"]

    def test_a_round_begins_with_what_the_one_before_gave(self, start: Start) -> None:
        run = carry(
            start(over(loop(until="{{ index == 3 }}"), inside("loop", transform("a", "{{ (prev.n if index else 0) + 1 }}"))))
        )  # fmt: skip
        assert (run.outputs or {})["result"] == {"n": 4}

    def test_the_condition_may_name_inner_steps(self, start: Start) -> None:
        run = carry(
            start(
                over(
                    loop(until="{{ nodes.judge.output.n }}"),
                    inside("loop", transform("judge", "{{ index >= 1 }}")),
                    inside("loop", transform("write", "{{ index }}")),
                    edge("judge", "write"),
                )
            )
        )
        assert run.outputs == {"result": {"n": 1}, "rounds": 2, "vars": {}}

    @pytest.mark.parametrize(("at_limit", "status"), [("fail", "failed"), ("stop", "succeeded")])
    def test_at_most(self, start: Start, at_limit: str, status: str) -> None:
        run = carry(
            start(over(loop(max_rounds=3, at_limit=at_limit), inside("loop", transform("a", "{{ index }}"))))
        )  # fmt: skip
        assert run.status == status
        assert len(frames(run, "a")) == 3
        if status == "failed":
            assert error_of(run)["code"] == "loop_limit"
        else:
            assert (run.outputs or {})["rounds"] == 3

    def test_a_condition_that_fails_fails_the_step(self, start: Start) -> None:
        run = carry(start(over(loop(until="{{ prev.lost }}"), inside("loop", transform("a")))))
        assert error_of(run)["node"] == "loop"


def steps_at(run: Run, frame: str) -> dict[str, str]:
    rows = NodeRun.objects.filter(run=run, frame=frame)
    return dict(rows.values_list("node", "status"))


def test_the_row_of_a_loop_is_written_once(start: Start) -> None:
    run = carry(start(over(each(), inside("each", transform("a"))), orders=[1, 2]))
    assert step(run, "each").input == {"items": [1, 2]}
    assert events(run).count("node.started each") == 1
    assert steps(run)["each"] == "succeeded"


class TestWaitingInside:
    def test_each_round_waits_for_itself(self, start: Start, oscar: User) -> None:
        run = carry(
            start(
                over(
                    each(max_parallel=2),
                    inside("each", node("ask", "human.approval", config={"title": "{{ item }}?"})),
                    inside("each", transform("done", "{{ index }}")),
                    edge("ask", "done", port="approved"),
                ),
                orders=["a", "b", "c"],
            )
        )
        assert run.status == "waiting"
        waits = Wait.objects.filter(run=run).order_by("frame")
        assert [(each.frame, each.title) for each in waits] == [("each.0", "a?"), ("each.1", "b?")]
        decide(waits[1], actor=oscar, decision="approved")
        run = carry(run)
        assert Wait.objects.filter(run=run).open().count() == 2
        for wait in Wait.objects.filter(run=run).open():
            decide(wait, actor=oscar, decision="approved")
        run = carry(run)
        assert run.status == "succeeded"
        assert [each["n"] for each in (run.outputs or {})["results"]] == [0, 1, 2]

    def test_a_delay_in_each_round(self, start: Start) -> None:
        pause = node("pause", "flow.wait", config={"seconds": 3600})
        run = carry(start(over(each(), inside("each", pause)), orders=[1, 2]))
        assert run.status == "waiting"
        fire_timers(run)
        assert carry(run).status == "succeeded"

    def test_a_round_that_is_given_up_waits_no_more(self, start: Start) -> None:
        run = carry(
            start(
                over(
                    each(on_item_error="null"),
                    inside("each", node("ask", "human.approval", config={"title": "Well?"})),
                    inside("each", transform("bad", "{{ item.lost }}")),
                ),
                orders=[{}],
            )
        )
        assert run.status == "succeeded"
        assert Wait.objects.filter(run=run).open().count() == 0

    def test_variables_outlast_a_wait(self, start: Start, oscar: User) -> None:
        asking = loop(
            variables=[{"name": "said", "value": []}],
            update=[{"name": "said", "value": "{{ vars.said + [prev.comment] }}"}],
            until="{{ prev.decision == 'approved' }}",
        )
        actions = [{"id": "approved", "label": "Yes"}, {"id": "rejected", "label": "Again"}]
        ask = node(
            "ask", "human.approval", config={"title": "Round {{ index }}", "actions": actions}
        )
        run = carry(start(over(asking, inside("loop", ask))))
        for decision, comment in (("rejected", "no"), ("rejected", "not yet"), ("approved", "ok")):
            decide(Wait.objects.get(run=run, status="open"), actor=oscar, decision=decision, comment=comment)  # fmt: skip
            run = carry(run)
        assert run.status == "succeeded", run.error
        assert (run.outputs or {})["vars"] == {"said": ["no", "not yet", "ok"]}
        assert (run.outputs or {})["rounds"] == 3

    def test_cancelling_cancels_what_is_inside(self, start: Start, bob: User) -> None:
        ask = node("ask", "human.approval", config={"title": "Well?"})
        run = carry(start(over(each(), inside("each", ask)), orders=[1, 2]))
        cancel_run(run, actor=bob)
        run = look(run)
        assert (run.status, run.loops) == ("cancelled", {})
        assert set(NodeRun.objects.filter(run=run, node="ask").values_list("status", flat=True)) == {"cancelled"}  # fmt: skip


def look(run: Run) -> Run:
    run.refresh_from_db()
    assert audit_run(run) == []
    return run


def test_the_studio_page_brings_the_workflows_own_steps_only(start: Start, bob: User) -> None:
    run = carry(start(over(each(), inside("each", transform("a"))), orders=[1, 2, 3]))
    last: Any = last_run_of(run.workflow, bob)
    assert [(step["node"], step["frame"]) for step in last["nodes"]] == [
        ("start", ""),
        ("each", ""),
    ]
    assert run.nodes.count() == 5


def test_a_failed_chunk_is_for_the_outer_run_to_deal_with(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.runs.interpreter.loops.FRAMES", 1)
    monkeypatch.setattr("apps.runs.interpreter.loops.CHUNK", 1)
    failing = inside("each", code("bad", "raise ValueError('no')"))
    gone_through = each(items=[1, 2]) | {"on_error": "branch"}
    run = start(over(gone_through, failing, transform("rescue"), edge("each", "rescue", "error")))
    run = carry_family(run)
    assert (run.status, steps(run)["rescue"]) == ("succeeded", "succeeded")
    assert set(Run.objects.filter(parent=run).values_list("status", flat=True)) <= {
        "failed", "cancelled",
    }  # fmt: skip


def test_other_runs_share_steps_that_one_may_not_make(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few items, but many steps for each: 7 x 3 are more than the 20 of a run."""
    monkeypatch.setattr("apps.runs.interpreter.steps.MAX_STEPS", 20)
    monkeypatch.setattr("apps.runs.interpreter.loops.ROOM", 8)
    inner = [inside("each", transform(name, "{{ item }}")) for name in "abc"]
    on_the_way = [edge("a", "b"), edge("b", "c")]
    run = carry_family(start(over(each(), *inner, *on_the_way), orders=list(range(7))))
    assert run.status == "succeeded", run.error
    results: Any = run.outputs
    assert results["results"] == [{"n": item} for item in range(7)]
    chunks: Any = Run.objects.filter(parent=run).values_list("chunk", flat=True)
    assert sorted((chunk["first"], chunk["count"]) for chunk in chunks) == [
        (0, 2), (2, 2), (4, 2), (6, 1),
    ]  # fmt: skip


def test_a_retry_begins_with_the_step_around_the_round_that_failed(start: Start, bob: User) -> None:
    failing = inside("each", transform("a", "{{ 1 / item }}"))
    run = carry(start(over(each(), failing), orders=[1, 0]))
    assert error_of(run)["node"] == "a"
    again = retry_run(run, actor=bob)
    assert again.part == {"mode": "from", "node": "each", "pins": []}
    assert carry(again).status == "failed"


DEEP = inside("inner", transform("a"))
ROUNDS = loop("inner", max_rounds=5, at_limit="stop")
ITEMS = each("inner", items="{{ [1] * 5 }}")
INNER = {"list": [inside("each", ITEMS), DEEP], "loop": [inside("each", ROUNDS), DEEP]}


@pytest.mark.parametrize("kind", INNER)
def test_what_an_item_holds_counts_with_all_its_rounds(
    start: Start, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Few items of few steps, but these go through rounds of their own: one run cannot make all."""
    monkeypatch.setattr("apps.runs.interpreter.steps.MAX_STEPS", 36)
    monkeypatch.setattr("apps.runs.interpreter.loops.ROOM", 30)
    monkeypatch.setattr("apps.runs.interpreter.loops.FRAMES", 5)
    run = carry_family(start(over(each(), *INNER[kind]), orders=list(range(5))))
    assert run.status == "succeeded", run.error
    assert len((run.outputs or {})["results"]) == 5
    assert Run.objects.filter(parent=run).count() > 1

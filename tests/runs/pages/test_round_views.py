"""The page of a run whose steps hold others: rounds under their step, and runs inside runs."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.runs.models import Run
from tests.factories.browsers import browser
from tests.factories.runs import Start, carry, carry_family
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import transform
from tests.runs.scenes import published
from tests.workflows.definitions import node


def page_of(user: User, run: Run, **query: str) -> Any:
    answer = browser(user).get(f"/runs/{run.pk}/", query)
    assert answer.status_code == 200
    return answer


def rows_of(page: Any) -> list[tuple[str, int, str]]:
    return [(row.node, row.depth, row.status) for row in page.context["waterfall"].rows]


def test_failed_rounds_come_first(start: Start, vera: User) -> None:
    tolerant = each(on_item_error="null", max_parallel=1)
    inner = inside("each", transform("a", "{{ 6 // item }}"))
    run = carry(start(over(tolerant, inner), orders=[1, 2, 0, 3]))
    page = page_of(vera, run)
    assert rows_of(page) == [
        ("start", 0, "succeeded"), ("each", 0, "succeeded"), ("a", 1, "failed"),
    ]  # fmt: skip
    rounds = page.context["waterfall"].rows[1].rounds
    assert (rounds.words, rounds.shown.frame) == ("4 of 4 rounds, 1 failed", "each.2")
    assert (rounds.before.frame, rounds.after.frame) == ("each.1", "each.3")
    assert rounds.offered[0].frame == "each.2"
    assert "Round 3, failed" in page.content.decode()
    chosen = page_of(vera, run, frame="each.3", node="a")
    assert rows_of(chosen)[2] == ("a", 1, "succeeded")
    assert chosen.context["step"].frame == "each.3"


@pytest.mark.parametrize("frame", ["each.99", "x", "each.0/../..", "'; --"])
def test_a_round_that_is_not_there_is_another(start: Start, vera: User, frame: str) -> None:
    run = carry(start(over(each(), inside("each", transform("a"))), orders=[1, 2]))
    page = page_of(vera, run, frame=frame)
    assert page.context["waterfall"].rows[1].rounds.shown.frame == "each.0"


def test_rounds_inside_rounds(start: Start, vera: User) -> None:
    part = over(
        each(),
        inside("each", each("inner", "{{ item }}")),
        inside("inner", transform("a", "{{ item }}")),
    )
    run = carry(start(part, orders=[[1, 2], [3]]))
    page = page_of(vera, run, frame="each.0/inner.1", node="a")
    assert [row[:2] for row in rows_of(page)] == [
        ("start", 0), ("each", 0), ("inner", 1), ("a", 2),
    ]  # fmt: skip
    assert page.context["step"].frame == "each.0/inner.1"
    assert page.context["step"].output == {"n": 2}


def test_many_rounds_are_a_page_of_few_rows(start: Start, vera: User) -> None:
    run = carry(start(over(each(), inside("each", transform("a"))), orders=list(range(150))))
    page = page_of(vera, run)
    assert len(page.context["waterfall"].rows) == 3
    assert len(page.context["waterfall"].rows[1].rounds.offered) == 100


def test_inner_runs_are_linked_both_ways(start: Start, bob: User, vera: User) -> None:
    config = {"workflow": str(published(bob).pk), "inputs": {"who": "x"}}
    outer = carry_family(start(over(node("call", "flow.run", config=config))))
    inner = outer.children.get()
    page = page_of(vera, outer, node="call")
    assert list(page.context["inner_runs"]) == [inner]
    assert f"/runs/{inner.pk}/" in page.content.decode()
    back = page_of(vera, inner)
    assert back.context["outer_run"].run == outer
    assert f"/runs/{outer.pk}/?node=call" in back.content.decode()


def test_chunks_of_a_long_list_are_runs(start: Start, vera: User) -> None:
    part = over(each(), inside("each", transform("a")))
    outer = carry_family(start(part, orders=list(range(250))))
    page = page_of(vera, outer, node="each")
    chunks = list(page.context["inner_runs"])
    assert len(chunks) == 3
    assert "Items 101 to 200" in page.content.decode()
    back = page_of(vera, chunks[0])
    assert back.context["outer_run"].chunk.startswith("items ")


def test_the_rounds_of_a_long_list_are_linked_in_the_runs_that_have_them(
    start: Start, vera: User
) -> None:
    run = carry_family(start(over(each(), inside("each", transform("a"))), orders=list(range(250))))
    page = page_of(vera, run, node="start")
    chunks = page.context["waterfall"].rows[1].rounds.chunks
    assert [each.chunk["first"] for each in chunks] == [0, 100, 200]
    text = page.content.decode()
    assert "Its rounds are in runs inside:" in text
    assert all(f'href="/runs/{each.pk}/"' in text for each in chunks)
    inner = page_of(vera, chunks[0])
    assert inner.context["waterfall"].rows[1].rounds.shown is not None

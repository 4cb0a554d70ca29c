"""What a worker holds of a run is free when it lets the run go, without a search for circles."""

import gc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from apps.accounts.models import User
from apps.runs.interpreter.advancing import advance
from apps.runs.interpreter.segment import Segment
from apps.runs.models import NodeRun, Run
from tests.factories.runs import Start
from tests.runs.interpreter.test_semantics import code, graph, transform, when
from tests.workflows.definitions import edge, node

HOLDERS = (Segment, Run, NodeRun)


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def held() -> Counter[str]:
    kinds = (type(each) for each in gc.get_objects())  # a proxy's own, not what it stands for
    return Counter(kind.__name__ for kind in kinds if issubclass(kind, HOLDERS))


def fails() -> dict[str, Any]:
    return graph(transform("a", "{{ 1 / 0 }}"), edge("start", "a"))


def branches() -> dict[str, Any]:
    return graph(
        when("if", "{{ True }}"), transform("yes"), transform("no"),
        edge("start", "if"), edge("if", "yes", "true"), edge("if", "no", "false"),
    )  # fmt: skip


def loops() -> dict[str, Any]:
    each = node("each", "flow.each", config={"items": "{{ [1, 2, 3] }}"})
    inner = {**transform("a", "{{ item }}"), "parent": "each"}
    return graph(each, inner, transform("b"), edge("start", "each"), edge("each", "b"))


DEFINITIONS = {
    "computes": graph(transform("a"), edge("start", "a")),
    "runs code": graph(code("a", "1 + 1"), edge("start", "a")),
    "waits": graph(node("w", "flow.wait", config={"seconds": 60}), edge("start", "w")),
    "fails": fails(),
    "branches": branches(),
    "loops": loops(),
}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_nothing_of_a_run_is_held_once_it_is_let_go(start: Start, name: str) -> None:
    ids = [start(DEFINITIONS[name]).pk for _ in range(3)]
    gc.collect()
    before = held()
    for run_id in ids:
        advance(run_id)
    assert held() == before


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_failed_holds_nothing_once_it_is_closed(bob: User) -> None:
    def fail() -> None:
        hand = Run()
        with transaction.atomic(), transaction.mark_for_rollback_on_error():  # as any save does
            raise OperationalError(f"{hand.status} and away")

    before = held()
    with pytest.raises(OperationalError):
        fail()
    connection.close()
    assert held() == before

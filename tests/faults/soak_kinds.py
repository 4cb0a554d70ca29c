"""What the soak runs: definitions of each kind."""

from typing import Any

from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from tests.faults.crowd import Target
from tests.faults.scenarios import SOON, call
from tests.runs.test_semantics import code, graph, transform
from tests.workflows.definitions import edge, node


def definitions(target: Target) -> dict[str, dict[str, Any]]:
    """Return a definition of each kind."""
    ask = {"title": "Go on?", "actions": DEFAULT_ACTIONS, "expires_after_s": 600}
    each = node("each", "flow.each", config={"items": "{{ input.orders }}"})
    return {
        "call": _then(call("put", target, path="/put")),
        "wait": _then(node("w", "flow.wait", config={"seconds": 3})),
        "ask": graph(node("ask", "human.approval", config=ask), transform("b"),
                     edge("start", "ask"), edge("ask", "b", "approved")),
        "flaky": _then(call("flaky", target, path="/flaky", retry=SOON)),
        "code": _then(code("sum", "sum(range(10000))")),
        "rounds": graph(each, {**transform("a", "{{ item * 10 }}"), "parent": "each"},
                        transform("b"), edge("start", "each"), edge("each", "b")),
    }  # fmt: skip


def _then(step: dict[str, Any]) -> dict[str, Any]:
    return graph(step, transform("b"), edge("start", step["id"]), edge(step["id"], "b"))

"""What the soak runs: definitions of each kind, how often each is started, and the schedules."""

from typing import Any

from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.runs.interpreter.loops import FRAMES
from tests.faults.crowd import Target
from tests.faults.scenarios import SOON, call
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.workflows.definitions import edge, node

KINDS = ("call", "wait", "ask", "flaky", "code", "rounds", "chunks", "inner")
ODDS = (4, 3, 4, 3, 2, 3, 1, 3)
SCHEDULED = "scheduled"
# Late is late, never left out: each time must have its run, whatever was away.
SCHEDULES = {"often": {"every_s": 30, "misfire": "all", "grace_s": 3600, "overlap": "allow"}}


def definitions(target: Target) -> dict[str, dict[str, Any]]:
    """Return a definition of each kind that needs no other workflow."""
    ask = {"title": "Go on?", "actions": DEFAULT_ACTIONS, "expires_after_s": 3600}
    return {
        "call": _then(call("put", target, path="/put")),
        "wait": _then(node("w", "flow.wait", config={"seconds": 3})),
        "ask": graph(node("ask", "human.approval", config=ask), transform("b"),
                     edge("start", "ask"), edge("ask", "b", "approved")),
        "flaky": _then(call("flaky", target, path="/flaky", retry=SOON)),
        "code": _then(code("sum", "sum(range(10000))")),
        "rounds": _rounds("{{ input.orders }}"),
        "chunks": _rounds(f"{{{{ list(range({FRAMES + 30})) }}}}"),
        SCHEDULED: _then(code("double", "21 * 2")),
    }  # fmt: skip


def inner(workflow: str) -> dict[str, Any]:
    """Return a definition that runs another workflow."""
    return _then(node("inner", "flow.run", config={"workflow": workflow, "inputs": {}}))


def _rounds(items: str) -> dict[str, Any]:
    each = node("each", "flow.each", config={"items": items})
    body = {**transform("a", "{{ item * 10 }}"), "parent": "each"}
    return graph(each, body, transform("b"), edge("start", "each"), edge("each", "b"))


def _then(step: dict[str, Any]) -> dict[str, Any]:
    return graph(step, transform("b"), edge("start", step["id"]), edge(step["id"], "b"))

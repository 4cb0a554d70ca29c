"""Definitions whose runs come to whatever the engine can do."""

from typing import Any

from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from tests.faults.crowd import Target
from tests.runs.interpreter.test_semantics import code, graph, transform, when
from tests.workflows.definitions import edge, node

SOON = {"max_attempts": 4, "initial_s": 0.01, "max_s": 0.02}


def call(
    name: str, target: Target, method: str = "PUT", path: str = "", **rest: Any
) -> dict[str, Any]:
    """A call of the target: one with a key, or one that is never to be repeated."""
    keyed = method == "PUT"
    config = {
        "method": method, "url": target.origin + path, "body": "x", "idempotency_header": keyed,
    }  # fmt: skip
    return node(name, "http.request", config=config, **rest)


def eventful(target: Target) -> dict[str, Any]:
    """Calls side by side, a retry, a branch and its join, a large value, code, a delay, an approval."""
    ask = {"title": "Go on?", "actions": DEFAULT_ACTIONS, "expires_after_s": 3600}
    return graph(
        call("put", target, path="/put"), call("flaky", target, path="/flaky", retry=SOON),
        when("if", "{{ True }}"), transform("yes"), transform("no"),
        transform("join", "{{ 'x' * 300_000 }}"),
        code("sum", "sum(range(100))"), node("w", "flow.wait", config={"seconds": 3600}),
        node("ask", "human.approval", config=ask), transform("end"),
        edge("start", "put"), edge("start", "flaky"), edge("put", "join"), edge("flaky", "if"),
        edge("if", "yes", "true"), edge("if", "no", "false"), edge("yes", "join"),
        edge("no", "join"), edge("join", "sum"), edge("sum", "w"), edge("w", "ask"),
        edge("ask", "end", "approved"),
    )  # fmt: skip


def patient(target: Target) -> dict[str, Any]:
    """A call that takes longer than a heartbeat."""
    return graph(call("slow", target, path="/slow"), edge("start", "slow"))


def irrevocable(target: Target) -> dict[str, Any]:
    """A call that must not be made twice, between steps that only compute."""
    return graph(
        transform("before"), call("post", target, "POST", "/post"), transform("after"),
        edge("start", "before"), edge("before", "post"), edge("post", "after"),
    )  # fmt: skip

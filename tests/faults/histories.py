"""The histories that are kept: a definition each, and what happens to its run, act by act.

Acts: `carry` as far as it goes; `die` in the first step that reaches outside; `time` of all timers
comes; `approve` or `reject` what is asked; `pause`, `resume`, `cancel`.
"""

from typing import Any

from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from tests.faults.crowd import Target
from tests.faults.scenarios import call, irrevocable
from tests.runs.interpreter.test_semantics import code, graph, transform, when
from tests.runs.test_lifecycle import approval
from tests.workflows.definitions import edge, greeting, node


def branches(_target: Target) -> dict[str, Any]:
    """Both ports of a condition, joins of all, of any and of two, a condition on an edge."""
    return graph(
        when("if", "{{ input.x > 1 }}"), transform("yes"), transform("no"), transform("also"),
        transform("all"), transform("first", join="any"), transform("two", join={"n": 2}),
        edge("start", "if"), edge("if", "yes", "true"), edge("if", "no", "false"),
        edge("if", "also", "true", when="input.x > 5"), edge("yes", "all"), edge("no", "all"),
        edge("yes", "first"), edge("also", "first"), edge("yes", "two"), edge("also", "two"),
    )  # fmt: skip


def errors(_target: Target) -> dict[str, Any]:
    """A failure each that goes on by its port, by a default, and that ends the run."""
    bad = "raise ValueError('no')"
    return graph(
        code("branches", bad, on_error="branch"), transform("handled", "{{ prev.code }}"),
        code("defaults", bad, on_error="default", default_output={"n": 7}),
        transform("more", "{{ prev.n + 1 }}"), code("fails", bad), transform("never"),
        edge("start", "branches"), edge("branches", "handled", "error"),
        edge("handled", "defaults"), edge("defaults", "more"), edge("more", "fails"),
        edge("fails", "never"),
    )  # fmt: skip


def slow_retry(target: Target) -> dict[str, Any]:
    """A call that fails once, and is tried again only after a while."""
    policy = {"max_attempts": 2, "initial_s": 3600, "max_s": 3600}
    later = call("flaky", target, path="/flaky", retry=policy)
    return graph(later, transform("b"), edge("start", "flaky"), edge("flaky", "b"))


def waits(_target: Target) -> dict[str, Any]:
    """Two delays side by side, one after the other."""

    def pause(name: str) -> dict[str, Any]:
        return node(name, "flow.wait", config={"seconds": 3600})

    return graph(pause("a"), pause("b"), pause("c"), transform("d"), edge("start", "a"),
                 edge("start", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d"))  # fmt: skip


def everything(target: Target) -> dict[str, Any]:
    """All of it, one after the other: what runs side by side ends in any order."""
    soon = {"max_attempts": 4, "initial_s": 0.01, "max_s": 0.02}
    ask = {"title": "Go on?", "actions": DEFAULT_ACTIONS, "expires_after_s": 3600}
    return graph(
        call("put", target, path="/put"), call("flaky", target, path="/flaky", retry=soon),
        when("if", "{{ True }}"), transform("yes"), transform("no"), transform("join"),
        code("sum", "sum(range(100))"), node("w", "flow.wait", config={"seconds": 3600}),
        node("ask", "human.approval", config=ask), transform("end"),
        edge("start", "put"), edge("put", "flaky"), edge("flaky", "if"), edge("if", "yes", "true"),
        edge("if", "no", "false"), edge("yes", "join"), edge("no", "join"), edge("join", "sum"),
        edge("sum", "w"), edge("w", "ask"), edge("ask", "end", "approved"),
    )  # fmt: skip


def asks(_target: Target) -> dict[str, Any]:
    return approval(expires_after_s=60)


def rounds(target: Target) -> dict[str, Any]:
    """A list whose items are gone through one after the other, each with a call and a wait."""
    each = node("each", "flow.each", config={"items": "{{ input.orders }}", "max_parallel": 1})
    put, wait = call("put", target, path="/put"), node("w", "flow.wait", config={"seconds": 3600})
    inner = [{**part, "parent": "each"} for part in (put, wait, transform("a", "{{ item * 10 }}"))]
    return graph(
        each, *inner, transform("b"), edge("start", "each"), edge("each", "b"),
        edge("put", "w"), edge("w", "a"),
    )  # fmt: skip


HISTORIES: dict[str, tuple[Any, dict[str, Any], tuple[str, ...]]] = {
    "greeting": (lambda _: greeting(), {"who": "Ada"}, ("carry",)),
    "branches-true": (branches, {"x": 2}, ("carry",)),
    "branches-false": (branches, {"x": 0}, ("carry",)),
    "branches-all": (branches, {"x": 9}, ("carry",)),
    "errors": (errors, {}, ("carry",)),
    "slow-retry": (slow_retry, {}, ("carry", "time", "carry")),
    "waits": (waits, {}, ("carry", "time", "carry", "time", "carry")),
    "approved": (asks, {"x": 1}, ("carry", "approve", "carry")),
    "rejected": (asks, {"x": 1}, ("carry", "reject", "carry")),
    "expired": (asks, {"x": 1}, ("carry", "time", "carry")),
    "cancelled": (asks, {"x": 1}, ("carry", "cancel")),
    "paused": (asks, {"x": 1}, ("carry", "pause", "approve", "resume", "carry")),
    "eventful": (everything, {}, ("carry", "time", "carry", "approve", "carry")),
    "rounds": (rounds, {"orders": [3, 1]}, ("carry", "time", "carry", "time", "carry")),
    "rounds-died": (rounds, {"orders": [3, 1]}, ("die", "carry", "time", "carry", "cancel")),
    "died": (everything, {}, ("die", "carry", "time", "carry", "approve", "carry")),
    "died-once": (irrevocable, {}, ("die", "carry")),
}

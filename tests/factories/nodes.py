"""Contexts for node types under test: what a test does not open stays closed."""

from typing import Any, Never

from apps.nodes.base import NodeContext


def closed(*args: object, **kwargs: object) -> Never:
    """Stand for everything outside that a type must not reach in this test."""
    raise AssertionError("The type used something that the test did not give it.")


def node_context(**given: Any) -> NodeContext:
    """Return the context of a step's first attempt, with the given parts in it."""
    parts: dict[str, Any] = {
        "run_id": "run",
        "node_id": "step",
        "attempt": 1,
        "idempotency_key": "key",
        "run_input": {},
        "prev": None,
        "request": closed,
        "model": closed,
        "code": closed,
        "log": closed,
    }
    return NodeContext(**{**parts, **given})

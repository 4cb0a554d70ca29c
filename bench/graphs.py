"""Definitions that the measurements run."""

from typing import Any


def chain(length: int) -> dict[str, Any]:
    """Return a start and so many transforms, each adding one to what the last gave."""
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "core.start", "config": {}}]
    edges = []
    for place in range(length):
        fields = [{"name": "n", "value": "{{ prev.n + 1 }}"}]
        nodes.append({"id": f"t{place}", "type": "data.transform", "config": {"fields": fields}})
        before = f"t{place - 1}" if place else "start"
        edges.append({"source": before, "target": f"t{place}"})
    return {"schema": 1, "nodes": nodes, "edges": edges}


def fan(width: int) -> dict[str, Any]:
    """Return a start, so many transforms side by side, and one that all of them lead to."""
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "core.start", "config": {}},
        _transform("end", "{{ input.n }}"),
    ]
    edges = []
    for place in range(width):
        nodes.append(_transform(f"t{place}", "{{ prev.n + 1 }}"))
        edges += [
            {"source": "start", "target": f"t{place}"},
            {"source": f"t{place}", "target": "end"},
        ]
    return {"schema": 1, "nodes": nodes, "edges": edges}


def loop(count: int) -> dict[str, Any]:
    """Return a loop of so many rounds of one transform."""
    config = {"until": f"{{{{ index == {count - 1} }}}}", "max_rounds": count}
    return _holding({"id": "loop", "type": "flow.loop", "config": config})


def rounds(count: int) -> dict[str, Any]:
    """Return a list of so many items that is gone through with one transform."""
    items = f"{{{{ [n for n in range({count})] }}}}"
    return _holding(
        {"id": "each", "type": "flow.each", "config": {"items": items, "max_parallel": 50}}
    )


def calls(length: int) -> dict[str, Any]:
    """Return a chain of code steps: each is committed before it begins."""
    definition = chain(length)
    for node in definition["nodes"][1:]:
        node |= {"type": "code.python", "config": {"source": "1"}}
    return definition


def _holding(step: dict[str, Any]) -> dict[str, Any]:
    inner = _transform("inner", "{{ index * 2 + 1 }}") | {"parent": step["id"]}
    start = {"id": "start", "type": "core.start", "config": {}}
    return {
        "schema": 1,
        "nodes": [start, step, inner],
        "edges": [{"source": "start", "target": step["id"]}],
    }


def _transform(name: str, value: str) -> dict[str, Any]:
    config = {"fields": [{"name": "n", "value": value}]}
    return {"id": name, "type": "data.transform", "config": config}


def held(url: str) -> dict[str, Any]:
    """Return a call that carries a key, so that it is made again after a crash."""
    config = {"method": "PUT", "url": url, "body": "x", "idempotency_header": True}
    return {
        "schema": 1,
        "nodes": [
            {"id": "start", "type": "core.start", "config": {}},
            {"id": "call", "type": "http.request", "config": config},
        ],
        "edges": [{"source": "start", "target": "call"}],
    }

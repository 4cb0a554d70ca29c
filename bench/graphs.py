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

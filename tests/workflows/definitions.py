"""Definitions for tests: as callers write them."""

from typing import Any


def node(node_id: str, type_: str, **rest: Any) -> dict[str, Any]:
    config = rest.pop("config", {})
    return {"id": node_id, "type": type_, "config": config, **rest}


def edge(source: str, target: str, port: str = "out", **rest: Any) -> dict[str, Any]:
    return {"source": source, "source_port": port, "target": target, "target_port": "in", **rest}


def greeting() -> dict[str, Any]:
    """Start, one transform, respond: valid, without positions."""
    return {
        "schema": 1,
        "nodes": [
            node(
                "start",
                "core.start",
                config={"fields": [{"name": "who", "type": "text", "required": True}]},
            ),
            node(
                "greet",
                "data.transform",
                config={
                    "mode": "set",
                    "fields": [{"name": "text", "value": "Hello {{ input.who }}"}],
                },
            ),
            node("reply", "core.respond", config={"body": "{{ prev.text }}"}),
        ],
        "edges": [edge("start", "greet"), edge("greet", "reply")],
        "settings": {},
    }


def asking(title: str) -> dict[str, Any]:
    """Start, ask a person, respond with what they said."""
    return {
        "schema": 1,
        "nodes": [
            node("start", "core.start", config={"fields": []}),
            node("ask", "human.approval", config={"title": title}),
            node("reply", "core.respond", config={"body": "{{ nodes.ask.output }}"}),
        ],
        "edges": [edge("start", "ask"), edge("ask", "reply", port="approved")],
        "settings": {},
    }


def expecting(key: str) -> dict[str, Any]:
    """Start, wait for the signal `paid` with a key, respond with it."""
    return {
        "schema": 1,
        "nodes": [
            node("start", "core.start", config={"fields": []}),
            node("wait", "flow.signal", config={"name": "paid", "key": key}),
            node("reply", "core.respond", config={"body": "{{ prev.payload }}"}),
        ],
        "edges": [edge("start", "wait"), edge("wait", "reply")],
        "settings": {},
    }


def chain(length: int) -> dict[str, Any]:
    """A start and so many transforms, one after the other."""
    ids = [f"step_{place}" for place in range(length)]
    nodes = [node("start", "core.start", config={"fields": []})]
    nodes += [
        node(
            each,
            "data.transform",
            config={"mode": "set", "fields": [{"name": "n", "value": place}]},
        )
        for place, each in enumerate(ids)
    ]
    edges = [edge(a, b) for a, b in zip(["start", *ids], ids, strict=False)]
    return {"schema": 1, "nodes": nodes, "edges": edges, "settings": {}}

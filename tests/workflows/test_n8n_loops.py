"""Loops of n8n files: circles become steps that hold others; what cannot stays as it was drawn."""

from typing import Any

import pytest

from apps.common.types import JSONDict
from apps.workflows.definition import parse
from apps.workflows.importing import n8n
from apps.workflows.validation import validate
from tests.factories.runs import Start, carry, step
from tests.workflows.n8n_file import BASE, CHAINS, node, to

Connections = dict[str, Any]


def letters() -> tuple[list[JSONDict], Connections]:
    """Return a file's parts: a letter is written for each order, and then it is told."""
    told = {"assignments": {"assignments": [
        {"id": "1", "name": "to", "value": "={{ $json.customer }}", "type": "string"},
        {"id": "2", "name": "again", "value": "={{ $('Each').item.json.customer }}", "type": "string"},
    ]}}  # fmt: skip
    nodes = [
        node("Begin", f"{BASE}manualTrigger", (0, 0)),
        node("Each", f"{BASE}splitInBatches", (300, 0), version=3),
        node("Write", f"{BASE}set", (600, 200), version=3.4, parameters=told),
        node("Send", f"{BASE}noOp", (900, 200)),
        node("Tell", f"{BASE}noOp", (600, -200)),
    ]
    connections = {
        "Begin": {"main": [to("Each")]},
        "Each": {"main": [to("Tell"), to("Write")]},
        "Write": {"main": [to("Send")]},
        "Send": {"main": [to("Each")]},
    }
    return nodes, connections


def translated(nodes: list[JSONDict], connections: Connections) -> tuple[JSONDict, JSONDict]:
    made, report = n8n.translated({"nodes": nodes, "connections": connections})
    return made["definition"], report


def ends(definition: JSONDict) -> set[tuple[str, str, str]]:
    return {(e["source"], e["source_port"], e["target"]) for e in definition["edges"]}


def parents(definition: JSONDict) -> dict[str, str]:
    return {n["id"]: n["parent"] for n in definition["nodes"] if "parent" in n}


def test_a_circle_becomes_a_step_that_holds_others() -> None:
    definition, report = translated(*letters())
    steps = {each["id"]: each for each in definition["nodes"]}
    assert steps["each"]["type"] == "flow.each"
    assert steps["each"]["config"] == {"items": "{{ prev }}", "max_parallel": 1}
    assert parents(definition) == {"write": "each", "send": "each"}
    assert ends(definition) == {
        ("begin", "out", "each"), ("each", "out", "tell"), ("write", "out", "send"),
    }  # fmt: skip
    values = [field["value"] for field in steps["write"]["config"]["fields"]]
    assert values == ["{{ item.customer }}", "{{ item.customer }}"]
    assert validate(parse(definition)) == []
    assert report["placeholders"] == 0


def test_it_goes_through_the_list_that_it_is_given(start: Start) -> None:
    definition, _ = translated(*letters())
    loop = next(each for each in definition["nodes"] if each["id"] == "each")
    loop["config"]["items"] = "{{ prev.orders }}"  # what the report asks for
    run = carry(start(definition, orders=[{"customer": "Ada"}, {"customer": "Grace"}]))
    assert run.status == "succeeded", run.error
    given = step(run, "each").output or {}
    assert [each["to"] for each in given["results"]] == ["Ada", "Grace"]


def test_an_older_node_hands_out_at_its_first_output() -> None:
    nodes, connections = letters()
    nodes[1]["typeVersion"] = 2
    connections["Each"] = {"main": [to("Write"), to("Tell")]}
    definition, _ = translated(nodes, connections)
    assert parents(definition) == {"write": "each", "send": "each"}
    assert ("each", "out", "tell") in ends(definition)


def test_loops_lie_in_loops_and_models_beside_their_steps() -> None:
    nodes, connections = letters()
    nodes += [
        node("Lines", f"{BASE}splitInBatches", (900, 400), version=3, parameters={"batchSize": 5}),
        node("Line", f"{CHAINS}chainLlm", (1200, 400), parameters={"text": "={{ $json.text }}"}),
        node("Model", f"{CHAINS}lmChatOpenAi", (1200, 600)),
    ]
    connections |= {
        "Write": {"main": [to("Lines")]},
        "Lines": {"main": [to("Send"), to("Line")]},
        "Line": {"main": [to("Lines")]},
        "Model": {"ai_languageModel": [to("Line", kind="ai_languageModel")]},
    }
    definition, report = translated(nodes, connections)
    assert parents(definition) == {
        "write": "each", "send": "each", "lines": "each", "line": "lines", "model": "lines",
    }  # fmt: skip
    line = next(each for each in definition["nodes"] if each["id"] == "line")
    assert line["config"]["prompt"] == "{{ item.text }}"
    told = next(each for each in report["steps"] if each["node"] == "lines")
    assert "it took 5 items at a time" in told["remarks"][1]
    assert {each.code for each in validate(parse(definition))} == {"placeholder"}  # the model


@pytest.mark.parametrize(
    "change",
    [
        {"Send": {"main": [to("Tell")]}},  # never comes back
        {"Begin": {"main": [[*to("Each"), *to("Send")]]}},  # something else leads into it
        {"Send": {"main": [[*to("Each"), *to("Tell")]]}},  # goes on where the loop goes on
    ],
)
def test_any_other_circle_stays_as_it_was_drawn(change: Connections) -> None:
    nodes, connections = letters()
    definition, report = translated(nodes, connections | change)
    assert parents(definition) == {}
    steps = {each["id"]: each for each in definition["nodes"]}
    assert steps["each"]["type"] == "core.placeholder"
    assert report["placeholders"] == 1


def test_an_answer_cannot_lie_in_a_loop() -> None:
    nodes, connections = letters()
    nodes[3]["type"] = f"{BASE}respondToWebhook"
    definition, _ = translated(nodes, connections)
    assert parents(definition) == {}
